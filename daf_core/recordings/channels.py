"""Channels that carry the same speech: each utterance is kept once, where it is loudest.

Measured on mixtures of two calls (benchmarks/science/told_sounds.py: bleed of -10 to -40 dB both
ways, 10 or 300 ms late, with noise, over a telephone): 99 % of the speakers' time is kept on their
channel, and 98 to 100 % of what is kept is theirs (55 % before, from -30 dB up). Of 60 copies with
other gains, signs, delays and codecs all are told, and no crosstalk is taken for a copy. Two
channels that bleed all the time cost 8 to 13 s an hour, a third of voice activity; a clean call
costs a tenth of a second.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np

from daf_core.arrays import BoolArray, Samples
from daf_core.recordings.audio import Recording
from daf_core.recordings.bleed import FRAME, FRAMES_PER_S, Explained, explain, frame_count, low_band
from daf_core.recordings.spans import (
    OWN,
    QUIET,
    Bleed,
    Owners,
    OwnSpeech,
    Span,
    flagged,
    frames_of,
    overlaps,
    split,
    within,
)

CELL_S = 8.0  # channels are compared over so much time at once ...
MARGIN_S = 0.6  # ... and what an echo needs before it
MOST_COMPARED = 8  # channels, the first that speak; further ones are kept as they are
NEAR_S = 0.5  # a source has an utterance within so much of its bleed
TIE_DB, CLEAR_DB = 2.0, 4.0  # differences of level that decide nothing; that decide
LESS_SPEECH = 0.8  # of two equally loud channels, one with so much less speech is the purer


PLACES, PLACE_S = 24, 2.0  # where channels are compared to find out whether they are alike
ALIKE_SHARE = 0.9  # of the frames with sound
ALIKE_DB = 9.0  # a channel that is weaker than this is bleed
STEADY_DB = 2.0
AUDIBLE = 1e-3  # of the energy of the loudest frame: -30 dB


def own_speech(recording: Recording, spans: Mapping[int, Sequence[Span]]) -> OwnSpeech:
    """Keep every utterance once, on the channel where it is loudest.

    spans: channel → (start_s, end_s) of its utterances, as voice activity finds them. A span that
    is another channel's speech (crosstalk, echo of the far end, the same signal twice) is left out,
    one that is partly so is trimmed or split. People who talk at the same time are kept both. A
    span in which no bleed is found comes back unchanged.

    Only stretches in which several channels have spans are read.

    Raises:
        BadInput: as `Recording.read`.
        NotDone: as `Recording.read`.
    """
    talking = [channel for channel in sorted(spans) if spans[channel]][:MOST_COMPARED]
    lengths = {channel: sum(end - start for start, end in spans[channel]) for channel in talking}
    size = round((recording.duration_s + CELL_S) * FRAMES_PER_S)
    owners = {channel: np.full(size, OWN, np.int8) for channel in talking}
    for cell, present in _shared_cells(
        {channel: within(spans[channel], recording.duration_s) for channel in talking}
    ):
        _judge(recording, cell, present, owners, lengths)
    kept: dict[int, list[Span]] = {channel: list(spans[channel]) for channel in sorted(spans)}
    dropped: list[Bleed] = []
    for channel in talking:
        covered = {source: frames_of(spans[source], size, NEAR_S) for source in talking}
        kept[channel] = []
        for span in spans[channel]:
            own, bleed = split(span, channel, owners[channel], covered)
            kept[channel] += own
            dropped += bleed
    dropped.sort(key=lambda bleed: (bleed.start_s, bleed.channel))
    return OwnSpeech(flagged(kept, dropped), dropped)


def alike(recording: Recording, channels: Iterable[int] | None = None) -> dict[int, int]:
    """Channels that carry the same sound as another one: channel → the one to use instead.

    Empty if all differ. Of channels that are alike, the loudest is used (within 2 dB: the first).
    A copy may have another gain (within 9 dB), the opposite sign, a delay of up to 30 ms, noise or
    a codec of its own. Up to 24 places of 2 s are compared. A steady crosstalk that is weaker is no
    copy: `own_speech` takes it out.

    Raises:
        BadInput: as `Recording.read`.
        NotDone: as `Recording.read`.
    """
    asked = sorted(set(range(recording.channels) if channels is None else channels))
    if len(asked) < 2:
        return {}
    places = _places(recording, asked)
    copies: dict[int, int] = {}
    for one, other in combinations(asked, 2):
        if one in copies or other in copies:
            continue
        lead = _same(places[one], places[other])
        if lead is not None:
            loser, winner = (one, other) if lead > TIE_DB else (other, one)
            copies = {channel: winner if to == loser else to for channel, to in copies.items()}
            copies[loser] = winner
    return copies


def _places(recording: Recording, channels: list[int]) -> dict[int, list[Samples]]:
    """The low band of each channel at places spread evenly over the recording."""
    count = max(1, min(PLACES, int(recording.duration_s / PLACE_S)))
    step_s = max(recording.duration_s, PLACE_S) / count
    places: dict[int, list[Samples]] = {channel: [] for channel in channels}
    for number in range(count):
        start_s = number * step_s
        for channel in channels:
            samples = recording.read(start_s, start_s + PLACE_S, channel)
            places[channel].append(low_band(samples))
    return places


def _same(one: list[Samples], other: list[Samples]) -> float | None:
    """By how many dB `other` is louder if both are the same sound at every place, else None."""
    pairs = [
        (explain(a, b), explain(b, a)) for a, b in zip(one, other, strict=True) if len(a) and len(b)
    ]
    loudest = max((max(there.level.max(), back.level.max()) for there, back in pairs), default=0.0)
    leads = []
    for there, back in pairs:
        audible = (there.level > AUDIBLE * loudest) | (back.level > AUDIBLE * loudest)
        if loudest and audible.mean() > 0.1:
            if np.mean((there.bleed & back.bleed)[audible]) < ALIKE_SHARE:
                return None
            ratio = np.sum(there.other_level[audible]) / np.sum(there.level[audible])
            leads.append(10 * float(np.log10(ratio)))
    if not leads or np.std(leads) > STEADY_DB or abs(np.median(leads)) > ALIKE_DB:
        return None
    return float(np.median(leads))


def _shared_cells(spans: Mapping[int, Sequence[Span]]) -> list[tuple[int, list[int]]]:
    """Cells of time in which utterances of several channels meet: number, channels."""
    present: dict[int, set[int]] = {}
    for one, other in combinations(spans, 2):
        for start_s, end_s in overlaps(spans[one], spans[other], NEAR_S):
            for cell in range(int(start_s // CELL_S), int(end_s // CELL_S) + 1):
                present.setdefault(cell, set()).update((one, other))
    return [(cell, sorted(present[cell])) for cell in sorted(present)]


def _judge(
    recording: Recording,
    cell: int,
    present: list[int],
    owners: dict[int, Owners],
    lengths: Mapping[int, float],
) -> None:
    """Write into `owners` whose sound the frames of one cell are."""
    margin = min(round(MARGIN_S * FRAMES_PER_S), round(cell * CELL_S * FRAMES_PER_S))
    first = round(cell * CELL_S * FRAMES_PER_S) - margin
    start_s, end_s = first / FRAMES_PER_S, (cell + 1) * CELL_S + MARGIN_S
    low = {channel: low_band(recording.read(start_s, end_s, channel)) for channel in present}
    if min(map(len, low.values())) < FRAME:  # the recording ends here
        return
    frames = min(margin + round(CELL_S * FRAMES_PER_S), *(frame_count(low[c]) for c in present))
    new = {channel: np.full(frames, OWN, np.int8) for channel in present}
    for one, other in combinations(present, 2):
        purer = other if lengths[other] < LESS_SPEECH * lengths[one] else one
        there, back = explain(low[one], low[other]), explain(low[other], low[one])
        shared = there.bleed | back.bleed
        in_one = there.bleed & _leads(there, shared, purer == other)
        in_other = back.bleed & _leads(back, shared, purer == one)
        (in_one if purer == one else in_other)[in_one & in_other] = False
        for target, source, found, bleed in (
            (one, other, there, in_one),
            (other, one, back, in_other),
        ):
            quiet = ((found.rest == 0) & ~found.bleed)[:frames]
            new[target][quiet & (new[target] == OWN)] = QUIET
            new[target][bleed[:frames]] = source
    for channel in present:
        owners[channel][first + margin : first + frames] = new[channel][margin:]


def _leads(found: Explained, shared: BoolArray, in_a_tie: bool) -> BoolArray:
    """Whether the other channel is louder, frame by frame, with hysteresis.

    Only frames count in which both channels hold the same sound (`shared`).
    """
    lead = np.where(shared, found.lead_db, 0)
    changes = (abs(lead) > CLEAR_DB) | (abs(lead) < TIE_DB)
    latest = np.maximum.accumulate(np.where(changes, np.arange(len(lead)), 0))
    usual = float(np.median(found.lead_db[shared])) if shared.any() else 0.0
    state = np.where(abs(lead) > CLEAR_DB, np.sign(lead), 0)[latest]
    if abs(usual) > TIE_DB:  # alike, but one is louder: no frame may say otherwise at first
        state[latest == 0] = np.sign(usual)
    return np.asarray((state > 0) | ((state == 0) & in_a_tie))
