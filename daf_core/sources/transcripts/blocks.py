"""Helpers of the readers of subtitles, whose cues are blocks of lines."""

import html
import re

_LINE_END = re.compile(r"\r\n|\r|\n")
_CLOCK = r"[\d:]*\d:\d\d[.,]\d+"
_LIKE_TIMES = re.compile(rf".*-->|\s*{_CLOCK}\s*\S{{0,8}}\s*{_CLOCK}")


def plain(text: str) -> str:
    """Text without tags, with HTML entities decoded and white space collapsed."""
    return " ".join(html.unescape(text).split())


def take_out_broken(text: str, timing: re.Pattern[str]) -> tuple[str, list[int]]:
    """Blank out the blocks whose line of times does not match `timing`.

    Returns the text, in which all lines keep their numbers, and the numbers (from 1) of the lines
    that do not match. `timing` is the pattern that the format's library reads: it would drop such a
    block silently, or add it to the text of the cue before.
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
