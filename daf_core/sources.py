"""What can be ingested: a table of utterances, or a folder of recordings with transcripts.

Both kinds of source are used alike: `gather`, then `recordings`, each with a `version` that changes
when the recording does; the function from `inspector` turns it into manifest and quarantine rows.
`rejected` holds the quarantine rows of what belongs to no recording.
"""

from collections.abc import Mapping

from daf_core.errors import SettingsError
from daf_core.folder_source import FolderSource
from daf_core.table_source import TableSource
from daf_core.tables import absolute, filesystem

Source = TableSource | FolderSource


def open_source(
    uri: str,
    renamed: Mapping[str, str] | None = None,
    roles: Mapping[int, str] | None = None,
    labels_uri: str | None = None,
    check_contents: bool = False,
) -> Source:
    """Open a table (`renamed` maps its columns to ours) or a folder (`roles`, `labels_uri`).

    `check_contents`: files have changed where their SHA-256 has, instead of their size and time.

    Raises:
        SettingsError: nothing is there to ingest, or an option goes with the other kind of source.
    """
    uri = absolute(uri)
    fs, path = filesystem(uri)
    if not fs.isdir(path):
        if roles or labels_uri:
            raise SettingsError(f"{uri}: --channels and --labels go with a folder, not a table")
        return TableSource(uri, renamed or {}, check_contents)
    if renamed:
        raise SettingsError(f"{uri}: --rename goes with a table, not a folder")
    return FolderSource(uri, roles or {}, labels_uri, check_contents)
