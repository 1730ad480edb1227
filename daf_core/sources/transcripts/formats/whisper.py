"""What Whisper and its relatives write as JSON, all of them optional: words, speakers, confidences.

    openai-whisper, OpenAI's verbose_json and diarized_json, faster-whisper, stable-ts, WhisperX:
        {"segments": [{"start", "end", "text", "speaker", "words": [{"word", "start", "end",
        "score" or "probability", "speaker"}]}], "language"}, times in seconds; or the list alone;
        or only {"words": [{"word", "start", "end"}]}
    whisper.cpp: {"transcription": [{"offsets": {"from", "to"}, "text", "tokens"}]}, milliseconds
    transformers' pipeline, insanely-fast-whisper: {"chunks": [{"timestamp": [0.0, 2.5], "text"}]},
        with speakers also under "speakers"

WhisperX leaves out times of words that it cannot align, such as "2014".
"""

from collections.abc import Callable
from typing import Any

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.formats.segments import segment, word_with, words_of
from daf_core.sources.transcripts.reading.headings import Heading
from daf_core.sources.transcripts.reading.json_fields import (
    Fields,
    Unreadable,
    first_object,
    read_each,
    root,
)
from daf_core.sources.transcripts.reading.language import language_tag
from daf_core.sources.transcripts.reading.singles import grouped, whole_words
from daf_core.sources.transcripts.reading.words import utterances

_OWN = {"seek", "tokens", "avg_logprob", "no_speech_prob", "compression_ratio", "temperature"}
_NAMED = {name: Heading(name) for name in ("start", "end", "text", "speaker", "confidence")}
_WORD = {"word", "start", "end", "score", "probability", "speaker", "confidence", "tokens"}


def recognises(document: Document) -> bool:
    """Whether the document has segments, chunks or words as one of these tools writes them."""
    return _entries(document) is not None


def read(document: Document) -> Transcript:
    """One cue per segment; where segments are single words, these are grouped into utterances."""
    found = _entries(document)
    entries, place, read_one = found or ([], "segment", _segment)
    cues, unread = read_each(entries, place, read_one)
    top = root(document)
    language = top.get("language") or top.object("result").get("language")
    return Transcript(cues=grouped(cues), unread=unread, language=language_tag(language))


def _entries(document: Document) -> tuple[list[Any], str, Callable[[Fields], list[Cue]]] | None:
    top = root(document)
    parts = top.entries("transcription")
    if first_object(parts).object("offsets").has("from", "to"):
        return whole_words(parts), "segment", _whisper_cpp
    for name in ("speakers", "chunks"):
        if first_object(parts := top.entries(name)).has("timestamp", "text"):
            return parts, "chunk", _chunk
    parts = document.json if isinstance(document.json, list) else top.entries("segments")
    first = first_object(parts)
    if first.has("start", "end", "text") and (_is_whispers(first) or top.has("language")):
        return parts, "segment", _segment
    if top.has("word_segments") and not parts:
        return [], "segment", _segment
    if top.get("segments") is None and _is_word(first_object(top.entries("words"))):
        return top.entries("words"), "word", _word
    return None


def _is_whispers(first: Fields) -> bool:
    return bool(first.values.keys() & _OWN) or _is_word(first_object(first.entries("words")))


def _is_word(first: Fields) -> bool:
    return "word" in first.values and first.values.keys() <= _WORD


def _segment(fields: Fields) -> list[Cue]:
    if fields.label("speaker") is None:
        words = words_of(fields.entries("words"))
        if len({word.speaker for word in words} - {None}) > 1:
            return utterances(words)  # the segment is of several, its words are of one each
    return [segment(fields, _NAMED, 1)]


def _word(fields: Fields) -> list[Cue]:
    text = fields.text("word")
    if text is None:
        raise Unreadable
    word = word_with(fields, text)
    return [
        Cue(
            text=text,
            start_s=word.start_s,
            end_s=word.end_s,
            speaker=word.speaker,
            confidence=word.confidence,
        )
    ]


def _whisper_cpp(fields: Fields) -> list[Cue]:
    times = fields.object("offsets")
    text = fields.text("text")
    if text is None:
        raise Unreadable
    speaker = fields.label("speaker")
    tokens = [Fields(one) for one in fields.entries("tokens") if isinstance(one, dict)]
    known = [
        found
        for token in tokens
        if (found := token.fraction("p")) is not None
        and not str(token.get("text")).startswith("[_")  # marks of begin and time
    ]
    return [
        Cue(
            text=text,
            start_s=times.seconds("from", per_second=1000),
            end_s=times.seconds("to", per_second=1000),
            speaker=None if speaker == "?" else speaker,
            confidence=sum(known) / len(known) if known else None,
        )
    ]


def _chunk(fields: Fields) -> list[Cue]:
    text, times = fields.text("text"), fields.entries("timestamp")
    if text is None or len(times) != 2:
        raise Unreadable
    both = Fields(dict(zip(("start", "end"), times, strict=True)))
    return [
        Cue(
            text=text,
            start_s=both.seconds("start"),
            end_s=both.seconds("end"),  # null where the speech is cut off
            speaker=fields.label("speaker"),
        )
    ]
