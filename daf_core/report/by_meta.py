"""Groups of calls by what the source says of them, such as agent, queue or week, for the page."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from daf_core.calls.groups import Group, groups_of
from daf_core.report.printable import printable
from daf_core.storage.missing import check_indexed
from daf_core.storage.output import calls_output

COLUMNS_AT_MOST = 4  # in the page, those whose groups are largest
NAMED_AT_MOST = 8  # columns that are not compared, for each reason
LETTERS_AT_MOST = 40  # of such a name
GROUPS = (2, 50)  # a column with as many values is shown
LEAST_CALLS = 10  # of a group that is compared


@dataclass(frozen=True)
class Grouped:
    """The groups of one column. in_time: values are dates, and groups in their order."""

    column: str
    groups: list[Group]
    in_time: bool


@dataclass(frozen=True)
class ByMeta:
    """left_out: why columns with several values are not compared, and which, in words."""

    shown: list[Grouped] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


def grouped_by_meta(scores: str) -> ByMeta:
    """The groups of the scored calls of a run, by each column of their metadata that has groups.

    Raises:
        NotDone: the storage fails.
    """
    output = calls_output(scores)
    parts = [
        output.read(name, ["recording_id", "sentiment", "meta"]) for name in check_indexed(output)
    ]
    if not parts:
        return ByMeta()
    calls = pa.concat_tables(parts).sort_by("recording_id")
    calls = calls.filter(calls["sentiment"].is_valid())
    values = calls["sentiment"].to_numpy().astype(np.float64)
    metas = [dict(own or ()) for own in calls["meta"].to_pylist()]
    columns, left_out = _columns(metas)
    found = [_grouped(column, values, metas) for column in columns]
    return ByMeta(sorted(found, key=lambda one: not one.in_time), left_out)


def _columns(metas: list[dict[str, str]]) -> tuple[list[str], list[str]]:
    """Those with several values, of which some have enough calls to be compared; and what is said
    of the others.
    """
    sizes: dict[str, Counter[str]] = {}
    for meta in metas:
        for column, value in meta.items():
            sizes.setdefault(column, Counter())[value] += 1
    fewest, most = GROUPS
    several = {column: counts for column, counts in sizes.items() if len(counts) >= fewest}
    many = [column for column, counts in several.items() if len(counts) > most]
    small = [
        column
        for column, counts in several.items()
        if len(counts) <= most and max(counts.values()) < LEAST_CALLS
    ]
    unfit = {*many, *small}
    typical = {
        column: sorted(counts.values())[len(counts) // 2]
        for column, counts in several.items()
        if column not in unfit
    }
    ranked = sorted(typical, key=lambda column: (-typical[column], column))
    reasons = {
        f"no group has {LEAST_CALLS} calls": small,
        f"more than {most} groups": many,
        f"only {COLUMNS_AT_MOST} columns are shown": ranked[COLUMNS_AT_MOST:],
    }
    left_out = [f"{_named(columns)} ({why})" for why, columns in reasons.items() if columns]
    return ranked[:COLUMNS_AT_MOST], left_out


def _named(columns: list[str]) -> str:
    named = [column[:LETTERS_AT_MOST] for column in columns[:NAMED_AT_MOST]]
    more = len(columns) - len(named)
    return ", ".join(named) + (f" and {more:,} more" if more else "")


def _grouped(
    column: str, values: "np.ndarray[tuple[int], np.dtype[np.float64]]", metas: list[dict[str, str]]
) -> Grouped:
    names = [meta.get(column) for meta in metas]
    groups = groups_of(values, names, LEAST_CALLS)
    in_time = all(_is_date(name) for name in names if name is not None)
    if in_time:
        groups.sort(key=lambda one: (one.name is None, one.name or ""))
    return Grouped(printable(column), groups, in_time)


def _is_date(value: str) -> bool:
    """2026, 2026-11, 2026-11-28, 2026-W48."""
    year, _, rest = value.partition("-")
    return len(year) == 4 and year.isdigit() and all(c.isdigit() or c in "-WQ" for c in rest)
