"""Recognized words with times, grouped into utterances."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from daf_core.sources.transcripts.cue import Cue

PAUSE_S = 0.5  # as voice activity detection cuts
BREATH_S = 0.2  # a pause after a sentence: the end of a turn
LONG_S = 10.0  # a turn that is so long is cut at the end of a sentence
LONGEST_S = 20.0
_SENTENCE_END = re.compile(r"""[.?!…。！？]["')\]»”’]*$""")
# Kana, Chinese characters and their marks; Thai, Lao, Khmer, Burmese.
UNSPACED = re.compile(
    "[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]"
)
_NO_SPACE_BEFORE = re.compile(r"^[,.?!;:%…。！？，、)\]]")


@dataclass(frozen=True, kw_only=True)
class Word:
    """A recognized word or punctuation mark; times in seconds, None where it has none."""

    text: str
    start_s: float | None = None
    end_s: float | None = None
    speaker: str | None = None
    channel: int | None = None
    confidence: float | None = None

    @classmethod
    def from_cue(cls, cue: Cue) -> "Word":
        """A cue that holds a single word."""
        return cls(
            text=cue.text,
            start_s=cue.start_s,
            end_s=cue.end_s,
            speaker=cue.speaker,
            channel=cue.channel,
            confidence=cue.confidence,
        )


def utterances(words: Iterable[Word]) -> list[Cue]:
    """Group words, in order, into cues.

    A cue is a turn: it ends where speaker or channel change, at a pause of 0.5 s, and after a
    sentence at a pause of 0.2 s. It ends after a sentence, too, once it is 10 s long, and before it
    is longer than 20 s. A word without times, speaker or channel belongs to the word before it.
    """
    return [cue_of(group) for group in turns(words)]


def cue_of(words: list[Word]) -> Cue:
    """One cue of all `words` (at least one): from the first time to the last."""
    starts = [word.start_s for word in words if word.start_s is not None]
    ends = [word.end_s for word in words if word.end_s is not None]
    confidences = [word.confidence for word in words if word.confidence is not None]
    return Cue(
        text=joined(word.text for word in words),
        start_s=min(starts, default=None),
        end_s=max(ends, default=None),
        speaker=next((word.speaker for word in words if word.speaker is not None), None),
        channel=next((word.channel for word in words if word.channel is not None), None),
        confidence=sum(confidences) / len(confidences) if confidences else None,
    )


def joined(texts: Iterable[str]) -> str:
    """Words with blanks between them, none before a punctuation mark and none between words of
    scripts that have none.
    """
    text = ""
    for one in (text.strip() for text in texts):
        bare = not text or not one or _NO_SPACE_BEFORE.match(one)
        if not bare:
            bare = UNSPACED.match(one) and UNSPACED.match(text[-1])
        text += one if bare else f" {one}"
    return text


def turns(words: Iterable[Word]) -> Iterator[list[Word]]:
    """The words of each utterance, by the rules of `utterances`."""
    group: list[Word] = []
    for word in words:
        if group and _ends_before(word, group):
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _ends_before(word: Word, group: list[Word]) -> bool:
    """Whether `word` begins another utterance than `group`."""
    first = next((one for one in group if one.start_s is not None), None)
    if any(
        _differs(getattr(group[0], name), getattr(word, name)) for name in ("speaker", "channel")
    ):
        return True
    sentence = _SENTENCE_END.search(group[-1].text) and not _NO_SPACE_BEFORE.match(word.text)
    last = next((one.end_s for one in reversed(group) if one.end_s is not None), None)
    if word.start_s is None or word.end_s is None or last is None or first is None:
        return bool(sentence) and first is None  # without times a sentence is a cue
    assert first.start_s is not None
    pause_s, long_s = (BREATH_S, LONG_S) if sentence else (PAUSE_S, LONGEST_S)
    begins_s = last if sentence else word.end_s
    return word.start_s - last >= pause_s or begins_s - first.start_s > long_s


def _differs(one: object, other: object) -> bool:
    return one is not None and other is not None and one != other
