"""The moments to hear first: where the tone contradicts the words, and the lowest of low calls."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from daf_core.report.clips import Sound, clip
from daf_core.report.recordings import RecordingSummary
from daf_core.schemas import Row
from daf_core.storage.apart import Reads, here

MOMENTS = 10
CONTRADICTIONS = 5  # at most, of them


@dataclass(frozen=True)
class HeardMoment:
    """An utterance to hear. why: in words; audio: a data URI, None where it cannot be read."""

    utterance_id: str
    recording_id: str
    when: str | None
    who: str
    why: str
    audio: str | None = None


def hear_first(
    contradictions: Sequence[Row],
    recordings: Sequence[RecordingSummary],
    sounds: Mapping[str, Sound],
    reads: Reads = here,
) -> list[HeardMoment]:
    """At most MOMENTS utterances that have a voice, one a recording where there are enough.

    Args:
        contradictions: rows of scores with `when` and `who`, the strongest first.
        recordings: those with the lowest means, lowest first.
        sounds: by utterance id.
        reads: where recordings are read.
    """
    strongest, lowest = _contradictions(contradictions), _lowest(recordings)
    chosen: list[HeardMoment] = []
    for again in (False, True):  # a second moment of a recording only where there is room
        for moments, most in ((strongest, CONTRADICTIONS), (lowest, MOMENTS)):
            for one in moments:
                known = {other.utterance_id for other in chosen}
                seen = one.recording_id in {other.recording_id for other in chosen}
                fits = len(chosen) < most and one.utterance_id in sounds
                if fits and one.utterance_id not in known and seen == again:
                    chosen.append(one)
    return [replace(one, audio=clip(sounds[one.utterance_id], reads)) for one in chosen]


def _contradictions(rows: Sequence[Row]) -> list[HeardMoment]:
    return [
        HeardMoment(
            row["utterance_id"],
            row["recording_id"],
            row["when"],
            row["who"],
            f"tone against words: words {_signed(row['text_sentiment'])}, "
            f"tone {_signed(row['audio_sentiment'])}",
        )
        for row in rows
    ]


def _lowest(recordings: Sequence[RecordingSummary]) -> list[HeardMoment]:
    return [
        HeardMoment(
            item.lowest.utterance_id,
            item.recording_id,
            item.lowest.time,
            item.lowest.who,
            f"lowest{' of 1 s or longer' if item.length is not None else ''} in this recording: "
            f"{_signed(item.lowest.sentiment)}",
        )
        for item in recordings
    ]


def _signed(sentiment: float) -> str:
    return f"{sentiment:+.1f}".replace("-", "−")
