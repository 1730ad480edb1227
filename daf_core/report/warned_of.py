"""What warnings say of rows: shares, the recordings that hold them, correlations."""

from collections import Counter
from collections.abc import Mapping

from daf_core.decimals import decimals, number_of
from daf_core.report.correlation import Correlation

NAMED_AT_MOST = 3  # recordings or languages
LETTERS_AT_MOST = 60  # of a name


def most_in(unfamiliar: Counter[str], recordings: Mapping[str, int]) -> str:
    """The recordings, or their folders where there are several, that hold most unfamiliar rows.

    recordings: rows of each recording.
    """
    if not recordings:
        return ""
    rows, kind = Counter(recordings), ""
    folders = _by_folder(rows)
    if len(unfamiliar) > NAMED_AT_MOST and len(folders) > 1:
        rows, kind, unfamiliar = folders, "folders ", _by_folder(unfamiliar)
    most = unfamiliar.most_common(NAMED_AT_MOST)
    named = [f"{_short(name)} ({count:,} of {rows[name]:,})" for name, count in most]
    more = len(unfamiliar) - len(named)
    return f", most in {kind}{', '.join(named)}{f' and {more:,} more' if more else ''}"


def _by_folder(counts: Counter[str]) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, count in counts.items():
        found[name.rpartition("/")[0] or "."] += count
    return found


def most_frequent(counts: Counter[str]) -> str:
    """The most frequent names with their counts."""
    named = [f"{_short(name)} {count:,}" for name, count in counts.most_common(NAMED_AT_MOST)]
    more = len(counts) - len(named)
    return ", ".join(named) + (f" and {more:,} more" if more else "")


def r_of(correlation: Correlation) -> str:
    """Pearson's r with its interval."""
    low, high = correlation.interval or (float("nan"), float("nan"))
    r = float("nan") if correlation.r is None else correlation.r
    shown, least, most = (decimals(one, 2) for one in (r, low, high))
    return f"{shown} (95 % interval {least} to {most})"


def rows_of(rows: int, of: int, one: str, several: str) -> str:
    """How many rows of how many, and their share; what one of them does, or several do."""
    does = one if rows == 1 else several
    return f"{rows:,} of {number_of(of, 'row')} ({share_of(rows, of)}) {does}"


def share_of(part: int, whole: int) -> str:
    """A share in percent."""
    return f"{100 * part / max(1, whole):.0f} %"


def _short(name: str) -> str:
    return name if len(name) <= LETTERS_AT_MOST else name[: LETTERS_AT_MOST - 1] + "…"
