"""A table that says which transcript belongs to which recording, where names do not."""

import posixpath
from collections.abc import Iterable

from daf_core.errors import BadInput, SettingsError
from daf_core.sources.folders.grouping import fold, stem
from daf_core.sources.manifest_rows import is_empty
from daf_core.sources.table_rows import is_table, open_rows
from daf_core.sources.table_types import shown_columns
from daf_core.storage.files import exists

COLUMNS = ("recording", "transcript")


def read_pairs(uri: str, names: Iterable[str]) -> dict[str, str]:
    """Transcript → recording, both as paths within the source, from a table of file names.

    The table has the columns recording and transcript: paths within the source, or file names where
    only one file has that name.

    Raises:
        SettingsError: there is no such table, it lacks a column, or a line names no file.
    """
    if not is_table(uri) or not exists(uri):
        found = "no table" if exists(uri) else "nothing there"
        raise SettingsError(f"`transcripts` {uri}: expected a table, found {found}")
    known = by_ending(names)
    pairs = {}
    with open_rows(uri) as table:
        if missing := [name for name in COLUMNS if name not in table.columns]:
            raise SettingsError(
                f"`transcripts` {uri}: expected a column {', '.join(missing)}, found "
                f"{shown_columns(table.columns)}"
            )
        for place, cells in table.rows:
            if isinstance(cells, BadInput):
                raise SettingsError(f"`transcripts` {cells.message}")
            recording, transcript = (_file(cells.get(name), known, place) for name in COLUMNS)
            pairs[transcript] = recording
    return pairs


def by_ending(names: Iterable[str]) -> dict[str, str | None]:
    """Every path, last part of it, and both without suffix → the file; None where several fit."""
    known: dict[str, str | None] = {}
    for name in names:
        steps = fold(name).split("/")
        for start in range(len(steps)):
            last = posixpath.join(*steps[start:])
            for one in {last, stem(last)}:
                whole = start == 0 and one == last
                known[one] = name if whole or one not in known else None
    return known


def _file(cell: object, known: dict[str, str | None], place: str) -> str:
    name = "" if is_empty(cell) else fold(str(cell).strip().removeprefix("./"))
    found = known.get(name)
    if found is None:
        problem = "several files" if name in known else "none"
        raise SettingsError(
            f"`transcripts` {place}: expected the path of one file of the source, found {problem}"
        )
    return found
