"""What is listened to: stretches of a recording, each at most an utterance long."""

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from daf_core.errors import BadInput
from daf_core.recordings.audio import Recording
from daf_core.schemas import Row
from daf_core.sources.folders.by_voice import Span, speech
from daf_core.sources.transcripts.reading.words import LONGEST_S

SHORTEST_S = 0.1
MARGIN_S = 0.2  # heard before and after a stretch: voice activity cuts off soft first words
Found = Mapping[int | None, Sequence[Span]]


class Stretch(NamedTuple):
    """A stretch of a row: the row itself (`whole`), or speech that voice activity finds in it."""

    utterance_id: str
    channel: int | None
    start_s: float
    end_s: float
    whole: bool
    flags: tuple[str, ...] = ()
    heard_from_s: float = 0.0  # with a margin, where no other row is
    heard_to_s: float = 0.0

    @property
    def seconds(self) -> float:
        """The length of what is heard."""
        return self.heard_to_s - self.heard_from_s


def is_cut(row: Row, recording: Recording) -> bool:
    """Whether a row becomes several utterances: it is over 20 s long, and no label is of all."""
    start_s, end_s = _times(row, recording)
    return row["label"] is None and end_s - start_s > LONGEST_S


def stretches(
    recording: Recording, rows: Sequence[Row], others: Sequence[Row] = ()
) -> tuple[list[Stretch], dict[str, BadInput]]:
    """The stretches of `rows` of one recording, by channel and time; and why rows have none.

    others: its other rows, into which the margin does not reach. Speech that several long rows on
    different channels carry is given to the one where it is loudest.

    Raises:
        BadInput: as `Recording.read`.
    """
    broken = {
        row["utterance_id"]: BadInput("bad_channel", "the recording has fewer channels")
        for row in rows
        if row["channel"] is not None and row["channel"] >= recording.channels
    }
    usable = [row for row in rows if row["utterance_id"] not in broken]
    found = _speech(recording, [row for row in usable if is_cut(row, recording)])
    planned = []
    for row in usable:
        start_s, end_s = _times(row, recording)
        name, channel = row["utterance_id"], row["channel"]
        if not is_cut(row, recording):
            planned.append(Stretch(name, channel, start_s, end_s, whole=True))
            continue
        for span in found.get(channel, ()):
            begin, end = max(span.start_s, start_s), min(span.end_s, end_s)
            if end - begin >= SHORTEST_S:
                planned.append(Stretch(name, channel, begin, end, False, span.flags))
    order = sorted(planned, key=lambda one: (-1 if one.channel is None else one.channel, *one[2:4]))
    taken: dict[int | None, list[tuple[float, float]]] = {}
    for one in planned:
        taken.setdefault(one.channel, []).append((one.start_s, one.end_s))
    for row in others:
        taken.setdefault(row["channel"], []).append(_times(row, recording))
    neighbours = {channel: Neighbours(spans) for channel, spans in taken.items()}
    return [with_margin(one, neighbours[one.channel]) for one in order], broken


class Neighbours:
    """What is taken of a channel, as (start_s, end_s), at least one: how near it comes to a time.

    Sorted once: a part may hold 4,096 rows, and a long row any number of stretches.
    """

    def __init__(self, spans: Sequence[tuple[float, float]]) -> None:
        by_start, by_end = (np.array(sorted(spans, key=lambda one: one[at])) for at in (0, 1))
        self._starts, self._ends = by_start[:, 0], by_end[:, 1]
        self._latest_ends = np.maximum.accumulate(by_start[:, 1])
        self._earliest_starts = np.minimum.accumulate(by_end[::-1, 0])[::-1]

    def before(self, start_s: float) -> float:
        """The latest end of what starts before `start_s`; minus infinity if nothing does."""
        number = int(np.searchsorted(self._starts, start_s, "left"))
        return float(self._latest_ends[number - 1]) if number else -math.inf

    def after(self, end_s: float) -> float:
        """The earliest start of what ends after `end_s`; infinity if nothing does."""
        number = int(np.searchsorted(self._ends, end_s, "right"))
        return float(self._earliest_starts[number]) if number < len(self._ends) else math.inf


def with_margin(stretch: Stretch, taken: Neighbours) -> Stretch:
    """A stretch that is heard 0.2 s before and after, at most half-way to what is `taken`."""
    start_s, end_s = stretch.start_s, stretch.end_s
    before = min(MARGIN_S, max(0.0, (start_s - taken.before(start_s)) / 2))
    after = min(MARGIN_S, max(0.0, (taken.after(end_s) - end_s) / 2))
    return stretch._replace(heard_from_s=max(0.0, start_s - before), heard_to_s=end_s + after)


def _times(row: Row, recording: Recording) -> tuple[float, float]:
    """Start and end; a row without times is the whole recording, of which nothing was known."""
    if row["start_s"] is None:
        return 0.0, recording.duration_s
    return row["start_s"], row["end_s"]


def _speech(recording: Recording, rows: Sequence[Row]) -> Found:
    """Channel → speech, of the channels of `rows`; channels with the same sound count once."""
    channels = sorted({row["channel"] for row in rows if row["channel"] is not None})
    found: dict[int | None, list[Span]] = {}
    if any(row["channel"] is None for row in rows):
        found[None] = [span for _, _, span in speech(recording, [(None, None)])]
    if channels:
        for channel, _, span in speech(recording, [(one, None) for one in channels]):
            found.setdefault(channels[0] if channel is None else channel, []).append(span)
    return found
