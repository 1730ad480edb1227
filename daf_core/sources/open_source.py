"""What can be ingested: a table of utterances, a folder of recordings with transcripts, a corpus.

A labelled corpus in one of the forms of `corpora` is read as a table.

All kinds of source are used in the same way: call `gather`, then iterate over `recordings`; each
has a `version`, which changes when the recording does. The function that `inspector` returns turns
a recording into manifest and quarantine rows. `quarantined` holds the quarantine rows of what
belongs to no recording.
"""

from collections.abc import Mapping
from contextlib import nullcontext
from functools import partial

from daf_core.errors import SettingsError
from daf_core.sources import corpora
from daf_core.sources.folder import FolderSource
from daf_core.sources.table import TableSource
from daf_core.sources.table_rows import open_rows
from daf_core.sources.table_types import Table
from daf_core.storage.files import absolute, filesystem

Source = TableSource | FolderSource


def open_source(
    uri: str,
    rename: Mapping[str, str] | None = None,
    roles: Mapping[int, str] | None = None,
    labels_uri: str | None = None,
    check_contents: bool = False,
) -> Source:
    """Open the corpus, table or folder at `uri`.

    rename: the table's column names → ours; roles: channel → role, for a folder; labels_uri: a
    table of labels, for a folder; check_contents: a file has changed when its SHA-256 has, not
    when its size or modification time has.

    Raises:
        SettingsError: there is nothing to ingest, or a setting does not apply to this kind of
            source.
    """
    uri = absolute(uri)
    fs, path = filesystem(uri)
    if read := corpora.reader_of(uri):
        if rename or roles or labels_uri:
            raise SettingsError(
                f"{uri}: a corpus has its own column names and labels; `rename`, `channels` and "
                f"`labels` apply to other tables and folders only"
            )
        opened = nullcontext(Table(corpora.COLUMNS, read(uri)))
        return TableSource(uri, lambda: opened, {}, check_contents)
    if not fs.isdir(path):
        if (roles or labels_uri) and fs.exists(path):
            raise SettingsError(f"{uri}: `channels` and `labels` apply to a folder, not a table")
        return TableSource(uri, partial(open_rows, uri), rename or {}, check_contents)
    if rename:
        raise SettingsError(f"{uri}: `rename` applies to a table, not a folder")
    return FolderSource(uri, roles or {}, labels_uri, check_contents)
