"""JSON of Amazon Transcribe Call Analytics and of Contact Lens: turns, times in milliseconds.

https://docs.aws.amazon.com/transcribe/latest/dg/tca-output.html,
https://docs.aws.amazon.com/connect/latest/adminguide/contact-lens-example-output-files.html
"""

from statistics import fmean
from typing import Any

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.json_fields import (
    Fields,
    Unreadable,
    first_object,
    read_each,
    root,
)
from daf_core.sources.transcripts.reading.language import language_tag


def recognises(document: Document) -> bool:
    """Whether the document has turns with a participant and content."""
    first = first_object(_turns(document))
    return first.has("Content") and bool(
        first.values.keys() & {"ParticipantRole", "ParticipantId", "BeginOffsetMillis"}
    )


def read(document: Document) -> Transcript:
    """One cue per turn; the speaker is the participant's role, else the participant's id."""
    top = root(document)
    participants = [Fields(one) for one in top.entries("Participants") if isinstance(one, dict)]
    roles = {one.label("ParticipantId"): one.label("ParticipantRole") for one in participants}

    def turn(fields: Fields) -> list[Cue]:
        return [_cue(fields, roles)]

    cues, unread = read_each(_turns(document), "turn", turn)
    return Transcript(cues=cues, unread=unread, language=language_tag(top.get("LanguageCode")))


def _cue(fields: Fields, roles: dict[str | None, str | None]) -> Cue:
    text = fields.text("Content")
    if text is None:
        raise Unreadable
    who = fields.label("ParticipantId")
    words = [Fields(one) for one in fields.entries("Items") if isinstance(one, dict)]
    confidences = [
        found
        for word in words
        if word.get("Type") != "punctuation" and (found := word.fraction("Confidence")) is not None
    ]
    return Cue(
        text=text,
        start_s=fields.seconds("BeginOffsetMillis", per_second=1000),
        end_s=fields.seconds("EndOffsetMillis", per_second=1000),
        speaker=fields.label("ParticipantRole") or roles.get(who) or who,
        confidence=fmean(confidences) if confidences else None,
    )


def _turns(document: Document) -> list[Any]:
    """The turns; in Contact Lens' real-time results each is within a segment."""
    top = root(document)
    inner = [
        one["Transcript"]
        for one in top.entries("Segments")
        if isinstance(one, dict) and "Transcript" in one
    ]
    return top.entries("Transcript") or inner
