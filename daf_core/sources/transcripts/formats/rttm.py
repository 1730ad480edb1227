"""RTTM: who speaks when, one turn a line, and the words where LEXEME lines give them.

`SPEAKER recording channel start duration <NA> <NA> speaker [confidence [lookahead]]`, times in
seconds: NIST's Rich Transcription 2009 evaluation plan, appendix A.
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
from daf_core.sources.transcripts.reading.words import Word, utterances

_TURN, _WORD = "SPEAKER", "LEXEME"
_OTHERS = frozenset({
    "SEGMENT", "NOSCORE", "NO_RT_METADATA", "NON-LEX", "NON-SPEECH", "FILLER", "EDIT", "IP", "SU",
    "CB", "A/P", "SPKR-INFO",
})  # fmt: skip


class _Line(NamedTuple):
    kind: str
    recording: str
    channel: str
    start_s: float
    end_s: float
    word: str
    speaker: str | None
    confidence: float | None


def recognises(document: Document) -> bool:
    """Whether the first lines have the fields of RTTM, and one of them is a turn or a word."""
    kinds = set()
    for line in sample_of(document):
        fields = line.split()
        kinds.add(fields[0] if len(fields) >= 8 or fields[0] in _OTHERS else "")
    return bool(kinds & {_TURN, _WORD}) and kinds <= {_TURN, _WORD, "", *_OTHERS}


def read(document: Document) -> Transcript:
    """Turns of an RTTM text, as cues without words; with LEXEME lines the utterances that they say.

    Where the file holds several recordings, only the one of the file's name; others are named.

    Raises:
        BadInput: `unreadable_transcript`: several recordings, none of the file's name.
    """
    lines: list[_Line] = []
    unread: list[str] = []
    for row, text in rows_of(document.text):
        fields = text.split()
        if fields[0] in _OTHERS:
            continue
        line = _line(fields)
        if line is None:
            unread.append(f"line {row}")
        else:
            lines.append(line)
    lines, channels, others = of_one_recording(document, lines)
    words = [_word(line, channels) for line in lines if line.kind == _WORD]
    turns = [_turn(line, channels) for line in lines if line.kind == _TURN]
    return Transcript(cues=utterances(words) if words else turns, unread=unread + others)


def _line(fields: list[str]) -> _Line | None:
    if fields[0] not in (_TURN, _WORD) or len(fields) < 8:
        return None
    start_s, duration_s = number(fields[3]), number(fields[4])
    if start_s is None or duration_s is None:
        return None
    confidence = number(fields[8]) if len(fields) > 8 else None
    return _Line(
        kind=fields[0],
        recording=fields[1],
        channel=fields[2],
        start_s=start_s,
        end_s=round(start_s + duration_s, 6),
        word=fields[5],
        speaker=named(fields[7]),
        confidence=confidence if confidence is not None and confidence <= 1 else None,
    )


def _turn(line: _Line, channels: dict[str, int]) -> Cue:
    return Cue(
        text="",
        start_s=line.start_s,
        end_s=line.end_s,
        speaker=line.speaker,
        channel=channels.get(line.channel),
    )


def _word(line: _Line, channels: dict[str, int]) -> Word:
    return Word(
        text=line.word,
        start_s=line.start_s,
        end_s=line.end_s,
        speaker=line.speaker,
        channel=channels.get(line.channel),
        confidence=line.confidence,
    )
