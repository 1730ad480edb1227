"""Results that the Speech SDK of Azure gives one by one, saved as a list or as JSON Lines.

https://learn.microsoft.com/azure/ai-services/speech-service/get-speech-recognition-results
Offset and Duration are in ticks of 100 ns.
"""

from typing import Any

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading import json_lines
from daf_core.sources.transcripts.reading.channels import by_start
from daf_core.sources.transcripts.reading.json_fields import (
    Fields,
    Unreadable,
    first_object,
    read_each,
)
from daf_core.sources.transcripts.reading.language import language_tag

_TICKS = 1e7  # a second
_NOBODY = "Unknown"


def recognises(document: Document) -> bool:
    """Whether the first result has a status, an offset and a duration."""
    value = document.json
    first = first_object(
        value if isinstance(value, list) else [value or json_lines.first(document)]
    )
    return first.has("RecognitionStatus", "Offset", "Duration")


def read(document: Document) -> Transcript:
    """One cue per result, in its written form; results without words are silence."""
    value = document.json
    if value is None:
        entries: list[Any] = json_lines.values(document) or []
    else:
        entries = value if isinstance(value, list) else [value]
    cues, unread = read_each(entries, "result", _result)
    language = first_object(entries).object("PrimaryLanguage").get("Language")
    return Transcript(cues=by_start(cues), unread=unread, language=language_tag(language))


def _result(fields: Fields) -> list[Cue]:
    if fields.get("RecognitionStatus") not in (None, "Success", 0):
        return []
    best = first_object(fields.entries("NBest"))
    text = fields.text("DisplayText") or best.text("Display")
    if text is None:
        raise Unreadable
    start_s, length_s = (fields.seconds(name, per_second=_TICKS) for name in ("Offset", "Duration"))
    speaker = fields.label("SpeakerId")
    return [
        Cue(
            text=text,
            start_s=start_s,
            end_s=None if start_s is None or length_s is None else round(start_s + length_s, 6),
            speaker=None if speaker == _NOBODY else speaker,
            channel=fields.index("Channel"),
            confidence=best.fraction("Confidence"),
        )
    ]
