"""Text with a time before each turn, as Otter, Teams, Zoom, Rev and people write it.

    00:01 Ana: hello            Ana  00:01           0:01
    [00:01:02] Ana: hello       hello                hello
    Ana (00:01:02): hello       Ana [0:01]           Speaker 1 | 00:01
    [0.50s -> 2.40s] hello      [Ana] 00:00:01

Lines without a time go on with the turn above. `reading.stamps` finds the lines that have one.
"""

import re
from dataclasses import replace

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.markup import plain
from daf_core.sources.transcripts.reading.stamps import Stamp, stamps_of

_FOOTER = re.compile(r"\s{0,8}transcribed by (?:https?://)?[\w-]{1,40}\.[\w./-]{2,80}\s{0,8}", re.I)
_SAMPLE = 100_000  # characters
_LATEST_FIRST = 40  # lines of a title before the first turn
_MOST_LINES = 60  # of a turn, on average


def recognises(document: Document) -> bool:
    """Whether the first lines hold times of turns, or the very first does."""
    lines = document.text[:_SAMPLE].split("\n")
    stamps = stamps_of(lines)
    if not stamps:
        return False
    first = next(row for row, line in enumerate(lines) if line.strip())
    early = stamps[0].row <= first + _LATEST_FIRST
    often = len(lines) <= _MOST_LINES * len(stamps) + _LATEST_FIRST
    return early and often and (stamps[0].row == first or len(stamps) > 1)


def read(document: Document) -> Transcript:
    """One cue a turn, which ends where the next begins unless its line has two times.

    A time without words ends the turn before it.

    A title before the first turn, with an empty line after it, is left out as other headers are; so
    is what the tool says of itself in the last line ("Transcribed by https://otter.ai").
    """
    lines = _without_footer(document.text.split("\n"))
    stamps = stamps_of(lines)
    ends = [*(stamp.row for stamp in stamps[1:]), len(lines)]
    cues: list[Cue] = []
    for stamp, end in zip(stamps, ends, strict=True):
        cue = _cue(stamp, lines[stamp.row + 1 : end])
        if cue.text:
            cues.append(cue)
        elif cues and cues[-1].end_s is None and cues[-1].start_s != cue.start_s:
            cues[-1] = replace(cues[-1], end_s=cue.start_s)
    head = lines[: stamps[0].row]
    title = bool(head) and not head[-1].strip()
    unread = [f"line {row}" for row, line in enumerate(head, start=1) if line.strip()]
    return Transcript(cues=cues, unread=[] if title else unread, captions=False)


def _without_footer(lines: list[str]) -> list[str]:
    last = max((row for row, line in enumerate(lines) if line.strip()), default=0)
    return lines[:last] if last and _FOOTER.fullmatch(lines[last]) else lines


def _cue(stamp: Stamp, more: list[str]) -> Cue:
    """A turn: the words beside its time, and the lines below."""
    texts = (plain(line) for line in (stamp.words, *more))
    return Cue(
        text="\n".join(text for text in texts if text),
        start_s=stamp.start_s,
        end_s=stamp.end_s,
        speaker=stamp.speaker,
    )
