"""The moments to hear first: where the tone contradicts the words, and what is surely negative."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from daf_core.report.clips import Sound, clip
from daf_core.report.printable import signed
from daf_core.report.recordings import RecordingSummary
from daf_core.report.transcript import Said
from daf_core.schemas import Row, polarity
from daf_core.storage.apart import Reads, here

MOMENTS = 10
CONTRADICTIONS = 5  # at most, of them


@dataclass(frozen=True)
class HeardMoment:
    """An utterance to hear. why: in words; stands_out: whether it may be more than chance; audio: a
    data URI, None where it cannot be read.
    """

    utterance_id: str
    recording_id: str
    when: str | None
    who: str
    why: str
    stands_out: bool
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
        recordings: those with the lowest means.
        sounds: by utterance id.
        reads: where recordings are read.
    """
    strongest, lowest = _contradictions(contradictions), _surest(recordings)
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
            f"tone against words: words {signed(row['text_sentiment'])}, "
            f"tone {signed(row['audio_sentiment'])}",
            stands_out=True,
        )
        for row in rows
    ]


def _surest(recordings: Sequence[RecordingSummary]) -> list[HeardMoment]:
    """The utterance of each recording that is most surely negative, the surest first, those without
    an interval last; of recordings in which it is negative at all, if there are any.
    """
    negative = [one for one in recordings if polarity(one.surest.sentiment) == "negative"]
    return [
        HeardMoment(
            item.surest.utterance_id,
            item.recording_id,
            item.surest.time,
            item.surest.who,
            _why(item.surest),
            stands_out=_is_surely_negative(item.surest),
        )
        for item in sorted(
            negative or recordings, key=lambda one: (not one.surest.interval, one.surest.at_most)
        )
    ]


def _is_surely_negative(one: Said) -> bool:
    """Whether it is negative, and its interval holds nothing positive."""
    is_negative = polarity(one.sentiment) == "negative"
    return is_negative and one.interval is not None and one.at_most < 0


def _why(one: Said) -> str:
    alone = " by the voice alone" if one.wordless else ""
    alone += ", with words in another language" if one.other_language else ""
    if one.interval is None:
        return f"the lowest in this recording{alone}: {signed(one.sentiment)}"
    low, high = one.interval
    figures = f"{signed(one.sentiment)}, nine times in ten {signed(low)} to {signed(high)}"
    if _is_surely_negative(one):
        return f"surely negative{alone}: {figures}"
    return f"the most negative in this recording{alone}, not surely negative: {figures}"
