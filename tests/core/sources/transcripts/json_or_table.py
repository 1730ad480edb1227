"""The transcript that a value of JSON or a table is."""

import json
from typing import Any

from daf_core.sources.transcripts import reader_of
from daf_core.sources.transcripts.cue import Transcript
from daf_core.sources.transcripts.document import Document


def read(content: Any, name: str = "call.json") -> Transcript:
    """The transcript in JSON or text."""
    text = content if isinstance(content, str) else json.dumps(content)
    document = Document(name, text)
    reader = reader_of(document)
    assert reader is not None
    transcript: Transcript = reader.read(document)
    return transcript


def texts(content: Any, name: str = "call.json") -> list[tuple[str, float | None, float | None]]:
    return [(cue.text, cue.start_s, cue.end_s) for cue in read(content, name).cues]
