"""Gladia's JSON: https://docs.gladia.io/api-reference/v2/pre-recorded/get."""

from dataclasses import replace

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.formats.segments import segment
from daf_core.sources.transcripts.reading.channels import by_start
from daf_core.sources.transcripts.reading.headings import Heading
from daf_core.sources.transcripts.reading.json_fields import Fields, first_object, read_each, root
from daf_core.sources.transcripts.reading.language import language_tag

_NAMES = ("text", "start", "end", "speaker", "channel", "confidence")
_NAMED = {name: Heading(name) for name in _NAMES}


def recognises(document: Document) -> bool:
    """Whether the transcription has utterances."""
    return first_object(_transcription(document).entries("utterances")).has("text", "start")


def read(document: Document) -> Transcript:
    """One cue per utterance."""
    found = _transcription(document)
    cues, unread = read_each(found.entries("utterances"), "utterance", _utterance)
    languages = [*found.entries("languages"), None]
    return Transcript(cues=by_start(cues), unread=unread, language=language_tag(languages[0]))


def _utterance(fields: Fields) -> list[Cue]:
    cue = segment(fields, _NAMED, 1)
    return [replace(cue, channel=fields.index("channel"))]


def _transcription(document: Document) -> Fields:
    """Within the whole answer, its result, or by itself."""
    top = root(document)
    for holder in (top.object("result"), top):
        if found := holder.object("transcription").values:
            return Fields(found)
    return Fields({})
