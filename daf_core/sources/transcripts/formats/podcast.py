"""Podcasting 2.0 JSON: a speaker is named where the speaker changes; segments are often words.

https://github.com/Podcastindex-org/podcast-namespace/blob/main/docs/tags/transcript-types.md
"""

from dataclasses import replace

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
from daf_core.sources.transcripts.reading.singles import grouped


def recognises(document: Document) -> bool:
    """Whether the document has segments with a start time and a body."""
    return first_object(root(document).entries("segments")).has("startTime", "body")


def read(document: Document) -> Transcript:
    """One cue per segment; single words are grouped. A speaker holds until the next is named."""
    top = root(document)
    cues, unread = read_each(top.entries("segments"), "segment", _segment)
    speaker = None
    for number, cue in enumerate(cues):
        speaker = cue.speaker or speaker
        cues[number] = replace(cue, speaker=speaker)
    return Transcript(cues=grouped(cues), unread=unread, language=language_tag(top.get("language")))


def _segment(fields: Fields) -> list[Cue]:
    text = fields.text("body")
    if text is None:
        raise Unreadable
    start_s, end_s = fields.seconds("startTime"), fields.seconds("endTime")
    return [Cue(text=text, start_s=start_s, end_s=end_s, speaker=fields.label("speaker"))]
