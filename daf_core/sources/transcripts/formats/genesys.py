"""JSON of Genesys Cloud's voice transcription: phrases, with times of day in milliseconds.

https://developer.genesys.cloud/analyticsdatamanagement/speechtextanalytics
"""

from daf_core.errors import BadInput
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
from daf_core.sources.transcripts.reading.times import number

_EPOCH_MS = 1e11  # 1973: a larger time is one of day, a smaller one counts from the start


def recognises(document: Document) -> bool:
    """Whether the first transcript has phrases with text and a time."""
    first = first_object(first_object(root(document).entries("transcripts")).entries("phrases"))
    return first.has("text", "startTimeMs")


def read(document: Document) -> Transcript:
    """One cue per phrase. The speaker is the participant's purpose: internal (an agent, or a
    machine) or external.

    Raises:
        BadInput: `unreadable_transcript`: nothing says when the recording starts.
    """
    top = root(document)
    transcripts = [Fields(one) for one in top.entries("transcripts") if isinstance(one, dict)]
    cues: list[Cue] = []
    unread: list[str] = []
    for transcript in transcripts:
        start_ms = number(top.get("startTime")) or number(transcript.get("startTime"))

        def phrase(fields: Fields, start_ms: float | None = start_ms) -> list[Cue]:
            return [_cue(fields, start_ms)]

        found, places = read_each(transcript.entries("phrases"), "phrase", phrase)
        cues += found
        unread += places
    language = transcripts[0].get("language") if transcripts else None
    return Transcript(cues=by_start(cues), unread=unread, language=language_tag(language))


def _cue(fields: Fields, start_ms: float | None) -> Cue:
    text = fields.text("decoratedText") or fields.text("text")
    at_ms, length_ms = number(fields.get("startTimeMs")), _milliseconds(fields, "duration")
    if text is None or at_ms is None:
        raise Unreadable
    if at_ms > _EPOCH_MS:
        if start_ms is None:
            raise BadInput(
                "unreadable_transcript",
                "expected startTime beside times of day, found none: nothing says where in the "
                "recording a phrase is",
            )
        at_ms -= start_ms
    return Cue(
        text=text,
        start_s=round(at_ms / 1000, 3),
        end_s=None if length_ms is None else round((at_ms + length_ms) / 1000, 3),
        speaker=fields.label("participantPurpose"),
        confidence=fields.fraction("confidence"),
    )


def _milliseconds(fields: Fields, name: str) -> float | None:
    """A duration: {"milliseconds": 1200}, or its number."""
    inner = fields.object(name)
    return number(inner.get("milliseconds") if inner.values else fields.get(name))
