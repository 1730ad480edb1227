"""Deepgram's JSON for recordings: https://developers.deepgram.com/reference/listen-file."""

from dataclasses import replace
from functools import partial

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.formats.segments import word_with, words_of
from daf_core.sources.transcripts.reading.channels import by_start
from daf_core.sources.transcripts.reading.json_fields import (
    Fields,
    Unreadable,
    first_object,
    read_each,
    root,
)
from daf_core.sources.transcripts.reading.language import language_tag
from daf_core.sources.transcripts.reading.words import Word, cue_of, utterances


def recognises(document: Document) -> bool:
    """Whether `results` has channels with alternatives, or utterances."""
    results = root(document).object("results")
    return first_object(results.entries("channels")).has("alternatives") or first_object(
        results.entries("utterances")
    ).has("transcript", "start")


def read(document: Document) -> Transcript:
    """Deepgram's utterances; else the sentences of its paragraphs; else words, grouped."""
    results = root(document).object("results")
    channels = results.entries("channels")
    language = language_tag(first_object(channels).get("detected_language"))
    if results.entries("utterances"):
        cues, unread = read_each(results.entries("utterances"), "utterance", _utterance)
        return Transcript(cues=by_start(cues), unread=unread, language=language)
    numbers = iter(range(len(channels)))

    def channel(fields: Fields) -> list[Transcript]:
        return [_channel(fields, next(numbers))]

    found, unread = read_each(channels, "channel", channel)
    return Transcript(
        cues=by_start([cue for one in found for cue in one.cues]),
        unread=unread + [place for one in found for place in one.unread],
        language=language,
    )


def _channel(fields: Fields, number: int) -> Transcript:
    best = first_object(fields.entries("alternatives"))
    place = f"channel {number},"
    if paragraphs := best.object("paragraphs").entries("paragraphs"):
        cues, unread = read_each(paragraphs, f"{place} paragraph", partial(_paragraph, number))
    else:
        words, unread = read_each(best.entries("words"), f"{place} word", partial(_word, number))
        cues = utterances(words)
    return Transcript(cues=cues, unread=unread)


def _utterance(fields: Fields) -> list[Cue]:
    text = fields.text("transcript")
    if text is None:
        raise Unreadable
    words = words_of(fields.entries("words"))
    inner = cue_of(words) if words else Cue(text="")
    confidence = inner.confidence
    return [
        Cue(
            text=text,
            start_s=fields.seconds("start"),
            end_s=fields.seconds("end"),
            speaker=fields.label("speaker") or inner.speaker,
            channel=fields.index("channel"),
            confidence=fields.fraction("confidence") if confidence is None else confidence,
        )
    ]


def _paragraph(channel: int, fields: Fields) -> list[Cue]:
    """The sentences of a paragraph; all of it is named where one of them cannot be read."""
    speaker = fields.label("speaker")
    cues = []
    for one in fields.entries("sentences"):
        sentence = Fields.from_json(one)
        text = sentence.text("text")
        if text is None:
            raise Unreadable
        start_s, end_s = sentence.seconds("start"), sentence.seconds("end")
        cues.append(Cue(text=text, start_s=start_s, end_s=end_s, speaker=speaker, channel=channel))
    return cues


def _word(channel: int, fields: Fields) -> list[Word]:
    text = fields.text("punctuated_word", "word")
    if text is None:
        raise Unreadable
    return [replace(word_with(fields, text), channel=channel)]
