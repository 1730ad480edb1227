"""Lines of plain text that say when somebody speaks, and often who."""

import re
from dataclasses import dataclass

from daf_core.sources.transcripts.reading.clock import seconds
from daf_core.sources.transcripts.utterances.names import may_be_name

# Every repetition has an upper bound: no line, however long, takes more than a few steps.
_CLOCK = r"\d{1,4}:\d{1,2}(?::\d{1,2})?(?:[.,]\d{1,6})?"
_SECONDS = r"\d{1,6}[.,]\d{1,6} ?s?"
_TO = r"[ \t]{0,4}(?:-{1,2}>?|–|—|→|to|bis)[ \t]{0,4}"
_STAMP = re.compile(
    rf"(?P<open>[\[(<{{])?[ \t]{{0,4}}(?:(?P<start>{_CLOCK})(?:{_TO}(?P<end>{_CLOCK}))?"
    rf"|(?P<from>{_SECONDS}){_TO}(?P<until>{_SECONDS}))[ \t]{{0,4}}(?P<close>[\])>}}])?(?![\w:])"
)
_PARTED = re.compile(r"[ \t]{0,8}(?:[-–—|·•:]|\*\*)?[ \t]{0,8}")
_NAME = re.compile(
    r"(?P<bracket>[\[(]?)(?P<name>[^\W_][^\n\[\]()|:\t]{0,47}?)[\])]?[ \t]{0,4}[:|·•,–—-]?\s{0,8}"
)
_CLOSES = {"[": "]", "(": ")", "<": ">", "{": "}", None: None}
_MOST_CAPITALS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True)
class Mark:
    """A line with a time in seconds. heading: the line names who speaks, and the words follow on
    the next lines; named: it has words, and who says them before the time.
    """

    start_s: float
    end_s: float | None
    speaker: str | None
    words: str


def mark_of(line: str) -> Mark | None:
    """The time of a line such as `00:01 Ana: hello`, `[00:01] hello`, `Ana  0:01`, None if it has
    none. A speaker is given where the name stands before the time.
    """
    bare = line.strip().lstrip("\ufeff").strip("*#").strip()
    if (found := _stamp_at(bare, 0)) is not None:
        start_s, end_s, end = found
        words = bare[_after(bare, end) :].strip()
        return Mark(start_s, end_s, None, words)
    return _named(bare)


def heading_name(words: str) -> str | None:
    """The name that the words after a time are if they are nothing else: `Ana Lopez`,
    `- Speaker 1:`; None if they may be words.
    """
    name = words.strip("*[]()<> \t").rstrip(":").strip("* ")
    if not may_be_name(name) or name[-1] in ".?!…,;":
        return None
    capital = all(not one[:1].islower() for one in name.split())
    return name if capital else None


def _named(bare: str) -> Mark | None:
    """A line that begins with a name: `Ana  00:01`, `Ana [00:01]: hello`, `Speaker 1: (0:01) hi`."""
    found = _NAME.match(bare)
    while found is not None:
        break
    for stamp in _STAMP.finditer(bare[:120]):
        name = _NAME.fullmatch(bare[: stamp.start()])
        read = _stamp_at(bare, stamp.start())
        if name is None or read is None or heading_name(name["name"]) is None:
            return None
        start_s, end_s, end = read
        words = bare[_after(bare, end) :].strip()
        enclosed = stamp["open"] is not None
        # Times without brackets are said too: "Ana 10:30 would be better".
        if words and not enclosed:
            return None
        return Mark(start_s, end_s, heading_name(name["name"]), words)
    return None
