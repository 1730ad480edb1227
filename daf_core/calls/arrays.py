"""The columns of a scores table as arrays and lists, which are cut faster than the table."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daf_core.arrays import BoolArray
from daf_core.calls.marks import contradicts, flagged, is_placed

Floats = npt.NDArray[np.float64]

COUNTED = {  # column of the tables of calls and speakers → flag of the rows that it counts
    "without_words": "no_text",
    "without_voice": "no_audio",
    "unfamiliar": "unfamiliar",
    "other_language": "other_language",
}
_TIMES = ("start_s", "end_s")
_FLOATS = (
    *("sentiment", "interval_low", "interval_high"),
    *("text_sentiment", "audio_sentiment", "words", "level_db"),
)
_LISTS = ("utterance_id", "channel", "speaker", "role", "language", "meta", "flags")


@dataclass(frozen=True)
class Columns:
    """Some columns of a scores table, each (rows,).

    floats: NaN for null, for columns that tables of older runs lack, and for start_s and end_s of
    rows without a place on the timeline (`marks.is_placed`); lists: values as Python has them;
    contradicts: whether tone and words do; counted: by name of COUNTED, which rows count.
    """

    floats: dict[str, Floats]
    lists: dict[str, list[Any]]
    contradicts: BoolArray
    counted: dict[str, BoolArray]

    @classmethod
    def of(cls, rows: pa.Table) -> "Columns":
        """The columns of a table."""
        missing, placed = np.full(len(rows), np.nan), is_placed(rows)
        floats = {
            name: rows[name].to_numpy().astype(np.float64) if name in rows.column_names else missing
            for name in (*_TIMES, *_FLOATS)
        }
        return cls(
            floats | {name: np.where(placed, floats[name], np.nan) for name in _TIMES},
            {name: rows[name].to_pylist() for name in _LISTS},
            contradicts(rows),
            {column: flagged(rows, flag) for column, flag in COUNTED.items()},
        )

    def __len__(self) -> int:
        return len(self.contradicts)

    def cut(self, start: int, stop: int) -> "Columns":
        """The rows from `start` up to `stop`."""
        rows = slice(start, stop)
        return Columns(
            {name: values[rows] for name, values in self.floats.items()},
            {name: values[rows] for name, values in self.lists.items()},
            self.contradicts[rows],
            {name: values[rows] for name, values in self.counted.items()},
        )
