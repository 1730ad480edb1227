"""JSON lists of segments in no format of a name: objects with a start, text and often a speaker.

The list is the document, or is under `segments`, `utterances`, `results` or a like name, or is JSON
Lines, one segment a line. `headings` says which names mean what, `units` tells milliseconds.
"""

from collections.abc import Sequence
from typing import Any

from daf_core.errors import BadInput
from daf_core.sources.no_words import says_no_words
from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading import json_lines, one_recording
from daf_core.sources.transcripts.reading.headings import Heading, Headings, headings
from daf_core.sources.transcripts.reading.json_fields import Fields, Unreadable, read_each
from daf_core.sources.transcripts.reading.language import language_tag
from daf_core.sources.transcripts.reading.units import unit_of
from daf_core.sources.transcripts.reading.words import Word, cue_of, utterances

_LISTS = (
    *("segments", "utterances", "results", "transcript", "transcription", "cues", "captions"),
    *("sentences", "phrases", "monologues", "entries", "items", "data", "result", "words"),
)
_OF_SPEECH = ("segments", "utterances", "transcription", "chunks", "monologues")
_BESIDE = {"text", "language", "duration", "result", "full_transcript"}
_OF_ENTITIES = {"entity", "entity_group", "labels"}
_LOOKED_AT = 100  # entries, for the names that they have


def recognises(document: Document) -> bool:
    """Whether half of the first entries of a list or more are objects with a start and text; or a
    list by the name of such a list is empty, as nothing was said.
    """
    found = _list_of(document)
    if found is not None and is_timed(found):
        return True
    value = document.json
    if found or not isinstance(value, dict):
        return False
    return bool(value.keys() & _BESIDE) and any(value.get(name) == [] for name in _OF_SPEECH)


def read(document: Document) -> Transcript:
    """One cue per segment; words are grouped into utterances.

    Raises:
        BadInput: `unreadable_transcript`: the segments are of several recordings.
    """
    entries = _list_of(document) or []
    named = headings_of(entries)
    guess = unit_of((entry for entry in entries if isinstance(entry, dict)), named)
    chosen, others = one_recording.choose(
        [_raw(entry, named, "recording") for entry in entries], document.name
    )

    def one(fields: Fields) -> list[Cue]:
        return [segment(fields, named, guess)]

    cues, unread = read_each((entries[number] for number in chosen), "segment", one)
    if "text" not in named:
        cues = utterances(map(Word.from_cue, cues))
    languages = {_raw(entry, named, "language") for entry in entries[:1]}
    top = document.json if isinstance(document.json, dict) else {}
    language = language_tag(top.get("language")) or language_tag(next(iter(languages), None))
    return Transcript(cues=cues, unread=unread + others, language=language)


def segment(fields: Fields, named: Headings, guess: float) -> Cue:
    """The cue of a segment; `guess` is the unit of times whose name does not say it.

    What the segment lacks (text, times, a speaker, confidence) is taken from its list of `words`.

    Raises:
        Unreadable: it has neither text nor words, or a time that is none.
    """

    def time(meaning: str) -> float | None:
        heading = named.get(meaning)
        if heading is None:
            return None
        return fields.seconds(heading.name, per_second=heading.per_second or guess)

    heading = named.get("text") or named.get("word")
    value = heading and fields.get(heading.name)
    words = words_of(fields.entries("words"), guess)
    inner = cue_of(words) if words else None
    text = fields.text(heading.name) if heading and isinstance(value, str) else None
    text = "" if says_no_words(text) else text
    if text is None and inner is None:
        raise Unreadable
    start_s, end_s = time("start"), time("end")
    if end_s is None and start_s is not None and (length_s := time("duration")) is not None:
        end_s = round(start_s + length_s, 6)
    inner = inner or Cue(text="")
    speaker, channel, confidence = (
        named.get(name, Heading("")).name for name in ("speaker", "channel", "confidence")
    )
    return Cue(
        text=inner.text if text is None else text,
        start_s=inner.start_s if start_s is None else start_s,
        end_s=inner.end_s if end_s is None else end_s,
        speaker=fields.label(speaker) or inner.speaker,
        channel=fields.index(channel),
        confidence=inner.confidence
        if inner.confidence is not None
        else fields.fraction(confidence),
    )


def words_of(entries: list[Any], unit: float = 1) -> list[Word]:
    """The words of a segment that can be read; the segment has the text of the others too."""

    def one(fields: Fields) -> list[Word]:
        text = fields.text("punctuated_word", "word", "text", "content")
        return [] if text is None else [word_with(fields, text, unit)]

    return read_each(entries, "word", one)[0]


def word_with(fields: Fields, text: str, unit: float = 1) -> Word:
    """A word with this text and the fields start, end, speaker and confidence.

    Raises:
        Unreadable: a time is none.
    """
    return Word(
        text=text,
        start_s=fields.seconds("start", "start_time", per_second=unit),
        end_s=fields.seconds("end", "end_time", per_second=unit),
        speaker=fields.label("speaker", "speaker_label", "speaker_id"),
        confidence=fields.fraction("confidence", "score", "probability"),
    )


def _list_of(document: Document) -> list[Any] | None:
    value = document.json
    if isinstance(value, list):
        return value
    if not isinstance(value, dict):
        return json_lines.values(document)
    for name in _LISTS:
        inner = value.get(name)
        if isinstance(inner, list) and inner:
            return inner
        if isinstance(inner, dict):
            for within in _LISTS:
                if isinstance(inner.get(within), list) and inner[within]:
                    return list(inner[within])
    return [value] if headings(value).keys() & {"end", "duration"} else None


def is_timed(entries: Sequence[Any]) -> bool:
    """Whether at least half of the first entries have a start that is a time, and text."""
    named = headings_of(entries)
    if (
        "start" not in named
        or not named.keys() & {"text", "word"}
        or not _is_speech(named, entries)
    ):
        return False
    some = entries[:_LOOKED_AT]
    return 2 * sum(_is_cue(entry, named) for entry in some) >= len(some) > 0


def _is_speech(named: Headings, entries: Sequence[Any]) -> bool:
    """False for messages with a time stamp, and for entities found at places of a text."""
    spoken = named.keys() & {"end", "duration", "speaker"} or "start" in named["start"].name.lower()
    first = entries[0] if isinstance(entries[0], dict) else {}
    if not spoken or first.keys() & _OF_ENTITIES:
        return False
    some = [one for one in entries[:_LOOKED_AT] if isinstance(one, dict)]
    return 2 * sum(_is_place(one, named) for one in some) < len(some)


def _is_place(entry: Any, named: Headings) -> bool:
    """Whether start and end are letters of a text: as far apart as the words are long."""
    start, end = (_raw(entry, named, meaning) for meaning in ("start", "end"))
    words = _raw(entry, named, "text") or _raw(entry, named, "word")
    if not (isinstance(start, int) and isinstance(end, int) and isinstance(words, str)):
        return False
    return len(words) > 1 and end - start == len(words)


def _is_cue(entry: Any, named: Headings) -> bool:
    if not isinstance(entry, dict):
        return False
    fields = Fields(entry)
    try:
        cue = segment(fields, named, 1)
    except (Unreadable, BadInput):
        return False
    return cue.start_s is not None


def headings_of(entries: Sequence[Any]) -> Headings:
    """Meaning → name, of the names that most of the first entries have."""
    counts: dict[str, int] = {}
    objects = [entry for entry in entries[:_LOOKED_AT] if isinstance(entry, dict)]
    for entry in objects:
        for name in entry:
            counts[name] = counts.get(name, 0) + 1
    common = sorted(counts, key=lambda name: -counts[name])
    return headings(common)


def _raw(entry: Any, named: Headings, meaning: str) -> Any:
    return entry.get(named[meaning].name) if isinstance(entry, dict) and meaning in named else None
