"""The table that an analyst fills in: one row per utterance, and an empty column label.

It is CSV as spreadsheets open it: UTF-8 with a byte order mark, and cells that a spreadsheet would
run as a formula start with an apostrophe, which is taken away when the table is read.
"""

import csv
import io
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from daf_core.errors import BadInput, SettingsError
from daf_core.sources.cells import parse_cell
from daf_core.sources.table_apart import open_given
from daf_core.sources.table_columns import Columns
from daf_core.sources.table_types import Cells, shown_columns
from daf_core.spreadsheet import escaped, unescaped
from daf_core.storage import files
from daf_core.storage.apart import Reads, here

COLUMNS = (
    *("utterance_id", "recording_id", "channel", "start_s", "end_s", "speaker", "text", "label"),
    "stands_for",
)
SHOWN_SCORE = "sentiment"  # a column more, if scores are shown
FILE = "file"  # a column more, where the recordings are known: what to open to hear the row
MOST_ROWS = 1_000_000
Cell = str | float | int | None


@dataclass(frozen=True)
class Label:
    """The label of one utterance.

    sentiment: in [-3, 3]; stands_for: how many utterances of the archive the row stands for, None
    where the table does not say; place: file and line, for messages.
    """

    utterance_id: str
    sentiment: float
    stands_for: float | None
    place: str


@dataclass(frozen=True)
class Labels:
    """What a table of labels holds: labels, lines that are none with their reasons, and the number
    of lines whose label is empty.
    """

    labels: list[Label]
    not_used: list[BadInput]
    empty: int


def write_label_table(uri: str, rows: Iterable[Mapping[str, Cell]], columns: Sequence[str]) -> None:
    """Publish the table with these columns; what a row lacks is an empty cell.

    Raises:
        NotDone: it cannot be written.
    """
    sink = io.StringIO()
    writer = csv.writer(sink, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([[_written(row.get(name)) for name in columns] for row in rows])
    files.publish(uri, sink.getvalue().encode("utf-8-sig"))


def read_labels(uri: str, reads: Reads = here) -> Labels:
    """The labels of a table with the columns utterance_id and label, and if it has one stands_for.

    A line is not used if its label is no number in [-3, 3] (`bad_label`), or if an earlier line has
    a label for the same utterance (`duplicate_id`).

    Raises:
        SettingsError: there is no such table, it lacks a column, has too many lines, or ends its
            reader.
    """
    labels: dict[str, Label] = {}
    not_used, empty = [], 0
    with open_given("labels", uri, reads) as table:
        columns = Columns.of_table(table, f"`labels` {uri}", {})
        _check_columns(uri, columns)
        for number, (place, cells) in enumerate(table.rows):
            if number >= MOST_ROWS:
                raise SettingsError(f"`labels` {uri}: expected at most {MOST_ROWS:,} rows")
            try:
                label = _label(cells if isinstance(cells, BadInput) else columns.read(cells), place)
                if label is None:
                    empty += 1
                    continue
                if label.utterance_id in labels:
                    first = labels[label.utterance_id].place
                    raise BadInput("duplicate_id", f"the utterance has its label in {first}")
                labels[label.utterance_id] = label
            except BadInput as err:
                told = err.message if err is cells else f"{place}: {err.message}"
                not_used.append(BadInput(err.reason, told))
    return Labels([*labels.values()], not_used, empty)


def _check_columns(uri: str, columns: Columns) -> None:
    missing = [name for name in ("utterance_id", "label") if name not in columns.ours.values()]
    if missing:
        raise SettingsError(
            f"`labels` {uri}: expected a column {' and '.join(missing)}, found "
            f"{shown_columns([*columns.ours])}; `daf label` makes such a table"
        )


def _label(cells: Cells | BadInput, place: str) -> Label | None:
    """The label of a row, None if it is empty."""
    if isinstance(cells, BadInput):
        raise cells
    found = cells
    cells = {
        name: unescaped(value) if isinstance(value, str) else value for name, value in found.items()
    }
    sentiment = parse_cell("label", cells.get("label"))
    if sentiment is None:
        return None
    utterance_id = parse_cell("utterance_id", cells.get("utterance_id"))
    if utterance_id is None:
        raise BadInput("bad_row", "expected an utterance_id, found an empty cell")
    if cells["utterance_id"] != found["utterance_id"]:
        utterance_id = str(cells["utterance_id"])  # as we wrote it, with the spaces around it
    return Label(utterance_id, sentiment, _stands_for(cells.get("stands_for")), place)


def _stands_for(value: object) -> float | None:
    if value is None or value == "":
        return None
    try:
        number = float(str(value).replace(",", "."))
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise BadInput(
            "bad_row", "expected a number above 0 in stands_for, as `daf label` wrote it"
        )
    return number


def _written(value: Cell) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".") if math.isfinite(value) else ""
    return escaped(value) if isinstance(value, str) else str(value)
