"""Helpers of the readers of subtitles, whose cues are a line of times and lines of text."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.reading.clock import seconds
from daf_core.sources.transcripts.reading.markup import voices

# Every repetition has an upper bound: no line, however long, takes more than a few steps.
_CLOCK = r"\d{1,8}(?: ?: ?\d{1,3}){0,3}(?: ?[.,] ?\d{1,8})?"
_TIMES = re.compile(
    rf"[ \t]{{0,8}}(?:\d{{1,7}}[ \t]{{1,8}})?[\[(]?({_CLOCK})"
    rf"([^\w\[\]:]{{1,12}}|[ \t]{{0,4}}--&gt;[ \t]{{0,4}})({_CLOCK})[\])]?(?![\w:,.])"
)
_ARROWS = (">", "→", "&gt;")
_SETTING = re.compile(r"(?:align|position|line|size|vertical|region|[XY][12]):\S*", re.IGNORECASE)


@dataclass(frozen=True)
class Times:
    """A line of two times in seconds; `rest` is the text that follows on the same line."""

    start_s: float
    end_s: float
    rest: str


@dataclass(frozen=True)
class Block:
    """The lines from one line of times to the next; `times` None: that line cannot be read.

    number: of the line of times, from 1; 0 for the lines before the first. lines: those after it.
    """

    number: int
    times: Times | None
    lines: list[str]


def arrow_times(line: str) -> Times | None:
    """The times of a line such as `00:00:01,000 --> 00:00:02.000 align:start`, None if it has none.

    Tools write commas and points, more or fewer digits, other arrows, a number before, text after.
    """
    found = _TIMES.match(line) if ":" in line or "-->" in line else None
    if found is None:
        return None
    first, between, second = found.groups()
    rest = line[found.end() :].strip()
    if not any(arrow in between for arrow in _ARROWS) and (
        rest or min(first.count(":"), second.count(":")) < 2
    ):
        return None  # words such as "10:30, 11:30"
    start_s, end_s = (seconds(time.replace(" ", "")) for time in (first, second))
    in_seconds = all("." in time or "," in time for time in (first, second)) and "-->" in between
    if start_s is None or end_s is None or "-->" in rest:
        return None
    if ":" not in first + second and not in_seconds:
        return None
    settings = all(_SETTING.fullmatch(word) for word in rest.split())
    return Times(start_s, end_s, "" if settings else rest)


def split(
    lines: list[str],
    times_of: Callable[[str], Times | None],
    looks_like_times: Callable[[str], bool],
) -> Iterator[Block]:
    """Cut a text at its lines of times; the first block holds what is before the first of them."""
    block = Block(0, None, [])
    for number, line in enumerate(lines, start=1):
        times = times_of(line)
        if times is None and not looks_like_times(line):
            block.lines.append(line)
            continue
        yield block
        block = Block(number, times, [times.rest] if times and times.rest else [])
    yield block


def has_arrow(line: str) -> bool:
    """Whether a line should be one of times: "-->" stands for nothing else in subtitles."""
    return "-->" in line


def without_number(lines: list[str]) -> list[str]:
    """`lines` without the number of the next cue, which is the last of them."""
    return lines[:-1] if lines and _is_number(lines[-1]) else lines


def cues_of(times: Times, raw: str) -> list[Cue]:
    """The cues of one block: one for every voice that speaks in it, with the same times."""
    return [
        Cue(text=text, start_s=times.start_s, end_s=times.end_s, speaker=speaker)
        for speaker, text in voices(raw)
    ]


def _is_number(line: str) -> bool:
    """Whether a line is the number of a cue, as damaged as tools leave it: `12`, `#12`, `12.`"""
    digits = line.strip().strip("#.:)")
    return digits.isdecimal() and len(digits) < 10
