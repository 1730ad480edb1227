"""Amazon Transcribe's JSON: items (words and marks) in seconds, written as strings.

https://docs.aws.amazon.com/transcribe/latest/dg/how-input.html (output), how-diarization,
channel-id. Speakers are in the items, or, in older files, in `speaker_labels` by start time; so are
channels, or, in older files, the items are in `channel_labels` alone, or there too.
"""

from typing import Any

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.channels import by_start, utterances_by_channel
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
    """Whether `results` has items with alternatives, or audio segments."""
    results = root(document).object("results")
    items = first_object(results.entries("items"))
    return (
        items.has("alternatives", "type")
        or bool(_of_channels(results))
        or first_object(results.entries("audio_segments")).has("transcript")
        or (results.has("transcripts") and root(document).has("jobName"))
    )


def read(document: Document) -> Transcript:
    """Words of each channel grouped into utterances; audio segments where no items are there."""
    results = root(document).object("results")
    language = language_tag(results.get("language_code"))
    items = results.entries("items")
    if not first_object(items).has("channel_label"):
        items = _of_channels(results) or items
    if not items:
        cues, unread = read_each(results.entries("audio_segments"), "audio segment", _segment)
        return Transcript(cues=by_start(cues), unread=unread, language=language)
    speakers = _speakers(results)

    def item(fields: Fields) -> list[Word]:
        return [_word(fields, speakers)]

    words, unread = read_each(items, "item", item)
    return Transcript(cues=utterances_by_channel(words), unread=unread, language=language)


def _of_channels(results: Fields) -> list[Any]:
    """The items within `channel_labels`, each with its channel."""

    def channel(fields: Fields) -> list[Any]:
        label = {"channel_label": fields.get("channel_label")}
        return [label | one if isinstance(one, dict) else one for one in fields.entries("items")]

    return read_each(results.object("channel_labels").entries("channels"), "channel", channel)[0]


def _word(fields: Fields, speakers: dict[str, str]) -> Word:
    best = first_object(fields.entries("alternatives"))
    text = best.text("content")
    if text is None:
        raise Unreadable
    spoken = fields.get("type") != "punctuation"
    return Word(
        text=text,
        start_s=fields.seconds("start_time"),
        end_s=fields.seconds("end_time"),
        speaker=fields.label("speaker_label") or speakers.get(str(fields.get("start_time"))),
        channel=fields.index("channel_label"),
        confidence=best.fraction("confidence") if spoken else None,  # marks have "0.0"
    )


def _segment(fields: Fields) -> list[Cue]:
    text = fields.text("transcript")
    if text is None:
        raise Unreadable
    return [
        Cue(
            text=text,
            start_s=fields.seconds("start_time"),
            end_s=fields.seconds("end_time"),
            speaker=fields.label("speaker_label"),
            channel=fields.index("channel_label"),
        )
    ]


def _speakers(results: Fields) -> dict[str, str]:
    """Start time of a word, as written → its speaker."""
    labels = results.object("speaker_labels")

    def item(fields: Fields) -> list[tuple[str, str]]:
        label = fields.label("speaker_label")
        return [] if label is None else [(str(fields.get("start_time")), label)]

    def segment(fields: Fields) -> list[tuple[str, str]]:
        return read_each(fields.entries("items"), "item", item)[0]

    return dict(read_each(labels.entries("segments"), "segment", segment)[0])
