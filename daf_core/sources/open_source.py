"""What can be ingested: a table of utterances, a folder of recordings with transcripts, a corpus.

A labelled corpus in one of the forms of `corpora` is read as a table.

All kinds of source are used in the same way: call `gather`, then iterate over `recordings`; each
has a `version`, which changes when the recording does. The function that `inspector` returns turns
a recording into manifest and quarantine rows. `quarantined` holds the quarantine rows of what
belongs to no recording.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from daf_core.errors import SettingsError
from daf_core.sources import corpora
from daf_core.sources.folders.source import FolderOptions, FolderSource
from daf_core.sources.table import TableSource
from daf_core.sources.table_apart import open_corpus, open_table
from daf_core.storage.apart import Reads, here
from daf_core.storage.files import absolute, filesystem
from daf_core.storage.origins import checked_roots, of_source

Source = TableSource | FolderSource


def open_source(
    uri: str,
    rename: Mapping[str, str] | None = None,
    options: FolderOptions | None = None,
    check_contents: bool = False,
    redact: bool = False,
    allow_roots: Sequence[str] = (),
    reads: Reads = here,
) -> Source:
    """Open the corpus, table or folder at `uri`.

    rename: the table's column names → ours; options: how a folder is read; check_contents: a file
    has changed when its SHA-256 has, not when its size or modification time has; redact: numbers
    and addresses in words become marks; allow_roots: folders and buckets beside that of the source
    where recordings may lie; reads: where tables and shared transcripts are read.

    Raises:
        SettingsError: there is nothing to ingest, or a setting does not apply to this kind of
            source.
    """
    uri = absolute(uri)
    fs, path = filesystem(uri)
    options = options or FolderOptions()
    origins = of_source(uri, checked_roots(allow_roots))
    if corpora.reader_of(uri):
        if rename:
            raise SettingsError(f"{uri}: a corpus has its own column names; `rename` is for tables")
        _check_no_folder(uri, "a corpus", options)
        corpora.check_links(uri, origins)
        opened = open_corpus(uri, reads)
        return TableSource(uri, lambda: opened, {}, check_contents, redact=redact, origins=origins)
    if not fs.isdir(path):
        if fs.exists(path):
            _check_no_folder(uri, "a table", options)
        return TableSource(
            uri,
            partial(open_table, uri, reads),
            rename or {},
            check_contents,
            redact=redact,
            origins=origins,
        )
    if rename:
        raise SettingsError(f"{uri}: `rename` applies to a table, not a folder")
    return FolderSource(uri, options, check_contents, redact, origins, reads)


def _check_no_folder(uri: str, kind: str, options: FolderOptions) -> None:
    """Check that no option was given that applies to folders alone."""
    given = options.given()
    if given:
        shown = " and ".join(f"`{name}`" for name in given)
        raise SettingsError(f"{uri}: {shown} apply to a folder of recordings, this is {kind}")
