"""Manifests of NeMo and its relatives: JSON Lines (or a JSON list) with `audio_filepath`, `offset`,
`duration` (seconds), `text` and `speaker`.

https://docs.nvidia.com/nemo-framework/user-guide/latest/nemotoolkit/asr/datasets.html
"""

from typing import Any

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading import json_lines, one_recording
from daf_core.sources.transcripts.reading.json_fields import (
    Fields,
    Unreadable,
    first_object,
    read_each,
)
from daf_core.sources.transcripts.reading.language import language_tag

_TEXTS = ("text", "pred_text", "transcript")


def recognises(document: Document) -> bool:
    """Whether the first entry names an audio file, and has text and a duration."""
    if isinstance(document.json, list):
        first = first_object(document.json)
    else:
        first = Fields(json_lines.first(document) or {})
    return first.has("audio_filepath", "duration") and bool(first.values.keys() & {*_TEXTS})


def read(document: Document) -> Transcript:
    """One cue per entry.

    Raises:
        BadInput: `unreadable_transcript`: the manifest is of several recordings, and none has the
            name of the document.
    """
    value = document.json
    entries: list[Any] = value if isinstance(value, list) else json_lines.values(document) or []
    names = [one.get("audio_filepath") if isinstance(one, dict) else None for one in entries]
    chosen, others = one_recording.choose(names, document.name)
    cues, unread = read_each((entries[number] for number in chosen), "entry", _entry)
    language = first_object(entries).get("lang", "language", "target_lang")
    return Transcript(cues=cues, unread=unread + others, language=language_tag(language))


def _entry(fields: Fields) -> list[Cue]:
    text = fields.text(*_TEXTS)
    if text is None:
        raise Unreadable
    start_s, length_s = fields.seconds("offset") or 0.0, fields.seconds("duration")
    return [
        Cue(
            text="" if text == "-" else text,  # of diarization, where nobody knows the words
            start_s=start_s,
            end_s=None if length_s is None else round(start_s + length_s, 6),
            speaker=fields.label("speaker", "speaker_id"),
        )
    ]
