"""Azure AI Speech's JSON of batch and of fast transcription.

https://learn.microsoft.com/azure/ai-services/speech-service/batch-transcription-get,
https://learn.microsoft.com/azure/ai-services/speech-service/fast-transcription-create.
Batch writes times as ISO 8601 durations and in ticks of 100 ns, fast in milliseconds.
"""

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.channels import by_start
from daf_core.sources.transcripts.reading.json_fields import (
    Fields,
    Unreadable,
    first_object,
    read_each,
    root,
)
from daf_core.sources.transcripts.reading.language import language_tag

_TICKS = 1e7  # a second


def recognises(document: Document) -> bool:
    """Whether the document has phrases of one of the two kinds."""
    top = root(document)
    return isinstance(top.get("recognizedPhrases"), list) or (
        isinstance(top.get("phrases"), list)
        and (top.has("combinedPhrases") or top.has("durationMilliseconds"))
    )


def read(document: Document) -> Transcript:
    """One cue per phrase, in its written form (`display`)."""
    top = root(document)
    if isinstance(top.get("recognizedPhrases"), list):
        phrases, read_one = top.entries("recognizedPhrases"), _batch
    else:
        phrases, read_one = top.entries("phrases"), _fast
    cues, unread = read_each(phrases, "phrase", read_one)
    locale = first_object(phrases).get("locale")
    return Transcript(cues=by_start(cues), unread=unread, language=language_tag(locale))


def _batch(fields: Fields) -> list[Cue]:
    best = first_object(fields.entries("nBest"))
    text = best.text("display", "itn", "lexical", "maskedITN")
    if text is None:
        if fields.get("recognitionStatus") not in (None, "Success"):
            return []  # silence, noise: nothing was said
        raise Unreadable
    start_s, length_s = (
        fields.seconds(f"{name}InTicks", per_second=_TICKS)
        if fields.has(f"{name}InTicks")
        else fields.seconds(f"{name}Milliseconds", per_second=1000)
        if fields.has(f"{name}Milliseconds")
        else fields.seconds(name)
        for name in ("offset", "duration")
    )
    return [_cue(fields, text, start_s, length_s, best.fraction("confidence"))]


def _fast(fields: Fields) -> list[Cue]:
    text = fields.text("text", "display")
    if text is None:
        raise Unreadable
    start_s, length_s = (
        fields.seconds(f"{name}Milliseconds", name, per_second=1000)
        for name in ("offset", "duration")
    )
    return [_cue(fields, text, start_s, length_s, fields.fraction("confidence"))]


def _cue(
    fields: Fields,
    text: str,
    start_s: float | None,
    length_s: float | None,
    confidence: float | None,
) -> Cue:
    return Cue(
        text=text,
        start_s=start_s,
        end_s=None if start_s is None or length_s is None else round(start_s + length_s, 6),
        speaker=fields.label("speaker"),
        channel=fields.index("channel"),
        confidence=confidence,
    )
