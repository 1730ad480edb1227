"""Text with a time before each turn, as Otter, Teams, Zoom, Rev and people write it.

    00:01 Ana: hello            Ana  00:01           0:01
    [00:01:02] Ana: hello       hello                hello
    Ana (00:01:02): hello       Ana [0:01]           Speaker 1 | 00:01
    [0.50s -> 2.40s] hello      [Ana] 00:00:01       Ana
    0.5 2.4 SPEAKER_00 hello    hello                0:01
                                                     hello

Lines without a time go on with the turn above. `reading.stamps` finds the lines that have one.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.chat import is_chat
from daf_core.sources.transcripts.reading.markup import plain
from daf_core.sources.transcripts.reading.name_lines import (
    is_full_name,
    with_names_above,
    with_names_below,
)
from daf_core.sources.transcripts.reading.stamps import Stamp, stamps_of

_FOOTER = re.compile(r"\s{0,8}transcribed by (?:https?://)?[\w-]{1,40}\.[\w./-]{2,80}\s{0,8}", re.I)
_STOPPED = re.compile(r"\s{0,8}(\S[^\n]{0,60}) stopped (?:transcription|recording)\s{0,8}")
_SPOKEN = re.compile(
    r"(?:(\d{1,3}) hours?)?,? ?(?:(\d{1,3}) minutes?)?,? ?(?:(\d{1,3}) seconds?)?", re.I
)
_SAMPLE = 100_000  # characters
_LATEST_FIRST = 40  # lines of a title before the first turn
_MOST_LINES = 60  # of a turn, on average


def recognises(document: Document) -> bool:
    """Whether the first lines hold times of turns, or the very first does."""
    lines = document.in_seconds[:_SAMPLE].split("\n")
    stamps = stamps_of(lines)
    if not stamps or is_chat(document.text):
        return False
    first = next(row for row, line in enumerate(lines) if line.strip())
    early = stamps[0].row <= first + _LATEST_FIRST
    often = len(lines) <= _MOST_LINES * len(stamps) + _LATEST_FIRST
    return early and often and (stamps[0].row == first or len(stamps) > 1)


def read(document: Document) -> Transcript:
    """One cue a turn, which ends where the next begins unless its line has two times.

    A time without words ends the turn before it.

    A title before the first turn, with an empty line after it, is left out as other headers are; so
    is what the tool says in the last line ("Transcribed by https://otter.ai"), and a time
    that stands there twice ("0:05" and "5 seconds").
    """
    lines = _without_footer(document.in_seconds.split("\n"))
    stamps = stamps_of(lines)
    _take_out_spoken_times(lines, stamps)
    ends = [*(stamp.row for stamp in stamps[1:]), len(lines)]
    turns = [
        _cue(stamp, lines[stamp.row + 1 : end]) for stamp, end in zip(stamps, ends, strict=True)
    ]
    head = lines[: stamps[0].row]
    last = max((row for row, line in enumerate(head) if line.strip()), default=0)
    named = with_names_above(turns, plain(head[last])) if head else None
    if named:
        head = [*head[:last], ""] if last and not head[last - 1].strip() else head[:last]
    title = bool(head) and not head[-1].strip()
    unread = [f"line {row}" for row, line in enumerate(head, start=1) if line.strip()]
    cues = _with_ends(named or with_names_below(turns))
    return Transcript(cues=cues, unread=[] if title else unread, captions=False)


def _with_ends(turns: list[Cue]) -> list[Cue]:
    """The turns that have words; one without ends the turn before it."""
    cues: list[Cue] = []
    for cue in turns:
        if cue.text:
            cues.append(cue)
        elif cues and cues[-1].end_s is None and cues[-1].start_s != cue.start_s:
            cues[-1] = replace(cues[-1], end_s=cue.start_s)
    return cues


def _take_out_spoken_times(lines: list[str], stamps: Sequence[Stamp]) -> None:
    """Empty the lines beside a time that say the same time in words, for those who hear a page."""
    for stamp in stamps:
        for row in (stamp.row - 1, stamp.row + 1):
            line = lines[row].strip() if 0 <= row < len(lines) else ""
            found = _SPOKEN.fullmatch(line) if line else None
            if found and any(found.groups()):
                hours, minutes, rest = (int(part or 0) for part in found.groups())
                if hours * 3600 + minutes * 60 + rest == int(stamp.start_s):
                    lines[row] = ""


def _without_footer(lines: list[str]) -> list[str]:
    last = max((row for row, line in enumerate(lines) if line.strip()), default=0)
    stopped = _STOPPED.fullmatch(lines[last])
    footer = _FOOTER.fullmatch(lines[last]) or (stopped and is_full_name(stopped[1]))
    return lines[:last] if last and footer else lines


def _cue(stamp: Stamp, more: list[str]) -> Cue:
    """A turn: the words beside its time, and the lines below."""
    texts = (plain(line) for line in (stamp.words, *more))
    return Cue(
        text="\n".join(text for text in texts if text),
        start_s=stamp.start_s,
        end_s=stamp.end_s,
        speaker=stamp.speaker,
    )
