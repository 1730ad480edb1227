"""Segments that are single words, as some tools are told to write them."""

from collections.abc import Sequence

from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.reading.words import Word, utterances

MOSTLY = 0.8
FEWEST = 5  # "Yes." and "No." are utterances


def grouped(cues: Sequence[Cue]) -> list[Cue]:
    """The cues; or, where at least 80 % of five or more are single words, utterances of them."""
    single = sum(" " not in cue.text for cue in cues)
    if len(cues) < FEWEST or single < MOSTLY * len(cues):
        return [*cues]
    return utterances(
        Word(
            text=cue.text,
            start_s=cue.start_s,
            end_s=cue.end_s,
            speaker=cue.speaker,
            channel=cue.channel,
            confidence=cue.confidence,
        )
        for cue in cues
    )
