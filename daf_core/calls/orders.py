"""Orders in which calls are listed, by name, in SQL over the table of calls; and what an order says
where calls cannot be told apart by it.
"""

import re

import numpy as np

from daf_core.calls.arrays import Floats
from daf_core.decimals import number_of
from daf_core.storage.call_columns import CALLS

ORDERS = {
    "lowest": "sentiment ASC NULLS LAST",
    "falling": "change ASC NULLS LAST",
    "contradictory": "contradictions DESC NULLS LAST",
    "interrupted": "interruptions DESC NULLS LAST",
    "silent": "silence_s DESC NULLS LAST",
    "longest": "end_s - start_s DESC NULLS LAST",
}
ESTIMATES = frozenset(name for name in CALLS.names if f"{name}_low" in CALLS.names)
COUNTS = frozenset({"contradictions", "interruptions"})
_BY_COLUMN = re.compile(r'"?(\w+)"?(?: (ASC|DESC))?(?: NULLS (?:FIRST|LAST))?', re.IGNORECASE)


def estimate_of(order: str) -> str | None:
    """The column with an interval that an order in SQL is by; None if it is by none."""
    found = _BY_COLUMN.fullmatch(order.strip())
    return found[1].lower() if found and found[1].lower() in ESTIMATES else None


def count_of(order: str) -> str | None:
    """The count by which an order in SQL has the highest first; None if it does not."""
    found = _BY_COLUMN.fullmatch(order.strip())
    if found is None or (found[2] or "").upper() != "DESC":
        return None
    return found[1].lower() if found[1].lower() in COUNTS else None


def overlapping(low: Floats, high: Floats) -> int:
    """Of intervals from low (calls,) to high (calls,), NaN where there is none: the most that all
    overlap each other, which are those that hold one point together.
    """
    known = ~np.isnan(low)
    begun = np.searchsorted(np.sort(low[known]), low[known], "right")
    ended = np.searchsorted(np.sort(high[known]), low[known], "left")
    return int((begun - ended).max(initial=0))


def said_of_intervals(low: Floats, high: Floats) -> str:
    """What the intervals of listed calls leave of their order, as a sentence; empty where no two
    overlap. low, high: (calls,), NaN where there is none.
    """
    many, calls = overlapping(low, high), len(low)
    if many < 2:
        return ""
    if many == calls:
        return (
            f"The intervals of all {calls:,} listed calls overlap each other: "
            f"their order says little."
        )
    return (
        f"The intervals of {many:,} of the {calls:,} listed calls all overlap each other: "
        f"the order of these {many:,} says little."
    )


def said_of_counts(column: str, calls: int, known: int, positive: int) -> str:
    """How many calls have any of what is counted, as a sentence.

    column: one of COUNTS; known: of the calls, those in which it could be counted; positive: those
    in which it was found.
    """
    every = number_of(calls, "call")
    if not known:
        return f"Of none of the {every} it is known whether there are {column}."
    found = f"{positive:,} of {every} {'has' if positive == 1 else 'have'} {column}"
    return f"{found}{f'; of {calls - known:,} it is not known' if known < calls else ''}."
