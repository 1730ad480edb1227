"""Days such as 02/03/2026, which may be read in two ways: which texts are such, how they read."""

import re
from collections.abc import Iterator, Mapping, Sequence

LONGEST_NAME = 40  # letters of a column that are shown

# Day, month and year, or month, day and year, in figures; a time may follow. Also for DuckDB.
DAY = r"[0-9]{1,2}[/.-][0-9]{1,2}[/.-]([0-9]{4}|[0-9]{2})(,?[ T].{4,20})?"
_PARTS = re.compile(
    r"(\d+)([/.-])(\d+)([/.-])(\d+)(?:(,?[ T])(\d+:\d+)(:\d+)?(\.\d+)?( ?[ap]m)?)?.*", re.IGNORECASE
)
_PLAIN = re.compile(r"\d{1,2}\.\d{1,2}\.[1-9]\d{3}.*")  # which is read as a date


def notes_on(columns: Sequence[str], rows: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """A note on each column of days that are not read as dates. Rows lack cells that are empty."""
    for name in columns:
        day = _example([row[name].strip() for row in rows if name in row])
        if day is not None:
            yield (
                f'column "{name[:LONGEST_NAME]}" is kept as text, as not all of it reads as dates '
                f'in one way, such as "{day}"; days as 2026-03-02 are read as dates'
            )


def _example(values: Sequence[str]) -> str | None:
    """A day among texts most of which are days that are not read as dates; None if they are not."""
    days = [one for one in values if re.fullmatch(DAY, one)]
    if 2 * len(days) <= len(values) or all(map(_PLAIN.fullmatch, values)):
        return None
    return days[0]


def formats(day: str) -> tuple[str, ...]:
    """The formats of strptime in which a day that fits DAY may be read, the likeliest first."""
    found = _PARTS.fullmatch(day)
    assert found is not None
    first, apart, second, again, year, gap, clock, seconds, fraction, half = found.groups()
    end = f"{again}%{'Y' if len(year) == 4 else 'y'}"
    if clock:
        end += f"{gap}{'%I' if half else '%H'}:%M{':%S' if seconds else ''}"
        end += f"{'.%g' if fraction else ''}{half.replace(half.strip(), '%p') if half else ''}"
    days_first, months_first = f"%d{apart}%m{end}", f"%m{apart}%d{end}"
    if int(first) > 12 or apart == ".":
        return (days_first,)
    return (months_first,) if int(second) > 12 else (days_first, months_first)
