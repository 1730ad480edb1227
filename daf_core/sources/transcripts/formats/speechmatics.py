"""Speechmatics' JSON (json-v2): https://docs.speechmatics.com/speech-to-text/batch/output."""

from dataclasses import replace

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

_CHANGES = ("speaker_change", "channel_change")  # without words
_NOBODY = "UU"  # the speaker is not known


def recognises(document: Document) -> bool:
    """Whether the document has results whose alternatives have content."""
    first = first_object(root(document).entries("results"))
    return first.has("type") and first_object(first.entries("alternatives")).has("content")


def read(document: Document) -> Transcript:
    """Words and marks grouped into utterances; a channel's own label is the speaker."""
    top = root(document)
    words, unread = read_each(top.entries("results"), "result", _word)
    language = top.object("metadata").object("transcription_config").get("language")
    return Transcript(
        cues=utterances_by_channel(words), unread=unread, language=language_tag(language)
    )


def _word(fields: Fields) -> list[Word]:
    if fields.get("type") in _CHANGES:
        return []
    best = first_object(fields.entries("alternatives"))
    text = best.text("content")
    if text is None:
        raise Unreadable
    mark = fields.get("type") == "punctuation"  # its times are those of the word before
    speaker = best.label("speaker")
    channel = fields.label("channel")
    own = channel if channel and not channel.startswith("channel_") else None
    return [
        replace(
            word_with(fields, text),
            start_s=None if mark else fields.seconds("start_time"),
            end_s=None if mark else fields.seconds("end_time"),
            speaker=own if speaker in (None, _NOBODY) else speaker,
            channel=fields.index("channel", first=1),
            confidence=None if mark else best.fraction("confidence"),
        )
    ]
