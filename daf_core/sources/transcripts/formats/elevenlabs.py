"""ElevenLabs Scribe's JSON: https://elevenlabs.io/docs/api-reference/speech-to-text/convert."""

from dataclasses import replace
from functools import partial
from typing import Any

from daf_core.sources.transcripts.cue import Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.formats.segments import word_with
from daf_core.sources.transcripts.reading.channels import utterances_by_channel
from daf_core.sources.transcripts.reading.json_fields import (
    Fields,
    Unreadable,
    first_object,
    read_each,
    root,
)
from daf_core.sources.transcripts.reading.language import language_tag
from daf_core.sources.transcripts.reading.words import Word


def recognises(document: Document) -> bool:
    """Whether the document has words that have a type."""
    first = _channels(document)[0]
    words = first_object(first.entries("words"))
    return words.has("type", "text") and first.has("language_code")


def read(document: Document) -> Transcript:
    """Words of each channel grouped into utterances."""
    channels = _channels(document)
    words: list[Word] = []
    unread: list[str] = []
    for one in channels:
        channel = one.index("channel_index")
        place = "word" if channel is None else f"channel {channel}, word"
        found, bad = read_each(_spoken(one), place, partial(_word, channel))
        words += found
        unread += bad
    language = language_tag(channels[0].get("language_code"))
    return Transcript(cues=utterances_by_channel(words), unread=unread, language=language)


def _channels(document: Document) -> list[Fields]:
    """One object, or one a channel."""
    top = root(document)
    several = [Fields(one) for one in top.entries("transcripts") if isinstance(one, dict)]
    return several or [top]


def _spoken(channel: Fields) -> list[Any]:
    words = channel.entries("words")
    return [w for w in words if not (isinstance(w, dict) and w.get("type") == "spacing")]


def _word(channel: int | None, fields: Fields) -> list[Word]:
    text = fields.text("text")
    if text is None:
        raise Unreadable
    return [replace(word_with(fields, text), channel=channel)]
