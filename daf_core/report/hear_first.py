"""The moments to hear first: where the tone contradicts the words, and the lowest of low calls."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from daf_core.report.clips import Sound, clip
from daf_core.report.recordings import RecordingSummary
from daf_core.schemas import Row

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
    audio: str | None


def hear_first(
    contradictions: Sequence[Row],
    recordings: Sequence[RecordingSummary],
    sounds: Mapping[str, Sound],
) -> list[HeardMoment]:
    """At most MOMENTS utterances that have a voice, one a recording where there are enough.

    Args:
        contradictions: rows of scores with `when` and `who`, the strongest first.
        recordings: those with the lowest means, lowest first.
        sounds: by utterance id.
    """
    chosen: list[HeardMoment] = []
    candidates = [*_contradictions(contradictions), *_lowest(recordings)]
    for again in (False, True):  # a second moment of a recording only where moments are left
        for kind, most in (("contradiction", CONTRADICTIONS), ("lowest", MOMENTS)):
            for found, own_kind in candidates:
                if own_kind != kind or len(chosen) >= most or found.utterance_id not in sounds:
                    continue
                seen = any(one.recording_id == found.recording_id for one in chosen)
                same = any(one.utterance_id == found.utterance_id for one in chosen)
                if not same and seen == again:
                    chosen.append(found)
    return [_with_audio(one, sounds[one.utterance_id]) for one in chosen]


def _contradictions(rows: Sequence[Row]) -> Iterator[tuple[HeardMoment, str]]:
    for row in rows:
        why = (
            f"tone against words: words {row['text_sentiment']:+.1f}, "
            f"tone {row['audio_sentiment']:+.1f}"
        ).replace("-", "−")
        key = (row["utterance_id"], row["recording_id"], row["when"], row["who"])
        yield HeardMoment(*key, why, None), "contradiction"


def _lowest(recordings: Sequence[RecordingSummary]) -> Iterator[tuple[HeardMoment, str]]:
    for item in recordings:
        why = f"lowest of this recording: {item.lowest.sentiment:+.1f}".replace("-", "−")
        key = (item.lowest.utterance_id, item.recording_id, item.lowest.time, item.lowest.who)
        yield HeardMoment(*key, why, None), "lowest"


def _with_audio(moment: HeardMoment, sound: Sound) -> HeardMoment:
    return HeardMoment(**{**vars(moment), "audio": clip(sound)})
