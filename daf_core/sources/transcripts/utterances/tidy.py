"""What every format needs after reading: order, times, and every word once."""

from dataclasses import replace
from itertools import pairwise

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.utterances.missing_times import fill_times, finite, mend_ends
from daf_core.sources.transcripts.utterances.repeats import say_once

_MOST_CUT = 0.5  # share of cues shown beyond the start of the next, from which it is how a file is


def tidy(transcript: Transcript) -> list[Cue]:
    """The cues of a transcript in order of time, each word once.

    - Cues are in order of their starts; those of one start, and those without, keep their order.
    - A cue without a time borrows from its neighbours, see `missing_times.fill_times`. Where no cue
      has a time, none gets one.
    - Captions that roll or repeat become every word once, see `repeats.say_once`.
    - A cue that ends before or where it starts gets an end, if the next cue leaves room; else it
      stays as it is.
    - Where no speakers are named and most captions stay on the screen while the next is said, each
      ends where the next begins.

    The result of `tidy` stays as it is when tidied again. Line breaks in texts stay.
    """
    cues = _in_order([finite(cue) for cue in transcript.cues])
    cues = mend_ends(_in_order(fill_times(cues)))
    return _cut(say_once(cues) if transcript.captions else cues)


def _in_order(cues: list[Cue]) -> list[Cue]:
    """Cues in order of their starts; one without a start stays after the one before it."""
    keyed: list[tuple[float, Cue]] = []
    last_s = 0.0
    for cue in cues:
        last_s = cue.start_s if cue.start_s is not None else last_s
        keyed.append((last_s, cue))
    return [cue for _, cue in sorted(keyed, key=lambda pair: pair[0])]


def _cut(cues: list[Cue]) -> list[Cue]:
    """End captions where the next begins, if that is what a file without speakers is like.

    Such files show two lines at a time (YouTube's as SubRip). Two people who speak at once are
    rare, and never in most of a file.
    """
    if any(cue.speaker is not None or cue.channel is not None for cue in cues):
        return cues
    nexts = [_next_start(cue, after) for cue, after in pairwise(cues)]
    over = sum(next_s is not None for next_s in nexts)
    if over < 2 or over <= _MOST_CUT * len(nexts):
        return cues
    return [
        cue if next_s is None else replace(cue, end_s=next_s)
        for cue, next_s in zip(cues, [*nexts, None], strict=True)
    ]


def _next_start(cue: Cue, after: Cue) -> float | None:
    """The start of the next cue if it lies within this one."""
    if cue.start_s is None or cue.end_s is None or after.start_s is None:
        return None
    return after.start_s if cue.start_s < after.start_s < cue.end_s else None
