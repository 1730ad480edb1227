"""Are the times of a list of cues in seconds, milliseconds or days? Few formats say."""

from collections.abc import Iterable, Mapping
from itertools import pairwise
from statistics import median
from typing import Any

from daf_core.errors import BadInput
from daf_core.sources.transcripts.reading.headings import Headings
from daf_core.sources.transcripts.reading.times import number

_FINER = 1_000_000  # of milliseconds nobody speaks so long; of finer units half a cue or more
LONGEST_TYPICAL_S = 100  # half of all cues are shorter; of milliseconds, nearly all are longer
_DAY_S = 86_400


def unit_of(rows: Iterable[Mapping[str, Any]], named: Headings) -> float:
    """How many of the times whose names do not say it make a second: as many as of the start, where
    its name says it; else see `per_second`.
    """
    start, end, length = (named.get(meaning) for meaning in ("start", "end", "duration"))
    if start is None or start.per_second is not None:
        return 1 if start is None or start.per_second is None else start.per_second
    spans = []
    for row in rows:
        first = row.get(start.name)
        last = row.get(end.name) if end else None
        if last is None and length and length.per_second is None:
            both = number(first), number(row.get(length.name))
            last = None if None in both else sum(one for one in both if one is not None)
        spans.append((first, last))
    return per_second(spans)


def per_second(spans: Iterable[tuple[object, object]]) -> float:
    """How many of the times (start, end) of cues make a second: 1000 if they are in milliseconds, 1
    if they are in seconds, 1/86400 if they are in days.

    They are milliseconds if all are whole numbers, and the median cue would last 100 s or more in
    seconds: half of all utterances are far shorter than 100 s, and hardly one is shorter than
    100 ms. They are days, as spreadsheets keep times, if all are below 1 and the median cue would
    last less than 100 s in days, which is a thousandth of a second in seconds. Where ends are
    missing, a cue is taken to last until the next one starts.

    Raises:
        BadInput: `unreadable_transcript`: they are in a finer unit, and nothing says in which.
    """
    times = [(number(start), number(end)) for start, end in spans]
    known = [time for span in times for time in span if time is not None]
    if not known:
        return 1
    lengths = [end - start for start, end in times if start is not None and end is not None]
    finer = len(lengths) > 1 and median(lengths) >= _FINER
    if not lengths:
        starts = sorted(start for start, _ in times if start is not None)
        lengths = [after - before for before, after in pairwise(starts)]
    if not all(time.is_integer() for time in known):
        in_days = max(known) < 1 and lengths and 0 < median(lengths) < LONGEST_TYPICAL_S / _DAY_S
        return 1 / _DAY_S if in_days else 1
    if finer:
        raise BadInput(
            "unreadable_transcript",
            "expected times in seconds or milliseconds, found a finer unit; name it, as in "
            "start_us, start_ticks or start_ns",
        )
    return 1000 if lengths and median(lengths) >= LONGEST_TYPICAL_S else 1
