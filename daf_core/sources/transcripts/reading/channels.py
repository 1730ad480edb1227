"""Words and cues of recordings in which each channel is recognized by itself."""

from collections.abc import Iterable
from dataclasses import replace

from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.reading.words import Word, utterances


def utterances_by_channel(words: Iterable[Word]) -> list[Cue]:
    """Group the words of each channel into cues, as two people may speak at once; by start time.

    A word without a channel belongs to the channel of the word before it.
    """
    by_channel: dict[int | None, list[Word]] = {}
    channel = None
    for word in words:
        channel = channel if word.channel is None else word.channel
        by_channel.setdefault(channel, []).append(word)
    return by_start([cue for some in by_channel.values() for cue in utterances(some)])


def by_start(cues: list[Cue]) -> list[Cue]:
    """Cues of several channels in order of time; one without a start stays behind the one before
    it. The channel is left out where all cues have the same: files name channel 0 also where they
    hold the mix of all.
    """
    keys: list[float] = []
    for cue in cues:
        keys.append(cue.start_s if cue.start_s is not None else keys[-1] if keys else 0.0)
    ordered = [cues[number] for number in sorted(range(len(cues)), key=keys.__getitem__)]
    if len({cue.channel for cue in cues}) > 1:
        return ordered
    return [replace(cue, channel=None) for cue in ordered]
