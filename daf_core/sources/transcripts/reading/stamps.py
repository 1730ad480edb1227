"""Lines of a text that hold the time of a turn, in the way that most such lines of it do."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from daf_core.sources.transcripts.reading.clock import seconds
from daf_core.sources.transcripts.reading.name_lines import is_full_name
from daf_core.sources.transcripts.utterances.names import may_be_name

_TIME = r"\d{1,3}:[0-5]?\d(?::[0-5]?\d)?(?:[.,]\d{1,6})?"
_RANGE = rf"({_TIME})(?:[ \t]{{0,3}}(?:-{{1,3}}>?|–|—|to)[ \t]{{0,3}}({_TIME}))?"
_OPEN, _CLOSE = r"(?:([\[(<{])[ \t]?)?", r"(?:[ \t]?([\])>}]))?"
_STAMP = rf"{_OPEN}{_RANGE}{_CLOSE}(?![\w/%]|:\d)(?![ \t]?[AaPp]\.?[Mm]\b)"
_FIRST = re.compile(rf"[ \t]{{0,8}}{_STAMP}(?:[ \t]{{0,4}}[-–—|:])?(?:[ \t]{{1,8}}(.*)|(\S.*)?)$")
_NAME = r"[ \t]{0,8}([^\W\d_][^\[\](){}<>|:\t]{0,58}?)"
_BETWEEN = r"([ \t]{0,8}(?:[-–—|:,@]|at(?=[ \t]))?[ \t]{0,8})"
_LAST = re.compile(rf"{_NAME}{_BETWEEN}{_STAMP} {{0,4}}(:?)(.*)$")
_IN_BRACKETS = re.compile(r"\s{0,8}[\[(]([^\W\d_][^\[\]()]{0,80})[\])]:?\s{0,8}")  # [Ana 00:01]
_NAME_IN_BRACKETS = re.compile(r"\s{0,8}\[([^\W\d_][^\[\]()|:\t]{0,58})\][ \t]{0,8}(?=\d)")  # Zoom
_SECONDS = r"(\d{1,6}[.,]\d{1,6}) ?s?"
_TO = r"[ \t]{0,3}(?:-{1,2}>?|–|—|→|to)[ \t]{0,3}"
_IN_SECONDS = re.compile(rf"[ \t]{{0,8}}\[[ \t]?{_SECONDS}{_TO}{_SECONDS}[ \t]?\](.*)$")
_PAIR = re.compile(r"[ \t]{0,8}(\d{1,6}\.\d{1,6})s?[ \t]{1,4}(\d{1,6}\.\d{1,6})s?[ \t]{1,4}(\S.*)$")
_LONGEST = 300  # characters of a line before its time ends
_MOST_WORDS = 5


@dataclass(frozen=True)
class Stamp:
    """The time of a turn: `row` of its line, from 0, and the words beside it.

    end_s, speaker: None where the line names none. style: how it is written.
    """

    row: int
    start_s: float
    end_s: float | None
    speaker: str | None
    words: str
    style: str


def stamps_of(lines: Sequence[str]) -> list[Stamp]:
    """The stamps of a text, in order: those of the style that most have.

    A time that is later than the next one is part of what is said ("10:30 is fine"), unless the
    next one goes back before the time that came before both.
    """
    found = [
        stamp for row, line in enumerate(lines) if (stamp := _stamp(row, line, _before(lines, row)))
    ]
    if not found:
        return []
    styles = Counter(stamp.style for stamp in found)
    usual = max(styles, key=lambda style: styles[style])
    stamps = _in_order([stamp for stamp in found if stamp.style == usual])
    return _with_headings(stamps, lines)


def _before(lines: Sequence[str], row: int) -> str:
    return lines[row - 1].strip() if row else ""


def _stamp(row: int, line: str, before: str) -> Stamp | None:
    head = line.lstrip("\ufeff").replace("**", "")
    if not any(one.isdigit() for one in head[:_LONGEST]):
        return None
    if found := _IN_SECONDS.match(head):
        start, end, words = found.groups()
        return _made(row, start, end, None, words, "in seconds")
    if (found := _PAIR.match(head)) and float(found[1]) <= float(found[2]):
        return _made(row, found[1], found[2], None, found[3], "two numbers")
    if found := _FIRST.match(head):
        opened, start, end, closed, spaced, close = found.groups(default="")
        if (close and not closed) or not _paired(opened, closed):
            return None
        name, tab, words = (spaced or close).partition("\t")
        speaker = name.strip() if tab and words.strip() and _is_name(name) else None
        words = words if speaker else spaced or close
        return _made(row, start, end, speaker, words, f"first {opened}{closed}")
    if bracketed := _IN_BRACKETS.fullmatch(head[:_LONGEST]):
        return _after_name(row, bracketed[1], "")
    head = _NAME_IN_BRACKETS.sub(r"\1  ", head, count=1)
    return _after_name(row, head, before)


def _after_name(row: int, head: str, before: str) -> Stamp | None:
    """The stamp of a line that begins with the speaker's name."""
    if (found := _LAST.match(head[:_LONGEST])) is None:
        return None
    name, between, opened, start, end, closed, _, words = found.groups(default="")
    if not _paired(opened, closed) or not _is_name(name):
        return None
    if not opened:  # words with a time in them: "come at 10:30"
        of_a_table = "\t" in between and words[:1] == "\t"
        apart = len(between) > 1 or "\t" in between or not before or is_full_name(name)
        if not of_a_table and (words.strip() or not apart):
            return None
    words += head[_LONGEST:]
    return _made(row, start, end, " ".join(name.split()), words, f"last {opened}{closed}")


def _paired(opened: str, closed: str) -> bool:
    return f"{opened}{closed}" in ("", "[]", "()", "<>", "{}")


def _is_name(text: str) -> bool:
    words = text.split()
    return len(words) <= _MOST_WORDS and words[0][:1].isupper() and may_be_name(text)


def _made(
    row: int, start: str, end: str, speaker: str | None, words: str, style: str
) -> Stamp | None:
    start_s = seconds(start)
    if start_s is None:
        return None
    end_s = seconds(end) if end else None
    return Stamp(row, start_s, end_s, speaker, words.strip(), style)


def _in_order(stamps: list[Stamp]) -> list[Stamp]:
    """Without the times that words say: later than the next, which goes on from the one before."""
    kept: list[Stamp] = []
    for stamp in stamps:
        while kept and kept[-1].start_s > stamp.start_s and _goes_on(kept, stamp):
            kept.pop()
        kept.append(stamp)
    return kept


def _goes_on(kept: list[Stamp], stamp: Stamp) -> bool:
    return len(kept) > 1 and kept[-2].start_s <= stamp.start_s


def _with_headings(stamps: list[Stamp], lines: Sequence[str]) -> list[Stamp]:
    """Names after the time, `00:01 Ana`, with the words below: where most lines have such."""
    named = [stamp for stamp in stamps if _is_heading(stamp, lines)]
    if 2 * len(named) <= len(stamps):
        return stamps
    rows = {stamp.row for stamp in named}
    return [
        replace(one, speaker=one.words.rstrip(" :"), words="") if one.row in rows else one
        for one in stamps
    ]


def _is_heading(stamp: Stamp, lines: Sequence[str]) -> bool:
    below = lines[stamp.row + 1].strip() if stamp.row + 1 < len(lines) else ""
    return stamp.speaker is None and bool(below) and is_full_name(stamp.words.rstrip(" :"))
