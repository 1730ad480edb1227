"""Plain words of the marked-up text of a cue."""

import html
import re

_TAG = re.compile(r"</?[A-Za-z][^<>]*>|<[\d:.,]+>|<\|[^<>|]{0,40}\|>|\{\\[^{}]*\}")
_BREAK = re.compile(r"(?i:<br[^<>]{0,8}>)|\\N")
_MARKED = re.compile(r"[<&{\\\u200b-\u200f\u202a-\u202e\u2060\ufeff]")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?(?:[ \t]([^<>]*))?>")
# Characters of no width: marks of the direction of writing, byte order marks within the text.
_MARKS = "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
_INVISIBLE = {ord(mark): None for mark in _MARKS}


def plain(text: str) -> str:
    """Text without tags, with HTML entities decoded, and one blank between words.

    Line breaks stay, as a line may begin with the name of another speaker; empty lines do not.
    """
    if not _MARKED.search(text):
        text = text.strip()
        if "\n" not in text:
            return " ".join(text.split())
    bare = html.unescape(_TAG.sub("", _BREAK.sub("\n", text))).translate(_INVISIBLE)
    lines = (" ".join(line.split()) for line in bare.split("\n"))
    return "\n".join(line for line in lines if line)


def voices(text: str) -> list[tuple[str | None, str]]:
    """Who says what in a cue: (speaker, plain words), at least one; None is an unknown speaker.

    A WebVTT voice span `<v Name>` holds until the next one.
    """
    before, *spans = _VOICE.split(text)
    said: list[tuple[str | None, str]] = []
    named = [(None, before), *zip(map(_name, spans[::2]), spans[1::2], strict=True)]
    for speaker, raw in named:
        words = plain(raw)
        if not words:
            continue
        if said and said[-1][0] == speaker:
            said[-1] = (speaker, f"{said[-1][1]}\n{words}")
        else:
            said.append((speaker, words))
    return said or [(named[-1][0], "")]


def _name(annotation: str | None) -> str | None:
    return " ".join(plain(annotation or "").split()) or None
