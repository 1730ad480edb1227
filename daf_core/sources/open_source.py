"""What can be ingested: a table of utterances, a folder of recordings with transcripts, a corpus.

A labelled corpus in one of the forms of `corpora` is read as a table.

All kinds of source are used alike: `gather`, then `recordings`, each with a `version` that changes
when the recording does; the function from `inspector` turns it into manifest and quarantine rows.
`rejected` holds the quarantine rows of what belongs to no recording.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial

from daf_core.errors import SettingsError
from daf_core.sources import corpora
from daf_core.sources.folder import FolderSource
from daf_core.sources.table import TableSource
from daf_core.sources.table_rows import open_rows
from daf_core.storage.files import absolute, filesystem

Source = TableSource | FolderSource


def open_source(
    uri: str,
    renamed: Mapping[str, str] | None = None,
    roles: Mapping[int, str] | None = None,
    labels_uri: str | None = None,
    check_contents: bool = False,
) -> Source:
    """Open a corpus, a table (`renamed` maps its columns to ours) or a folder (`roles`,
    `labels_uri`).

    `check_contents`: files have changed where their SHA-256 has, instead of their size and time.

    Raises:
        SettingsError: nothing is there to ingest, or an option goes with the other kind of source.
    """
    uri = absolute(uri)
    fs, path = filesystem(uri)
    if read := corpora.reader_of(uri):
        if renamed or roles or labels_uri:
            raise SettingsError(
                f"{uri}: a corpus with names and labels of its own: --rename, --channels and "
                f"--labels go with other tables and folders"
            )
        opened = nullcontext((corpora.COLUMNS, read(uri)))
        return TableSource(uri, lambda: opened, {}, check_contents)
    if not fs.isdir(path):
        if roles or labels_uri:
            raise SettingsError(f"{uri}: --channels and --labels go with a folder, not a table")
        return TableSource(uri, partial(open_rows, uri), renamed or {}, check_contents)
    if renamed:
        raise SettingsError(f"{uri}: --rename goes with a table, not a folder")
    return FolderSource(uri, roles or {}, labels_uri, check_contents)
