"""CTM: one recognized word a line, as NIST, Kaldi and NeMo write it.

`recording channel start duration word [confidence [type [speaker]]]`, times in seconds, `;;` before
a comment: https://github.com/usnistgov/SCTK/blob/master/doc/infmts.htm#ctm_fmt_name_0
"""

from typing import NamedTuple

from daf_core.sources.transcripts.cue import Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.fields import (
    named,
    number,
    of_one_recording,
    rows_of,
    sample_of,
)
from daf_core.sources.transcripts.reading.words import Word, utterances

_NO_WORDS = frozenset({"<eps>", "<sil>", "sil", "<s>", "</s>", "<silence>", "!sil"})
_NO_SPEECH = "non-lex"
_ALTERNATIVES = ("<ALT_BEGIN>", "<ALT>", "<ALT_END>")


class _Line(NamedTuple):
    recording: str
    channel: str
    start_s: float
    end_s: float
    word: str
    confidence: float | None
    kind: str
    speaker: str | None


def recognises(document: Document) -> bool:
    """Whether the first lines have the fields of CTM."""
    sample = [line.split() for line in sample_of(document)]
    return bool(sample) and all(_line(fields) or fields[4:5] in _MARKS for fields in sample)


_MARKS = [[mark] for mark in _ALTERNATIVES]


def read(document: Document) -> Transcript:
    """Words of a CTM text, as utterances. Of alternatives the first is taken.

    Where the file holds several recordings, only the one of the file's name; others are named.

    Raises:
        BadInput: `unreadable_transcript`: several recordings, none of the file's name.
    """
    lines: list[_Line] = []
    unread: list[str] = []
    alternative = 0
    for row, text in rows_of(document.text):
        fields = text.split()
        if fields[4:5] in _MARKS:
            alternative = 0 if fields[4] == "<ALT_END>" else alternative + 1
        elif (line := _line(fields)) is None:
            unread.append(f"line {row}")
        elif alternative < 2:
            lines.append(line)
    lines, channels, others = of_one_recording(document, lines)
    cues = [
        cue
        for channel in sorted({line.channel for line in lines})
        for cue in utterances(
            _word(line, channels)
            for line in lines
            if line.channel == channel
            and line.word.lower() not in _NO_WORDS
            and line.kind != _NO_SPEECH
        )
    ]
    return Transcript(cues=cues, unread=unread + others)


def _line(fields: list[str]) -> _Line | None:
    if not 5 <= len(fields) <= 9:
        return None
    start_s, duration_s = number(fields[2]), number(fields[3])
    if start_s is None or duration_s is None:
        return None
    confidence = number(fields[5]) if len(fields) > 5 else None
    return _Line(
        recording=fields[0],
        channel=fields[1],
        start_s=start_s,
        end_s=round(start_s + duration_s, 6),
        word=fields[4],
        confidence=confidence if confidence is not None and confidence <= 1 else None,
        kind=fields[6] if len(fields) > 6 else "lex",
        speaker=named(fields[7]) if len(fields) > 7 else None,
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
