"""STM: one utterance a line, as NIST's scoring tools and TED-LIUM write it.

`recording channel speaker start end [<label>] words`, times in seconds, `;;` before a comment:
https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm#stm_fmt_name_0
"""

from typing import NamedTuple

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.fields import (
    named,
    number,
    of_one_recording,
    rows_of,
    sample_of,
)
from daf_core.sources.transcripts.reading.markup import plain

_NO_WORDS = "ignore_time_segment_in_scoring"
_NOBODY = frozenset({"inter_segment_gap", "excluded_region"})


class _Line(NamedTuple):
    recording: str
    channel: str
    speaker: str | None
    start_s: float
    end_s: float
    words: str
    labelled: bool


def recognises(document: Document) -> bool:
    """Whether the first lines have the fields of STM, and labels or the name of such a file: lines
    of CTM whose words are numbers look alike.
    """
    lines = [_line(row) for row in sample_of(document)]
    named_so = document.name.lower().endswith(".stm")
    return bool(lines) and all(line and (named_so or line.labelled) for line in lines)


def read(document: Document) -> Transcript:
    """Utterances of an STM text; regions that are not scored hold no words and are left out.

    Where the file holds several recordings, only the one of the file's name; others are named.

    Raises:
        BadInput: `unreadable_transcript`: several recordings, none of the file's name.
    """
    lines: list[_Line] = []
    unread: list[str] = []
    for row, text in rows_of(document.text):
        if (line := _line(text)) is None:
            unread.append(f"line {row}")
        else:
            lines.append(line)
    lines, channels, others = of_one_recording(document, lines)
    cues = [
        Cue(
            text=line.words,
            start_s=line.start_s,
            end_s=line.end_s,
            speaker=line.speaker,
            channel=channels.get(line.channel),
        )
        for line in lines
        if line.words and line.words.lower() != _NO_WORDS and line.speaker not in _NOBODY
    ]
    return Transcript(cues=cues, unread=unread + others, captions=False)


def _line(text: str) -> _Line | None:
    fields = text.split(maxsplit=5)
    if len(fields) < 5:
        return None
    start_s, end_s = number(fields[3]), number(fields[4])
    if start_s is None or end_s is None or end_s < start_s:
        return None
    rest = fields[5] if len(fields) > 5 else ""
    label, closed, words = rest.partition(">")
    labelled = bool(closed) and label.startswith("<") and " " not in label
    speaker = named(fields[2])
    return _Line(
        recording=fields[0],
        channel=fields[1],
        speaker=speaker,
        start_s=start_s,
        end_s=end_s,
        words=plain(words if labelled else rest),
        labelled=labelled,
    )
