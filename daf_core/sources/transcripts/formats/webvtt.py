"""WebVTT (.vtt), as the standard and as tools write it: `<v Name>` says who speaks.

https://www.w3.org/TR/webvtt1/
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from daf_core.errors import BadInput
from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.blocks import (
    Block,
    arrow_times,
    cues_of,
    has_arrow,
    split,
    without_number,
)
from daf_core.sources.transcripts.reading.name_lines import with_names_below

_NO_CUES = ("NOTE", "STYLE", "REGION")
_NO_WORDS = re.compile(r"\S{1,500}\.(?:jpe?g|png|webp|gif)(?:[#?]\S{0,200})?\Z|\{\s{0,40}\"", re.I)
_WEBEX = re.compile(r'\d{1,7} "([^"]{1,80})" \(\d{0,20}\)\s{0,8}')
_MOSTLY = 0.9  # of the cues
_MARK = "WEBVTT"


def recognises(document: Document) -> bool:
    """Whether the text starts with WEBVTT."""
    return document.text[:200].lstrip("\ufeff \t\n").upper().startswith(_MARK)


def read(document: Document) -> Transcript:
    """Cues of a WebVTT text.

    A cue in which two voices speak becomes two cues with the same times. Webex names the speaker in
    the identifier of a cue: `1 "Ana Lopez" (123456)`.

    Raises:
        BadInput: `unreadable_transcript`: the cues hold what a player shows or runs, and no words.
    """
    lines = document.text.split("\n")
    cues: list[Cue] = []
    unread: list[str] = []
    for block in split(lines, arrow_times, has_arrow):
        words, after = _parts(block)
        if block.times is not None:
            found = cues_of(block.times, "\n".join(words))
            who = _WEBEX.fullmatch(lines[block.number - 2]) if block.number > 1 else None
            cues += [replace(cue, speaker=cue.speaker or (who and who[1])) for cue in found]
        elif block.number:
            unread.append(f"line {block.number}")
        unread += [f"line {number}" for number in _without_times(lines, after)]
    if cues and sum(_NO_WORDS.match(cue.text) is not None for cue in cues) >= _MOSTLY * len(cues):
        raise BadInput(
            "unreadable_transcript", "expected words, found names of pictures, or JSON, in the cues"
        )
    return Transcript(cues=with_names_below(cues), unread=unread, language=_language(lines))


def _parts(block: Block) -> tuple[list[str], range]:
    """The lines of a block's words, and the numbers of the lines after them.

    Only an empty line ends a cue: YouTube writes lines of one blank into cues. The identifier of
    the next cue is no part of either.
    """
    lines = without_number(block.lines)
    if len(lines) == len(block.lines) > 1 and lines[-1] and not lines[-2]:
        lines = lines[:-1] if not lines[-1].startswith(_NO_CUES) else lines
    end = lines.index("") if "" in lines else len(lines)
    rest_is_line = bool(block.times and block.times.rest)
    first = block.number + 1 - rest_is_line
    return lines[:end], range(first + end, first + len(lines))


def _without_times(lines: list[str], numbers: range) -> Iterator[int]:
    """Numbers of the lines at which a block starts that should be a cue but has no times."""
    before = ""
    for number in numbers:
        line = lines[number - 1].strip()
        if line and not before and not line.startswith(_NO_CUES):
            yield number
        before = line


def _language(lines: list[str]) -> str | None:
    """The language that the header (YouTube) or a note at the top (Teams) names."""
    for line in lines[:20]:
        key, _, value = line.removeprefix("NOTE ").partition(":")
        if key.strip().lower() == "language" and value.strip():
            return value.strip()
    return None
