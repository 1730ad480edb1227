"""Plain text without times (.txt): one cue a line."""

from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading.chat import is_chat
from daf_core.sources.transcripts.reading.markup import plain

_NAMES = (".txt", ".text")


def recognises(document: Document) -> bool:
    """Whether the file is named as text: any text could be one, but messages of a chat."""
    return document.name.lower().endswith(_NAMES) and not is_chat(document.text)


def read(document: Document) -> Transcript:
    """The lines of a text that are not empty, as cues without times."""
    lines = (plain(line) for line in document.text.split("\n"))
    return Transcript(cues=[Cue(text=line) for line in lines if line])
