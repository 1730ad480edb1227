"""The same words on two channels of one recording: one speaker, heard on both."""

import re
from difflib import SequenceMatcher

import numpy as np

from daf_core.errors import BadInput
from daf_core.recordings.audio import Recording, open_recording
from daf_core.sources.manifest_rows import AudioSize
from daf_core.sources.transcripts.cue import Cue

FEWEST_WORDS = 3  # two people do say "yes" at once
ALIKE = 0.8  # share of letters in common: each channel was recognized by itself
_WORD = re.compile(r"\w+")


def without_echoes(
    cues: list[Cue], audio_uri: str | None, size: AudioSize | BadInput | None
) -> tuple[list[Cue], list[Cue]]:
    """The cues without those whose words another channel has at the same time, and those.

    Of two cues with the same words, the one on the louder channel stays; without usable audio the
    one on the lower channel.
    """
    pairs = _pairs(cues)
    if not pairs:
        return cues, []
    dropped: set[int] = set()
    if audio_uri is not None and isinstance(size, AudioSize):
        with open_recording(audio_uri) as recording:
            for one, other in pairs:
                louder = _loudness(recording, cues[one]) >= _loudness(recording, cues[other])
                dropped.add(other if louder else one)
    else:
        dropped = {max(pair, key=lambda number: cues[number].channel or 0) for pair in pairs}
    kept = [cue for number, cue in enumerate(cues) if number not in dropped]
    return kept, [cues[number] for number in sorted(dropped)]


def _pairs(cues: list[Cue]) -> list[tuple[int, int]]:
    """Numbers of cues with the same words at the same time on different channels."""
    if len({cue.channel for cue in cues} - {None}) < 2:
        return []
    timed = [
        (cue.start_s, cue.end_s, number, cue)
        for number, cue in enumerate(cues)
        if cue.channel is not None and cue.start_s is not None and cue.end_s is not None
    ]
    timed.sort(key=lambda one: one[:3])
    pairs: list[tuple[int, int]] = []
    current: list[tuple[float, float, int, Cue]] = []
    for start_s, end_s, number, cue in timed:
        current = [one for one in current if one[1] > start_s][-16:]
        for _, other_end_s, other_number, other in current:
            both = min(end_s, other_end_s) - start_s
            shorter = min(end_s - start_s, other_end_s - (other.start_s or 0.0))
            if other.channel != cue.channel and both >= shorter / 2 and _same(cue, other):
                pairs.append((other_number, number))
                break
        current.append((start_s, end_s, number, cue))
    return pairs


def _same(one: Cue, other: Cue) -> bool:
    first, second = (_WORD.findall(cue.text.casefold())[:200] for cue in (one, other))
    if min(len(first), len(second)) < FEWEST_WORDS:
        return False
    return SequenceMatcher(None, first, second, autojunk=False).ratio() >= ALIKE


def _loudness(recording: Recording, cue: Cue) -> float:
    """Mean square of a cue's channel; 0 where it cannot be read."""
    try:
        samples = recording.read(cue.start_s or 0.0, cue.end_s or 0.0, cue.channel)
    except BadInput:
        return 0.0
    return float(np.mean(samples**2)) if len(samples) else 0.0
