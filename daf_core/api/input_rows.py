"""Rows of a DataFrame or an Arrow table, checked as `daf ingest` checks those of a file."""

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from daf_core.errors import BadInput, SettingsError
from daf_core.manifest.parts import PendingRecording
from daf_core.schemas import Row
from daf_core.sources import table as table_source
from daf_core.sources.cells import is_empty
from daf_core.sources.manifest_rows import ROW_NUMBER
from daf_core.sources.table_columns import COLUMNS as TABLE_COLUMNS
from daf_core.sources.table_parquet import batch_rows
from daf_core.sources.table_rows import with_file_names
from daf_core.sources.table_types import Cells, Table
from daf_core.storage.files import absolute
from daf_core.storage.origins import ANYWHERE, Origins

COLUMNS = [name for name in TABLE_COLUMNS if name not in ("label", "split")]
NAME = "rows"  # in messages, where a file would be named


@dataclass(frozen=True)
class InputRows:
    """The columns of a table that are read, and its rows: cells, or why there are none."""

    columns: list[str]
    rows: Sequence[Cells | BadInput]

    @classmethod
    def from_table(cls, table: Any) -> "InputRows":
        """Read a pandas DataFrame or an Arrow table; columns not in COLUMNS are ignored.

        Raises:
            SettingsError: `table` is neither of the two.
        """
        if isinstance(table, pa.Table):
            columns = [name for name in table.column_names if name in COLUMNS]
            batches = table.select(columns).to_batches()
            return cls(columns, [row for batch in batches for row in batch_rows(batch)])
        import pandas as pd  # after Arrow, as it takes a second to load

        if not isinstance(table, pd.DataFrame):
            raise SettingsError(
                f"rows: expected a pandas DataFrame or a pyarrow Table, got {type(table).__name__}"
            )
        columns = [name for name in table.columns if name in COLUMNS]
        frame = table[columns].astype(object)
        cells: list[Any] = frame.where(frame.notna(), None).to_dict("records")
        return cls(columns, cells)

    def first_alike(self) -> list[int]:
        """For each row the number of the first row with equal cells, which may be itself.

        A row with an utterance_id is like no other: a second row with that id is an error.
        """
        firsts: dict[str, int] = {}
        return [
            number if key is None else firsts.setdefault(key, number)
            for number, key in enumerate(map(_key, self.rows))
        ]

    def recordings(
        self, numbers: Sequence[int], folder: str | None, origins: Origins = ANYWHERE
    ) -> list[PendingRecording]:
        """Check the rows with these numbers, and group those that can be used by recording.

        Each manifest and quarantine row has its number under ROW_NUMBER. A relative audio_path is
        relative to `folder`, by default the working directory. origins: where recordings may lie.

        Raises:
            SettingsError: the table has neither text nor audio.
        """
        numbered = [(place_of(number), self._numbered(number)) for number in numbers]
        source = table_source.TableSource(
            NAME,
            lambda: nullcontext(Table(self.columns, with_file_names(NAME, iter(numbered)))),
            rename={},
            check_contents=False,
            folder=absolute(folder or "."),
            origins=origins,
        )
        source.gather()
        inspect = source.inspector()
        recordings, grouped = [], set()
        for name, several in source.recordings():
            rows = [[_with_number(row) for row in recording] for recording in several]
            grouped |= {row[ROW_NUMBER] for recording in rows for row in recording}
            found = inspect(rows)
            recordings.append(PendingRecording(name, "", found.rows, found.quarantined))
        # What belongs to no recording is quarantined in the order of the rows.
        left = [number for number in numbers if number not in grouped]
        quarantined = [
            {**row, ROW_NUMBER: number}
            for number, row in zip(left, source.quarantined, strict=True)
        ]
        return [PendingRecording("", "", [], quarantined), *recordings]

    def _numbered(self, number: int) -> Cells | BadInput:
        cells = self.rows[number]
        return cells if isinstance(cells, BadInput) else {**cells, ROW_NUMBER: number}


def place_of(number: int) -> str:
    """What messages call a row."""
    return f"row {number}"


def _key(cells: Cells | BadInput) -> str | None:
    """Equal for rows with equal cells; None for a row that is like no other."""
    if isinstance(cells, BadInput) or not is_empty(cells.get("utterance_id")):
        return None
    stripped = {n: v.strip() if isinstance(v, str) else v for n, v in cells.items()}
    return repr({name: value for name, value in stripped.items() if not is_empty(value)})


def _with_number(row: Row) -> Row:
    """A checked row with its number, which until then is among the cells of no known column."""
    return {**row, ROW_NUMBER: int(row["meta"][ROW_NUMBER])}
