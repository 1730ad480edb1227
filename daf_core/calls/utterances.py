"""The scored utterances of one recording as arrays, in order of their start."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from daf_core.arrays import BoolArray
from daf_core.calls.arrays import Columns, Floats
from daf_core.calls.course import QUARTERS, Sentiment
from daf_core.calls.spans import Spans, merged, shares

Index = npt.NDArray[np.int64]


class Speaker(NamedTuple):
    """A name on one channel of one recording; role: what most of the utterances say."""

    channel: int | None
    name: str | None
    role: str | None = None

    @property
    def label(self) -> str:
        """For people: the role and the name, or else the channel."""
        names = [one for one in (self.role, self.name) if one]
        if names:
            return " · ".join(dict.fromkeys(names))
        return "unknown speaker" if self.channel is None else f"channel {self.channel}"


@dataclass(frozen=True)
class Utterances:
    """Utterances in order of start, all (rows,).

    spans: NaN without a place on the timeline of the recording (`marks.is_placed`). weights: how
    much each counts in a mean: its seconds, or the mean of the others where it has no place, or 1
    for all; in_quarters: (rows, 4) the part of the weight in each quarter of the recording, none
    without a place; middle: of each, from 0 to 1 over the recording, NaN without a place. Where no
    utterance of a recording has a place, the order of all gives them one. words, level_db: NaN
    where not known. has_both: whether words and tone are scored; contradicts: whether they
    contradict each other; counted: by column, which rows it counts.
    """

    ids: list[str]
    spans: Spans
    weights: Floats
    in_quarters: Floats
    middle: Floats
    sentiment: Sentiment
    words: Floats
    level_db: Floats
    has_both: BoolArray
    contradicts: BoolArray
    counted: dict[str, BoolArray]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def placed(self) -> Index:
        """The rows with a place on the timeline."""
        return np.flatnonzero(~np.isnan(self.spans.end_s))

    @property
    def talk(self) -> Spans:
        """When anybody of these speaks, in spans that neither overlap nor touch, in order."""
        return merged(self.spans.select(self.placed))

    def select(self, index: Index) -> "Utterances":
        """The rows of this index, in its order."""
        value, spread, correlation = self.sentiment
        return Utterances(
            [self.ids[row] for row in index.tolist()],
            self.spans.select(index),
            self.weights[index],
            self.in_quarters[index],
            self.middle[index],
            Sentiment(value[index], spread[index], correlation),
            self.words[index],
            self.level_db[index],
            self.has_both[index],
            self.contradicts[index],
            {name: values[index] for name, values in self.counted.items()},
        )


def utterances_of(rows: Columns, correlation: float | None) -> Utterances:
    """The rows of a recording, in order, whose errors have this correlation."""
    floats = rows.floats
    spans = Spans(floats["start_s"], np.maximum(floats["start_s"], floats["end_s"]))
    places, weights = _places(spans)
    edges = np.linspace(np.nanmin(places.start_s), np.nanmax(places.end_s), QUARTERS + 1)
    score = (floats["sentiment"], floats["interval_low"], floats["interval_high"])
    return Utterances(
        ids=rows.lists["utterance_id"],
        spans=spans,
        weights=weights,
        in_quarters=shares(places, edges),
        middle=(places.start_s + places.end_s) / 2 / (edges[-1] - edges[0]),
        sentiment=Sentiment.of(*score, correlation),
        words=floats["words"],
        level_db=floats["level_db"],
        has_both=~np.isnan(floats["text_sentiment"] + floats["audio_sentiment"]),
        contradicts=rows.contradicts,
        counted=rows.counted,
    )


def _places(spans: Spans) -> tuple[Spans, Floats]:
    """Where utterances lie, and how much they count. Where none has a place on the timeline, or
    all that have one are points in time, they are placed by their order.
    """
    lasts = spans.end_s - spans.start_s
    known = lasts[~np.isnan(lasts)]
    if known.any():
        return spans, np.where(np.isnan(lasts), known.mean(), lasts)
    edges = np.arange(len(lasts) + 1, dtype=np.float64)
    return Spans(edges[:-1], edges[1:]), np.ones(len(lasts))


def speakers_of(rows: Columns) -> tuple[list[Speaker], Index]:
    """The speakers of a recording in order of their first utterance, and (rows,) who speaks."""
    found: dict[tuple[int | None, str | None], int] = {}
    roles: list[dict[str | None, int]] = []
    numbers = np.zeros(len(rows), np.int64)
    columns = (rows.lists[name] for name in ("channel", "speaker", "role"))
    for row, (channel, name, role) in enumerate(zip(*columns, strict=True)):
        number = found.setdefault((channel, name), len(found))
        if number == len(roles):
            roles.append({})
        roles[number][role] = roles[number].get(role, 0) + 1
        numbers[row] = number
    most = [max(own, key=lambda role: own[role]) for own in roles]
    speakers = [Speaker(*key, role) for key, role in zip(found, most, strict=True)]
    return speakers, numbers


def said_alike(meta: Sequence[Sequence[tuple[str, str]] | None]) -> list[tuple[str, str]]:
    """What all rows of a recording say alike, of their column meta, in the order of the first."""
    if not meta:
        return []
    first, *others = (dict(own or ()) for own in meta)
    return [pair for pair in first.items() if all(own.get(pair[0]) == pair[1] for own in others)]
