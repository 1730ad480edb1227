"""What the list says of its order: how far it tells calls apart."""

import numpy as np

from daf_core.browse.archive import Archive, Numbers
from daf_core.browse.selection import Selection
from daf_core.calls.orders import count_of, estimate_of, said_of_counts, said_of_intervals
from daf_core.schemas import Row


def said_of_order(archive: Archive, selection: Selection, numbers: Numbers, rows: list[Row]) -> str:
    """How far the listed calls are told apart by their order, as a sentence; may be empty.

    numbers: of all selected calls; rows: those of one page.
    """
    count = count_of(selection.order)
    if count is not None:
        return said_of_counts(count, len(numbers), *archive.counted(numbers, count))
    if estimate_of(selection.order) != "sentiment":  # the list holds no other intervals
        return ""
    low, high = (
        np.array([row[f"sentiment_{end}"] for row in rows], np.float64) for end in ("low", "high")
    )
    return said_of_intervals(low, high)
