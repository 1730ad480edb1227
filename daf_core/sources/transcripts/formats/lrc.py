"""LRC (.lrc): a time in brackets before each line, also of each word: `[00:12.30]<00:12.30> so`.

https://en.wikipedia.org/wiki/LRC_(file_format)
"""

import re

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.clock import seconds
from daf_core.sources.transcripts.reading.markup import plain

_STAMP = re.compile(r"\[[ \t]{0,4}(\d{1,4}(?::\d{1,3}){1,2}(?:[.,]\d{1,6})?)[ \t]{0,4}\]")
_WORD_STAMP = re.compile(r"<(\d{1,4}(?::\d{1,3}){1,2}(?:[.,]\d{1,6})?)>")
_TAG = re.compile(r"\[([A-Za-z#]{1,20}):([^\[\]]*)\]\s*")
_SHARE = 0.5  # of the lines, to know the format by


def recognises(document: Document) -> bool:
    """Whether most lines begin with a time in brackets; in a file of another name all do, and tags,
    times of words or lines with several times say that these are lyrics or captions. Other texts
    are turns (`timed_text`), of which a word said twice was said twice.
    """
    lines = [line.strip("\ufeff \t") for line in document.text[:20_000].split("\n") if line.strip()]
    tagless = [line for line in lines if not _TAG.fullmatch(line)]
    stamped = sum(_STAMP.match(line) is not None for line in tagless)
    if document.name.lower().endswith(".lrc") or len(tagless) < len(lines):
        return stamped > _SHARE * len(tagless)
    return stamped == len(tagless) > 0 and any(map(_is_lrc_alone, tagless))


def _is_lrc_alone(line: str) -> bool:
    """Whether a line has several times before it, or times of its words."""
    return len(_stamps(line)[0]) > 1 or _WORD_STAMP.search(line) is not None


def read(document: Document) -> Transcript:
    """Cues of an LRC text, in order of time: each ends where the next line begins.

    A line with several times is said several times. A time without words ends the line before it.
    A positive `[offset:]`, in milliseconds, makes all lines earlier.
    """
    stamped: list[tuple[float, float | None, str]] = []
    unread: list[str] = []
    tags: dict[str, str] = {}
    for number, raw in enumerate(document.text.split("\n"), start=1):
        line = raw.strip().lstrip("\ufeff")
        times, words = _stamps(line)
        if times:
            last = _last_word_time(words)
            # A word's time is that of the first repetition of the line alone.
            stamped += [(time, last if time == times[0] else None, plain(words)) for time in times]
        elif tag := _TAG.fullmatch(line):
            tags.setdefault(tag[1].lower(), tag[2].strip())
        elif line:
            unread.append(f"line {number}")
    return Transcript(cues=_cues(stamped, _offset_s(tags)), unread=unread)


def _stamps(line: str) -> tuple[list[float], str]:
    """The times at the start of a line, and the words after them."""
    times: list[float] = []
    position = 0
    while (found := _STAMP.match(line, position)) and (time := seconds(found[1])) is not None:
        times.append(time)
        position = found.end()
        while line[position : position + 1] == " ":
            position += 1
    return times, line[position:]


def _last_word_time(words: str) -> float | None:
    """The time at the very end of a line, at which its last word ends."""
    ends = words.rstrip()
    stamps = list(_WORD_STAMP.finditer(ends))
    return seconds(stamps[-1][1]) if stamps and stamps[-1].end() == len(ends) else None


def _offset_s(tags: dict[str, str]) -> float:
    try:
        offset_s = float(tags.get("offset", "0")) / 1000
    except ValueError:
        return 0.0
    return offset_s if abs(offset_s) < 86_400 else 0.0


def _cues(stamped: list[tuple[float, float | None, str]], offset_s: float) -> list[Cue]:
    cues: list[Cue] = []
    next_s: float | None = None  # the first time that is later than this line's
    after_s: float | None = None  # the time of the line after it
    for start_s, last_s, words in sorted(stamped, key=lambda line: line[0], reverse=True):
        if after_s is not None and after_s > start_s:
            next_s = after_s
        after_s = start_s
        end_s = last_s if last_s is not None and last_s > start_s else next_s
        if words:
            cues.append(
                Cue(
                    text=words,
                    start_s=max(0.0, round(start_s - offset_s, 6)),
                    end_s=None if end_s is None else max(0.0, round(end_s - offset_s, 6)),
                )
            )
    return cues[::-1]
