"""Cues written as WebVTT, SubRip, JSON Lines and CSV, with scores where there are any.

What is written is read again to the same cues, as far as the format holds them: WebVTT and SubRip
have milliseconds and no channel or confidence, and need times; SubRip has no scores.
"""

import csv
import html
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from daf_core.decimals import decimals
from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.reading.blocks import arrow_times
from daf_core.spreadsheet import escaped

Score = float | str | None
_LINE_BREAK = re.compile(r"\\(?=[Nn])")  # of players that know \N
_OVERRIDE = re.compile(r"\{(?=\\)")  # {\an8}
_TAG = re.compile(r"<(?=[A-Za-z/\d:.,|])")


@dataclass(frozen=True)
class WrittenCue:
    """A cue with its scores by column, such as sentiment and polarity; empty without scores."""

    cue: Cue
    scores: Mapping[str, Score] = field(default_factory=dict)

    @property
    def is_timed(self) -> bool:
        """Whether the cue has a start, and an end after it: subtitles need both."""
        start_s, end_s = self.cue.start_s, self.cue.end_s
        return start_s is not None and end_s is not None and _ms(start_s) < _ms(end_s)


def webvtt(cues: Iterable[WrittenCue]) -> str:
    """WebVTT: the speaker is a voice span; scores are in a NOTE before the cue, which no player
    shows.
    """
    blocks = ["WEBVTT\n"]
    for one in filter(lambda one: one.is_timed, cues):
        if one.scores:
            blocks.append(f"NOTE {_note(one.scores)}\n")
        speaker = _one_line(one.cue.speaker or "")
        voice = f"<v {_name(speaker)}>" if speaker else ""
        text = _hidden(_one_line(one.cue.text), _escaped)
        blocks.append(f"{_times(one.cue, '.')}\n{voice}{text}\n")
    return "\n".join(blocks)


def subrip(cues: Iterable[WrittenCue]) -> str:
    """SubRip: the speaker is before the words, as `Name: `; comments do not exist, nor scores.

    Players show entities such as &amp; as they are, so that characters are escaped only where they
    would be taken for something else.
    """
    blocks = []
    for number, one in enumerate(filter(lambda one: one.is_timed, cues), start=1):
        words = _one_line(one.cue.text)
        speaker = _one_line(one.cue.speaker or "")
        text = f"{speaker}: {words}".strip() if speaker else words
        text = _hidden(text, _for_subrip)
        blocks.append(f"{number}\n{_times(one.cue, ',')}\n{text}\n")
    return "\n".join(blocks)


def json_lines(cues: Iterable[WrittenCue]) -> str:
    """JSON Lines: start_s, end_s, speaker, channel, confidence, text, then the scores."""
    rows = ({k: v for k, v in _row(one).items() if v is not None} for one in cues)
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)


def csv_table(cues: Iterable[WrittenCue]) -> str:
    """CSV with a row of names: the columns of `json_lines`, those without values left out. An
    apostrophe comes before text that a spreadsheet would take for a formula.
    """
    rows = [_row(one) for one in cues]
    always = ("start_s", "end_s", "speaker", "text")
    names = [
        name
        for name in dict.fromkeys(name for row in rows for name in row)
        if name in always or any(row.get(name) is not None for row in rows)
    ]
    sink = io.StringIO()
    writer = csv.DictWriter(sink, names or always, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(
        {name: escaped(one) if isinstance(one, str) else one for name, one in row.items()}
        for row in rows
    )
    return sink.getvalue()


# Name of a format, and suffix of its files → what writes it.
WRITERS: dict[str, Callable[[Iterable[WrittenCue]], str]] = {
    "vtt": webvtt,
    "srt": subrip,
    "jsonl": json_lines,
    "csv": csv_table,
}
NEED_TIMES = ("vtt", "srt")
WITHOUT_SCORES = ("srt",)


def _row(one: WrittenCue) -> dict[str, Score]:
    cue = one.cue
    return {
        "start_s": cue.start_s,
        "end_s": cue.end_s,
        "speaker": cue.speaker,
        "channel": cue.channel,
        "confidence": cue.confidence,
        "text": _one_line(cue.text),
        **one.scores,
    }


def _note(scores: Mapping[str, Score]) -> str:
    known = {name: value for name, value in scores.items() if value is not None}
    shown = (
        f"{name} {decimals(value, 2, sign=True)}" if isinstance(value, float) else f"{name} {value}"
        for name, value in known.items()
    )
    return _one_line(", ".join(shown)).replace("-->", "→")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str) -> str:
    return html.escape(text, quote=False)


def _name(speaker: str) -> str:
    """A name within `<v >`, whose end would make an arrow of two dashes before it."""
    name = _hidden(speaker, _escaped)
    return f"{name[:-1]}&#45;" if name.endswith("--") else name


def _for_subrip(text: str) -> str:
    if html.unescape(text) != text:
        text = text.replace("&", "&amp;")
    return _TAG.sub("&lt;", text).replace("-->", "--&gt;")


def _hidden(text: str, escape: Callable[[str], str]) -> str:
    """Escaped text in which players find no times, no line breaks and no commands of their own."""
    if "-->" in text or arrow_times(text):  # also for readers that unescape first
        text, first = text[1:], f"&#{ord(text[0])};"
    else:
        first = ""
    return first + _OVERRIDE.sub("&#123;", _LINE_BREAK.sub("&#92;", escape(text)))


def _times(cue: Cue, point: str) -> str:
    assert cue.start_s is not None
    assert cue.end_s is not None
    return f"{_clock(cue.start_s, point)} --> {_clock(cue.end_s, point)}"


def _clock(time_s: float, point: str) -> str:
    minutes, ms = divmod(_ms(time_s), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{ms // 1000:02}{point}{ms % 1000:03}"


def _ms(time_s: float) -> int:
    return max(0, round(time_s * 1000))
