"""Rev's JSON, of machines and of people: monologues of elements.

https://docs.rev.ai/api/asynchronous/transcript; people's transcripts have clock times.
"""

import re

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
from daf_core.sources.transcripts.reading.words import Word, utterances

_ASIDE = re.compile(r"<[^<>]{0,60}>")  # <laugh>, <inaudible>: of the type "unknown"


def recognises(document: Document) -> bool:
    """Whether the document has monologues with elements."""
    return first_object(root(document).entries("monologues")).has("elements")


def read(document: Document) -> Transcript:
    """Words of each monologue grouped into utterances."""
    top = root(document)
    people = [Fields(one) for one in top.entries("speakers") if isinstance(one, dict)]
    names = {one.label("id"): one.label("name") for one in people}

    def monologue(fields: Fields) -> list[Transcript]:
        return [_monologue(fields, names)]

    found, unread = read_each(top.entries("monologues"), "monologue", monologue)
    return Transcript(
        cues=[cue for one in found for cue in one.cues],
        unread=unread + [place for one in found for place in one.unread],
        language=language_tag(top.get("language")),
    )


def _monologue(fields: Fields, names: dict[str | None, str | None]) -> Transcript:
    number = fields.label("speaker")
    own = fields.object("speaker_info").label("display_name") or fields.label("speaker_name")
    speaker = own or names.get(number) or number

    def element(one: Fields) -> list[Word]:
        text = one.text("value")
        if text is None:
            raise Unreadable
        start_s, end_s = one.seconds("ts", "timestamp"), one.seconds("end_ts", "end_timestamp")
        word = Word(
            text=text,
            start_s=start_s,
            end_s=end_s,
            speaker=speaker,
            confidence=one.fraction("confidence"),
        )
        return [word] if text and not _ASIDE.fullmatch(text) else []  # blanks are elements too

    words, unread = read_each(fields.entries("elements"), "element", element)
    cues: list[Cue] = utterances(words)
    return Transcript(cues=cues, unread=unread)
