"""Lists of segments or words anywhere within JSON that no other reader knows.

Results that a service wraps (`{"output": {"segments": …}}`), calls of turns with sentences, lists
of results of words, JSON values one after another. The speaker may stand beside the list.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from daf_core.errors import BadInput
from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.formats.segments import headings_of, is_timed, segment
from daf_core.sources.transcripts.reading import json_lines
from daf_core.sources.transcripts.reading.headings import headings
from daf_core.sources.transcripts.reading.json_fields import Fields, read_each
from daf_core.sources.transcripts.reading.singles import grouped
from daf_core.sources.transcripts.reading.units import unit_of
from daf_core.sources.transcripts.reading.words import Word, utterances

_DEEPEST = 8
_MOST_VALUES = 100_000  # objects and lists that are looked at, each up to 30 µs
_GUESSES = ("alternatives", "nbest", "hypotheses")
_INTERIM = {"is_final": False, "final": False, "isFinal": False}
_PARTIAL = ("is_partial", "isPartial", "IsPartial", "partial")


class _Around(NamedTuple):
    """What the objects around a list say: the names that lead to it, who speaks, and where."""

    path: tuple[str, ...] = ()
    speaker: str | None = None
    recording: str | None = None


class _List(NamedTuple):
    """A list of segments."""

    around: _Around
    entries: list[Any]


def recognises(document: Document) -> bool:
    """Whether a list somewhere in the JSON holds objects with a start and text."""
    return bool(_chosen(document))


def read(document: Document) -> Transcript:
    """The cues of the lists at one path: of the outermost ones, those with most entries.

    Raises:
        BadInput: `unreadable_transcript`: the lists are of several recordings.
    """
    lists = _chosen(document)
    recordings = {one.around.recording for one in lists} - {None}
    if len(recordings) > 1:
        raise BadInput(
            "unreadable_transcript",
            f"expected segments of one recording, found those of {len(recordings)}",
        )
    entries = [entry for one in lists for entry in one.entries]
    named = headings_of(entries)
    guess = unit_of((entry for entry in entries if isinstance(entry, dict)), named)
    cues: list[Cue] = []
    unread: list[str] = []
    for number, one in enumerate(lists, start=1):
        place = "segment" if len(lists) == 1 else f"list {number}, segment"
        found, lost = read_each(one.entries, place, lambda fields: [segment(fields, named, guess)])
        cues += [replace(cue, speaker=cue.speaker or one.around.speaker) for cue in found]
        unread += lost
    if document.json is None and None in (_values(document) or []):
        unread.append("the end, which is cut or damaged")
    if "text" not in named:
        return Transcript(cues=utterances(map(Word.from_cue, cues)), unread=unread)
    return Transcript(cues=grouped(cues), unread=unread)


def _chosen(document: Document) -> list[_List]:
    """The lists of one path, which together have most entries; the first of equal ones. None in a
    document of more objects and lists than any transcript has around its segments.
    """
    by_path: dict[tuple[str, ...], list[_List]] = {}
    for one in _lists(_values(document)):
        if one is None:
            return []
        by_path.setdefault(one.around.path, []).append(one)
    return max(
        by_path.values(), key=lambda lists: sum(len(one.entries) for one in lists), default=[]
    )


def _values(document: Document) -> Any:
    return document.json if document.json is not None else json_lines.concatenated(document)


def _lists(value: Any) -> Iterator[_List | None]:
    """The outermost lists of segments, in the order of the file, without interim results and second
    guesses; None at the end where there is too much to look at.
    """
    waiting: list[tuple[_Around, Any]] = [(_Around(), value)]
    for _ in range(_MOST_VALUES):
        if not waiting:
            return
        around, inner = waiting.pop()
        children: list[tuple[_Around, Any]] = []
        if isinstance(inner, list):
            if any(isinstance(one, dict) for one in inner[:10]) and is_timed(inner):
                yield _List(around, inner)
                continue
            guesses = bool(around.path) and around.path[-1].lower() in _GUESSES
            within = around._replace(path=(*around.path, "[]"))
            children = [(within, one) for one in (inner[:1] if guesses else inner)]
        elif isinstance(inner, dict) and not _is_interim(Fields(inner)):
            children = [(_within(around, Fields(inner), name), one) for name, one in inner.items()]
        if len(around.path) < _DEEPEST:
            waiting += [pair for pair in reversed(children) if isinstance(pair[1], list | dict)]
    yield None


def _within(around: _Around, value: Fields, name: str) -> _Around:
    return _Around(
        (*around.path, name),
        _said(value, "speaker") or around.speaker,
        _said(value, "recording") or around.recording,
    )


def _is_interim(value: Fields) -> bool:
    return any(value.get(name) is said for name, said in _INTERIM.items()) or any(
        value.get(name) is True for name in _PARTIAL
    )


def _said(value: Fields, meaning: str) -> str | None:
    """Who speaks, or in which recording, by an object; "name" alone may be that of anything."""
    found = headings(name for name in value.values if name.lower() != "name").get(meaning)
    return value.label(found.name) if found else None
