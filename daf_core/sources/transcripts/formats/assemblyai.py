"""AssemblyAI's JSON: https://www.assemblyai.com/docs/api-reference/transcripts; milliseconds.

Of recordings with several channels, `channel` counts from 1, and the speaker is the channel.
"""

from dataclasses import replace
from typing import Any

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.formats.segments import word_with, words_of
from daf_core.sources.transcripts.reading.channels import by_start, utterances_by_channel
from daf_core.sources.transcripts.reading.json_fields import (
    Fields,
    Unreadable,
    first_object,
    read_each,
    root,
)
from daf_core.sources.transcripts.reading.language import language_tag
from daf_core.sources.transcripts.reading.words import Word, cue_of

_OWN = {"audio_url", "audio_duration", "acoustic_model", "speech_model", "speaker_labels", "status"}
_LISTS = ("utterances", "sentences", "paragraphs")


def recognises(document: Document) -> bool:
    """Whether the document is a transcript by its fields, and has utterances or words in text."""
    top = root(document)
    return bool(top.values.keys() & _OWN) and any(
        first_object(top.entries(name)).has("text", "start", "end") for name in (*_LISTS, "words")
    )


def read(document: Document) -> Transcript:
    """Utterances of speakers or channels; else sentences or paragraphs; else words, grouped."""
    top = root(document)
    language = language_tag(top.get("language_code"))
    found: list[Any] = next((some for name in _LISTS if (some := top.entries(name))), [])
    if found:
        cues, unread = read_each(found, "utterance", _utterance)
        return Transcript(cues=by_start(cues), unread=unread, language=language)
    words, unread = read_each(top.entries("words"), "word", _word)
    return Transcript(cues=utterances_by_channel(words), unread=unread, language=language)


def _utterance(fields: Fields) -> list[Cue]:
    text = fields.text("text")
    if text is None:
        raise Unreadable
    words = words_of(fields.entries("words"), 1000)
    confidence = cue_of(words).confidence if words else None
    return [
        Cue(
            text=text,
            start_s=fields.seconds("start", per_second=1000),
            end_s=fields.seconds("end", per_second=1000),
            speaker=fields.label("speaker"),
            channel=fields.index("channel", first=1),
            confidence=fields.fraction("confidence") if confidence is None else confidence,
        )
    ]


def _word(fields: Fields) -> list[Word]:
    text = fields.text("text")
    if text is None:
        raise Unreadable
    return [replace(word_with(fields, text, 1000), channel=fields.index("channel", first=1))]
