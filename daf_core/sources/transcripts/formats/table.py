"""Tables of cues with times: CSV, TSV, semicolons or bars, with names in the first row.

`headings` says which names are a start, an end, text, a speaker. Times are seconds, clock times, or
milliseconds where the name says it or `units` finds it: whisper's .tsv is in milliseconds.
"""

import re
from typing import NamedTuple

from daf_core.errors import BadInput
from daf_core.sources.table_start import MOST_TITLES, said_separator, titles_before
from daf_core.sources.table_types import shown_columns
from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.formats.segments import segment
from daf_core.sources.transcripts.reading import one_recording, times
from daf_core.sources.transcripts.reading.headings import Headings, headings
from daf_core.sources.transcripts.reading.json_fields import Fields, Unreadable
from daf_core.sources.transcripts.reading.language import language_tag
from daf_core.sources.transcripts.reading.table_lines import Row, cells_of, rows_of
from daf_core.sources.transcripts.reading.units import unit_of
from daf_core.sources.transcripts.reading.words import Word, utterances
from daf_core.spreadsheet import unescaped

_DELIMITERS = ("\t", ",", ";", "|")
_LONGEST_HEAD = 2_000
_WORDS = frozenset({"text", "word"})
_MISSING = re.compile(r"\s*(?:nan|na|n/a|null|none|<na>|#n/a|\\n)?\s*", re.IGNORECASE)


def recognises(document: Document) -> bool:
    """Whether the first row names a start and text, with an end, a duration or a speaker."""
    return _head(document) is not None


def read(document: Document) -> Transcript:
    """One cue per row; rows of words are grouped into utterances.

    Raises:
        BadInput: `unreadable_transcript`: the rows are of several recordings, or no row has a time.
    """
    head = _head(document)
    assert head is not None
    lines = document.in_seconds.split("\n")
    named = headings(head.names)
    rows, unread = _read_rows(rows_of(lines, head.line + 1, head.delimiter, head.names), named)
    recording = named.get("recording")
    guess = unit_of((row.fields.values for row in rows), named)
    chosen, others = one_recording.choose(
        [recording and row.fields.get(recording.name) for row in rows], document.name
    )
    cues: list[Cue] = []
    for number in chosen:
        try:
            cues.append(segment(rows[number].fields, named, guess))
        except Unreadable:
            unread.append(rows[number].place)
    if not cues:
        _check_starts([rows[number] for number in chosen], named)
    if "text" not in named:
        cues = utterances(map(Word.from_cue, cues))
    named_language = named.get("language")
    value = named_language and rows and rows[0].fields.get(named_language.name)
    return Transcript(cues=cues, unread=unread + others, language=language_tag(value))


def _check_starts(rows: list[Row], named: Headings) -> None:
    """Check that rows of which none is a cue do not all begin at what is no time."""
    name = named["start"].name
    starts = [row.fields.get(name) for row in rows]
    if starts and all(start and times.seconds(start) is None for start in starts):
        raise BadInput(
            "unreadable_transcript",
            f"{shown_columns([name])}: expected seconds since the start of the recording, such as "
            f"62.5, or a clock that starts with it, such as 00:01:02.5, found other cells in all "
            f"{len(rows)} rows; subtract the start of the recording from times of day",
        )


def by_recording(document: Document) -> tuple[dict[str, str], list[str]]:
    """Recording → a table of its rows, and the places of rows that name none; both empty where no
    column names recordings.
    """
    head = _head(document)
    if head is None or (named := headings(head.names).get("recording")) is None:
        return {}, []
    lines = document.text.split("\n")
    rows = rows_of(lines, head.line + 1, head.delimiter, head.names)
    starts = [int(row.place.removeprefix("line ")) - 1 for row in rows]
    found: dict[str, list[str]] = {}
    nameless = []
    for row, start, end in zip(rows, starts, [*starts[1:], len(lines)], strict=True):
        if isinstance(name := row.fields.values.get(named.name), str) and name.strip():
            found.setdefault(name.strip(), lines[: head.line + 1]).extend(lines[start:end])
        else:
            nameless.append(row.place)
    return {name: "\n".join(own) for name, own in found.items()}, nameless


def _read_rows(rows: list[Row], named: Headings) -> tuple[list[Row], list[str]]:
    """The rows that have the cells of the head, those that mean nothing as null, without the
    apostrophe that keeps a spreadsheet from running them; and the others.
    """
    texts = {named[meaning].name for meaning in ("text", "word") if meaning in named}
    found, unread = [], []
    for row in rows:
        if not row.fields.values:
            unread.append(row.place)
            continue
        cells = {
            name: None if name not in texts and _MISSING.fullmatch(cell) else unescaped(cell)
            for name, cell in row.fields.values.items()
        }
        found.append(Row(row.place, Fields(cells)))
    return found, unread


class _Head(NamedTuple):
    """The first row: its line from 0, what separates its cells, and these."""

    line: int
    delimiter: str
    names: list[str]


def _head(document: Document) -> _Head | None:
    """The row of names, None if there is none that names cues. A line "sep=;" is before it, and
    titles may be.
    """
    start = document.text[: 2 * _LONGEST_HEAD]
    said, rest = said_separator(start)
    before = start[: len(start) - len(rest)].count("\n")
    lines = [line[:_LONGEST_HEAD] for line in rest.lstrip("\ufeff").split("\n")]
    filled = [number for number, line in enumerate(lines) if line.strip()][: MOST_TITLES + 1]
    for delimiter in _DELIMITERS if said is None else (said,):
        rows = [[name.strip() for name in cells_of(lines[number], delimiter)] for number in filled]
        titles = titles_before(rows)
        if rows and _names_cues(rows[titles]):
            return _Head(before + filled[titles], delimiter, rows[titles])
    return None


def _names_cues(names: list[str]) -> bool:
    found = headings(names).keys()
    return "start" in found and bool(found & _WORDS and found & {"end", "duration", "speaker"})
