"""Segments that are single words, as some tools are told to write them."""

from collections.abc import Sequence
from statistics import fmean
from typing import Any

from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.reading.words import UNSPACED, Word, utterances

MOSTLY = 0.8
_LETTERS = 3.0  # of a word in scripts without blanks, on average at most
FEWEST = 5  # "Yes." and "No." are utterances


def grouped(cues: Sequence[Cue]) -> list[Cue]:
    """The cues; or, where at least 80 % of five or more are single words, utterances of them."""
    return utterances(map(Word.from_cue, cues)) if are_words(cues) else [*cues]


def are_words(cues: Sequence[Cue]) -> bool:
    """Whether at least 80 % of five cues or more are single words.

    In scripts without blanks between words a sentence has none either, but more letters.
    """
    single = sum(" " not in cue.text for cue in cues)
    if len(cues) < FEWEST or single < MOSTLY * len(cues):
        return False
    lengths = [len(cue.text) for cue in cues if UNSPACED.match(cue.text)]
    return 2 * len(lengths) < len(cues) or fmean(lengths) <= _LETTERS


def whole_words(entries: Sequence[Any]) -> list[Any]:
    """Segments of whisper.cpp; where they are its tokens (`--max-len 1`), pieces of a word are one.

    A piece begins without a blank. In scripts without blanks between words no piece has one, and
    entries stay as they are.
    """
    texts = [one.get("text") if isinstance(one, dict) else None for one in entries]
    said = [text for text in texts if isinstance(text, str) and text.strip()]
    first_of_word = sum(text.startswith(" ") for text in said)
    single = sum(" " not in text.strip() for text in said)
    if single < MOSTLY * len(said) or first_of_word == len(said) or 2 * first_of_word < len(said):
        return [*entries]
    whole: list[Any] = []
    for entry, text in zip(entries, texts, strict=True):
        piece = isinstance(text, str) and text[:1].strip() and not text.isspace()
        if piece and whole and _is_word(whole[-1]) and isinstance(entry.get("offsets"), dict):
            last = whole[-1]
            end = {"to": entry["offsets"].get("to")}
            whole[-1] = last | {"text": last["text"] + text, "offsets": last["offsets"] | end}
        else:
            whole.append(entry)
    return whole


def _is_word(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("text"), str)
        and isinstance(entry.get("offsets"), dict)
        and bool(entry["text"].strip())
    )
