"""Helpers of the tests of transcripts."""

from daf_core.sources.transcripts import Document, reader_of
from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.utterances.speaker_labels import speakers_from_text
from daf_core.sources.transcripts.utterances.tidy import tidy


def read(name: str, text: str) -> Transcript:
    """The transcript that a text is, as the file gives it."""
    document = Document(name, text)
    reader = reader_of(document)
    assert reader is not None, name
    return reader.read(document)


def utterances(transcript: Transcript) -> list[Cue]:
    """The cues of a transcript as ingest makes utterances of them."""
    return speakers_from_text(tidy(transcript))


def said(name: str, text: str) -> list[tuple[float | None, float | None, str | None, str]]:
    """Start, end, speaker and words of the utterances of a text."""
    cues = utterances(read(name, text))
    return [(cue.start_s, cue.end_s, cue.speaker, cue.text) for cue in cues]
