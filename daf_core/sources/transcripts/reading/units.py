"""Are the times of a list of cues in seconds or in milliseconds? Few formats say."""

from collections.abc import Iterable
from itertools import pairwise
from statistics import median

from daf_core.sources.transcripts.reading.times import number

LONGEST_TYPICAL_S = 100  # half of all cues are shorter; of milliseconds, nearly all are longer


def per_second(spans: Iterable[tuple[object, object]]) -> float:
    """1000 if (start, end) of cues are in milliseconds, 1 if they are in seconds.

    They are milliseconds if all are whole numbers, and the median cue would last 100 s or more in
    seconds: half of all utterances are far shorter than 100 s, and hardly one is shorter than
    100 ms. Where ends are missing, a cue is taken to last until the next one starts.
    """
    times = [(number(start), number(end)) for start, end in spans]
    known = [time for span in times for time in span if time is not None]
    if not known or not all(time.is_integer() for time in known):
        return 1
    lengths = [end - start for start, end in times if start is not None and end is not None]
    if not lengths:
        starts = sorted(start for start, _ in times if start is not None)
        lengths = [after - before for before, after in pairwise(starts)]
    return 1000 if lengths and median(lengths) >= LONGEST_TYPICAL_S else 1
