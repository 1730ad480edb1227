"""What every transcript format comes down to: who says what, from when to when."""

import html
import re
from dataclasses import dataclass

_LINE_END = re.compile(r"\r\n|\r|\n")
_CLOCK = r"[\d:]*\d:\d\d[.,]\d+"
_LIKE_TIMES = re.compile(rf".*-->|\s*{_CLOCK}\s*\S{{0,8}}\s*{_CLOCK}")


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


def take_out_broken(text: str, timing: re.Pattern[str]) -> tuple[str, list[int]]:
    """Blank the blocks whose line of times does not match `timing`, and give those lines' numbers.

    `timing` is what the format's library reads. It drops any other block without a word, or glues
    it to the text of the cue before.
    """
    lines = _LINE_END.split(text)
    broken = [
        number
        for number, line in enumerate(lines, start=1)
        if _LIKE_TIMES.match(line) and not timing.match(line)
    ]
    for number in broken:
        lines[number - 1] = ""
        for after in range(number, len(lines)):
            if not lines[after].strip() or _LIKE_TIMES.match(lines[after]):
                break
            lines[after] = ""
        if number > 1 and lines[number - 2].strip().isdecimal():
            lines[number - 2] = ""
    return "\n".join(lines) + "\n", broken
