"""What every transcript format comes down to: who says what, from when to when."""

import html
import re
from dataclasses import dataclass

_CLOCK = r"(?:\d+:)?[0-5]?\d:[0-5]?\d[.,]\d{1,3}"
_TIMING = re.compile(rf"\s*{_CLOCK}\s*-->\s*{_CLOCK}")


@dataclass(frozen=True)
class Cue:
    """A stretch of speech; `text` may be empty, overlapping cues are normal."""

    start_s: float
    end_s: float
    text: str
    speaker: str | None = None


def plain(text: str) -> str:
    """Text without tags as words: entities decoded, white space collapsed."""
    return " ".join(html.unescape(text).split())


def take_out_broken(text: str) -> tuple[str, list[int]]:
    """Blank the blocks whose `-->` line holds no two times, and give those lines' numbers.

    The libraries drop such a block without a word, or glue it to the text of the cue before it.
    """
    lines = text.splitlines()
    broken = [
        number
        for number, line in enumerate(lines, start=1)
        if "-->" in line and not _TIMING.match(line)
    ]
    for number in broken:
        last = number - 1
        while last < len(lines) and lines[last].strip():
            lines[last] = ""
            last += 1
        if number > 1 and lines[number - 2].strip().isdecimal():
            lines[number - 2] = ""
    return "\n".join(lines) + "\n", broken
