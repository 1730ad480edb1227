"""Recognized words → manifest rows: a row with its words, or the utterances that it becomes."""

from collections.abc import Sequence
from typing import NamedTuple

from daf_core.asr.recognizer import Recognized, text_of
from daf_core.asr.stretches import Stretch
from daf_core.schemas import Row
from daf_core.sources.manifest_rows import utterance_id
from daf_core.sources.transcripts.reading.words import BREATH_S, Word, turns

REACH_S = 0.5  # the first and last word of a stretch begin and end with it if so near
LEAST_S = 0.02  # of an utterance: Whisper's step of time
OF_WORDS = frozenset(
    {"no_text", "transcribed", "no_words", "repeated_words", "phantom_words", "unsure_words"}
)


class Spoken(NamedTuple):
    """A manifest row and its recognized words, with times from the start of the recording."""

    row: Row
    words: list[Word]

    def as_words(self) -> list[Row]:
        """As rows of the WORDS table."""
        return [
            {
                "utterance_id": self.row["utterance_id"],
                "word": word.text.strip(),
                "start_s": word.start_s,
                "end_s": word.end_s,
                "probability": word.confidence,
            }
            for word in self.words
        ]


def with_words(
    row: Row, heard: Sequence[tuple[Stretch, Recognized]], broken: str | None
) -> list[Spoken]:
    """What becomes of a manifest row.

    heard: its stretches, in order; broken: the flag that says why it has none. Without any words
    the row stays as it is, with flags that say why; words of the source are forgotten only where
    there was sound to listen to.
    """
    if broken is not None or not heard:
        return [Spoken(_wordless_row(row, [broken or "no_words"]), [])]
    (first, found), *_ = heard
    if first.whole:
        if not found.words:
            return [Spoken(_wordless_row(row, [found.doubt or "no_words"]), [])]
        return [_spoken(row, _placed(first, found.words), found)]
    if not any(one.words for _, one in heard):
        flags = [one.doubt or "no_words" for _, one in heard]
        return [Spoken(_wordless_row(row, flags), [])]
    made = [*_turns(row, heard), *_wordless(row, heard)]
    return sorted(made, key=lambda one: (one.row["start_s"], one.row["end_s"]))


def _turns(row: Row, heard: Sequence[tuple[Stretch, Recognized]]) -> list[Spoken]:
    """The utterances of a long row."""
    placed = [(stretch, found, _placed(stretch, found.words)) for stretch, found in heard]
    source = {id(word): (stretch, found) for stretch, found, words in placed for word in words}
    made = []
    for turn in turns(word for _, _, words in placed for word in words):
        stretch, found = source[id(turn[0])]
        start_s, last_s = turn[0].start_s or 0.0, turn[-1].end_s or 0.0
        times = {"start_s": start_s, "end_s": max(last_s, start_s + LEAST_S)}
        spoken = _spoken({**row, **times}, turn, Recognized(turn, found.language))
        made.append(_named(spoken, row, stretch.flags))
    return made


def _wordless(row: Row, heard: Sequence[tuple[Stretch, Recognized]]) -> list[Spoken]:
    """The stretches of a long row in which speech was found, and no words."""
    return [
        _named(
            Spoken(
                {
                    **_flagged(row, [found.doubt or "no_words"]),
                    "start_s": stretch.start_s,
                    "end_s": stretch.end_s,
                },
                [],
            ),
            row,
            stretch.flags,
        )
        for stretch, found in heard
        if not found.words
    ]


def _named(spoken: Spoken, row: Row, flags: Sequence[str]) -> Spoken:
    """With an id that follows from that of the `row` which it was cut from, and with `flags`."""
    named = {**spoken.row, "utterance_id": utterance_id(spoken.row, row["utterance_id"])}
    return Spoken({**named, "flags": [*dict.fromkeys([*named["flags"], *flags])]}, spoken.words)


def _spoken(row: Row, words: list[Word], found: Recognized) -> Spoken:
    """A row with its words."""
    told = {"text": text_of(words), "language": found.language, "text_confidence": found.confidence}
    return Spoken({**_flagged(row, ["transcribed"]), **told}, words)


def _wordless_row(row: Row, flags: Sequence[str]) -> Row:
    """A row in which no words were recognized. Where `flags` say that there was nothing to listen
    to, as the recording is away or broken, it keeps the words that it has.
    """
    if OF_WORDS & {*flags}:
        return _flagged(row, flags)
    return {**row, "flags": [*dict.fromkeys([*row["flags"], *flags])]}


def _flagged(row: Row, flags: Sequence[str]) -> Row:
    """A row without words, with flags of what was recognized in place of earlier ones."""
    kept = [flag for flag in row["flags"] if flag not in OF_WORDS]
    none = {"text": None, "language": None, "text_confidence": None}
    return {**row, **none, "flags": [*dict.fromkeys([*kept, *flags])]}


def _placed(stretch: Stretch, words: Sequence[Word]) -> list[Word]:
    """Words with times from the start of the recording.

    Voice activity knows better than Whisper where speech begins and ends, and that there is no long
    pause within a stretch: words reach to its edges where these are near, and to the next word.
    """
    if not words:
        return []
    starts = [stretch.heard_from_s + (word.start_s or 0.0) for word in words]
    ends = [stretch.heard_from_s + (word.end_s or 0.0) for word in words]
    if starts[0] - stretch.start_s < REACH_S:
        starts[0] = min(starts[0], stretch.start_s)
    if stretch.end_s - ends[-1] < REACH_S:
        ends[-1] = max(ends[-1], stretch.end_s)
    if not stretch.whole:
        pairs = zip(ends[:-1], starts[1:], strict=True)
        ends[:-1] = [max(end, start - BREATH_S) for end, start in pairs]
    return [
        Word(text=word.text, start_s=start_s, end_s=end_s, confidence=word.confidence)
        for word, start_s, end_s in zip(words, starts, ends, strict=True)
    ]
