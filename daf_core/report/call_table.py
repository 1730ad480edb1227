"""All calls of a run as a table in the page, which a small script sorts and searches."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from daf_core.calls.orders import said_of_counts, said_of_intervals
from daf_core.report.charts import clock
from daf_core.report.printable import printable
from daf_core.schemas import Row
from daf_core.storage.missing import check_indexed
from daf_core.storage.output import calls_output

MOST_CALLS = 10_000
SHOWN_AT_FIRST = 100  # also without the script
LETTERS_AT_MOST = 200  # of an id, and of what the source says of a call
_READ = [
    *("recording_id", "status", "reason", "utterances", "sentiment", "sentiment_low"),
    *("sentiment_high", "change", "lowest_sentiment", "lowest_start_s", "talk_s", "silence_s"),
    *("interruptions", "contradictions", "meta"),
]


@dataclass(frozen=True)
class CallTable:
    """calls: of all; rows: of the calls with the lowest sentiment, MOST_CALLS at most; drawn:
    recording id → id of its drawing in the page.
    """

    calls: int
    rows: list[Row]
    drawn: Mapping[str, str]

    @property
    def said_of_order(self) -> str:
        """What the intervals of these calls leave of their order, as a sentence; may be empty."""
        low, high = (
            np.array([row[f"sentiment_{end}"] for row in self.rows], np.float64)
            for end in ("low", "high")
        )
        return said_of_intervals(low, high)

    @property
    def said_of_counts(self) -> list[str]:
        """How many of these calls have any of what is counted, a sentence each."""
        found = []
        for name in ("interruptions", "contradictions"):
            counts = [row[name] for row in self.rows if row[name] is not None]
            positive = sum(count > 0 for count in counts)
            found.append(said_of_counts(name, len(self.rows), len(counts), positive))
        return found

    @property
    def as_json(self) -> str:
        """The rows for the script, safe within a script element."""
        text = json.dumps([self._cells(row) for row in self.rows], ensure_ascii=False)
        return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")

    def _cells(self, row: Row) -> list[Any]:
        return [
            row["recording_id"],
            self.drawn.get(row["recording_id"]),
            row["about"],
            row["status"] if row["reason"] is None else f"{row['status']} ({row['reason']})",
            *(
                _rounded(row[name])
                for name in ("sentiment", "sentiment_low", "sentiment_high", "change")
            ),
            _rounded(row["lowest_sentiment"]),
            row["lowest_at"],
            *(_rounded(row[name]) for name in ("talk_s", "silence_s")),
            row["interruptions"],
            row["contradictions"],
        ]


def call_table(scores: str, drawn: Mapping[str, str]) -> CallTable | None:
    """The calls of the scores in a folder; None where they have no table of calls.

    Raises:
        NotDone: the storage fails.
    """
    output = calls_output(scores)
    parts = [output.read(name, _READ) for name in check_indexed(output)]
    if not parts:
        return None
    ordered = pa.concat_tables(parts).sort_by(
        [("sentiment", "ascending"), ("recording_id", "ascending")]
    )
    rows = [_row(row) for row in ordered.slice(0, MOST_CALLS).to_pylist()]
    return CallTable(len(ordered), rows, drawn)


def _row(row: Row) -> Row:
    about = " · ".join(f"{key}: {value}" for key, value in row["meta"] or [])
    at = row["lowest_start_s"]
    return row | {
        "recording_id": printable(row["recording_id"])[:LETTERS_AT_MOST],
        "about": printable(about)[:LETTERS_AT_MOST],
        "lowest_at": None if at is None else clock(at),
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4) + 0.0  # no -0.0
