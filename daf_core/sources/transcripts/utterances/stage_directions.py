"""What a transcript says beside the words: `[music]`, `(laughs)`, notes of a song."""

import re
from collections.abc import Callable

from daf_core.redaction.marks import is_mark
from daf_core.sources.transcripts.utterances.label_words import SOUNDS

_SQUARE = re.compile(r"[\[【]([^\[\]【】]{0,80})[\]】]")
_ROUND = re.compile(r"[(（]([^()（）]{0,80})[)）]")
_STARS = re.compile(r"\*([^*\n]{1,40})\*")
_NOTES = re.compile(r"[♪♫♬♩🎵🎶]+")
_WORD = re.compile(r"[\w-]+")


def without_stage_directions(text: str, is_label: Callable[[str], bool]) -> str:
    """Text without what stands in brackets beside the words, and without notes of music.

    Line breaks stay. Brackets for which `is_label` holds, of the bracket and what is in it, stay:
    they say who speaks. So do marks such as [NAME], for what was redacted. Words in round brackets,
    or between stars, are taken out if one of them names a sound, or if nothing else is on their
    line.
    """

    def square(found: re.Match[str]) -> str:
        return found[0] if is_label(found[0]) or is_mark(found[0]) else " "

    def around(found: re.Match[str]) -> str:
        if is_label(found[0]):
            return found[0]
        return " " if names_sound(found[1]) or _is_line(found) else found[0]

    bare = _NOTES.sub(" ", _SQUARE.sub(square, text))
    return _STARS.sub(around, _ROUND.sub(around, bare))


def names_sound(words: str) -> bool:
    """Whether one of the words is a sound that no words are."""
    return any(word in SOUNDS for word in _WORD.findall(words.lower()))


def _is_line(found: re.Match[str]) -> bool:
    """Whether a match is all that there is on its line."""
    text = found.string
    before = text[: found.start()].rpartition("\n")[2] if found.start() < 500 else "?"
    after = text[found.end() : found.end() + 100].partition("\n")[0]
    return not before.strip(" -") and not after.strip(" .")
