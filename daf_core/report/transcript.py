"""The utterances of a drawn recording, for its list in the page and for who speaks when."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daf_core.calls.spans import Spans, merged
from daf_core.report.charts import WIDTH, Floats

LANES_AT_MOST = 3  # speakers, those who speak most often
LISTED_AT_MOST = 4_000  # utterances of all drawn recordings, whole recordings alone


@dataclass(frozen=True)
class Said:
    """An utterance. place: where it starts, in percent of the recording, None without a place on
    its timeline; time: m:ss or None; interval: of its sentiment, None where it has none; wordless:
    scored on the voice alone; other_language: its words are in a language that the head was not
    trained on.
    """

    utterance_id: str
    time: str | None
    who: str
    sentiment: float
    place: float | None
    interval: tuple[float, float] | None = None
    wordless: bool = False
    other_language: bool = False

    @property
    def at_most(self) -> float:
        """The end of the interval, or the sentiment where there is none."""
        return self.interval[1] if self.interval else self.sentiment


@dataclass(frozen=True)
class Lane:
    """When one speaker speaks, as a path over the width of the timeline."""

    who: str
    path: str


def lanes_of(start: Floats, end: Floats, who: Sequence[str]) -> list[Lane]:
    """A lane for each of the speakers who speak most often; none for a single speaker.

    start, end: (utterances,) in [0, 1] of the recording, NaN without a place; who: (utterances,)
    names.
    """
    names = sorted({*who}, key=lambda name: (-who.count(name), name))[:LANES_AT_MOST]
    if len({*who}) < 2:
        return []
    known = ~np.isnan(start)
    is_of = {name: known & np.array([one == name for one in who]) for name in names}
    return [Lane(name, _path(start[own], end[own])) for name, own in is_of.items()]


def _path(start: Floats, end: Floats) -> str:
    """Strokes; those that no screen would tell apart are one."""
    spans = merged(Spans(np.floor(start * WIDTH), np.ceil(end * WIDTH)))
    return "".join(f"M{int(a)} 0H{int(b)}" for a, b in zip(*spans, strict=True))


def listed(transcripts: Sequence[list[Said]]) -> list[list[Said]]:
    """The transcripts that the page lists, in order until there are LISTED_AT_MOST utterances;
    those of the others are empty.
    """
    found, left = [], LISTED_AT_MOST
    for one in transcripts:
        own = one if len(one) <= left else []
        left -= len(own)
        found.append(own)
    return found
