"""A table that says which transcript belongs to which recording, where names do not."""

import posixpath
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from daf_core.decimals import how_many_of
from daf_core.errors import BadInput, SettingsError
from daf_core.schemas import Row
from daf_core.sources.cells import is_empty
from daf_core.sources.folders.grouping import fold, stem
from daf_core.sources.manifest_rows import quarantine_row
from daf_core.sources.table_apart import open_given
from daf_core.sources.table_types import Cells, shown_columns
from daf_core.storage.apart import Reads, here

COLUMNS = ("recording", "transcript")


class PairsTable(NamedTuple):
    """Transcript → recording, both as paths within the source; quarantine rows of the lines that
    name no file, and a line about these for the summary.
    """

    pairs: dict[str, str]
    quarantined: list[Row]
    unmatched: list[str]


def read_pairs(uri: str, names: Iterable[str], reads: Reads = here) -> PairsTable:
    """The table of file names at `uri`.

    It has the columns recording and transcript: paths within the source, or file names where only
    one file has that name.

    Raises:
        SettingsError: there is no such table, it lacks a column, or none of its lines names files.
    """
    known = by_ending(names)
    pairs: dict[str, str] = {}
    refused: list[BadInput] = []
    with open_given("transcripts", uri, reads) as table:
        if missing := [name for name in COLUMNS if name not in table.columns]:
            raise SettingsError(
                f"`transcripts` {uri}: expected a column {', '.join(missing)}, found "
                f"{shown_columns(table.columns)}"
            )
        for place, cells in table.rows:
            try:
                recording, transcript = _pair(cells, known, place)
                pairs[transcript] = recording
            except BadInput as err:
                refused.append(err)
    if refused and not pairs:
        raise SettingsError(f"`transcripts` {refused[0].message}")
    return PairsTable(
        pairs, [quarantine_row(err, {"file": uri}) for err in refused], _told(refused, len(pairs))
    )


def _told(refused: list[BadInput], fitting: int) -> list[str]:
    if not refused:
        return []
    number = len(refused)
    return [
        f"`transcripts`: {how_many_of(number, fitting + number, 'line', 'names', 'name')} no "
        f"files, such as {refused[0].message}"
    ]


def _pair(cells: Cells | BadInput, known: Mapping[str, str | None], place: str) -> tuple[str, str]:
    if isinstance(cells, BadInput):
        raise cells
    recording, transcript = (_file(cells.get(name), known, place) for name in COLUMNS)
    return recording, transcript


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


def _file(cell: object, known: Mapping[str, str | None], place: str) -> str:
    name = "" if is_empty(cell) else fold(str(cell).strip().removeprefix("./"))
    found = known.get(name)
    if found is None:
        problem = "several files" if name in known else "none"
        raise BadInput(
            "unmatched_transcript",
            f"{place}: expected the path of one file of the source, found {problem}",
        )
    return found
