"""What a file of a folder is, by what it holds: a recording, a transcript, or neither."""

from dataclasses import dataclass
from functools import cached_property

from daf_core.errors import BadInput, NotDone, Refused
from daf_core.recordings.decoding.raw import with_format
from daf_core.schemas import Row
from daf_core.sources.folders.grouping import RAW_SUFFIXES, TEXT_SUFFIXES, stem, suffix
from daf_core.sources.folders.shared_transcripts import Excerpt
from daf_core.sources.inspection import measure
from daf_core.sources.manifest_rows import AudioSize, unused_file
from daf_core.sources.recording_names import names_a_recording
from daf_core.sources.transcripts import open_document, read_document
from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.own_tables import is_own_table
from daf_core.sources.transcripts.unknown import found_by_magic, found_in
from daf_core.sources.transcripts.utterances.speaker_labels import speakers_from_text
from daf_core.sources.transcripts.utterances.tidy import tidy
from daf_core.storage.input_file import open_input

_SUBTITLES = frozenset(
    {".vtt", ".srt", ".sbv", ".ttml", ".dfxp", ".textgrid", ".eaf", ".rttm", ".ctm"}
)
_NEEDS_RECORDING = frozenset({".txt", ".csv", ".tsv", ".md", ".lab", ".docx"})


@dataclass(frozen=True)
class Sound:
    """A recording, or a file that cannot be read: its name says that it is one, or its storage does
    not give it.
    """

    name: str
    uri: str
    size: AudioSize | BadInput


@dataclass(frozen=True)
class Words:
    """A transcript, or who speaks when (`turns`: its cues have speakers and no words)."""

    name: str
    uri: str
    transcript: Transcript

    @cached_property
    def cues(self) -> list[Cue]:
        """The utterances of the transcript, with the speakers that its text names."""
        return speakers_from_text(tidy(self.transcript))

    @property
    def turns(self) -> bool:
        """Whether this says only who speaks when."""
        cues = self.transcript.cues
        return bool(cues) and not any(cue.text for cue in cues) and any(c.speaker for c in cues)

    @property
    def timed(self) -> bool:
        """Whether any cue has a time."""
        return any(cue.start_s is not None for cue in self.transcript.cues)

    @property
    def needs_recording(self) -> bool:
        """Whether this may be anything but a transcript where no recording has its name."""
        return suffix(self.name) in _NEEDS_RECORDING or not self.timed


@dataclass(frozen=True)
class Unreadable:
    """A file whose name says that it is a transcript, and that cannot be read."""

    name: str
    uri: str
    error: BadInput


Contents = Sound | Words | Unreadable | Row  # Row: the quarantine row of a file that is not used


def contents_of(name: str, uri: str, raw: str | None) -> Contents:
    """What the file `name` at `uri` is. `raw`: the format of headerless recordings."""
    if raw is not None and suffix(name) in RAW_SUFFIXES:
        uri = with_format(uri, raw)
        return Sound(name, uri, measure(uri))
    if suffix(name) in TEXT_SUFFIXES:
        found = _as_words(name, uri)
        return found if isinstance(found, Words) else _as_sound(name, uri, found)
    size = measure(uri)
    if isinstance(size, AudioSize):
        return Sound(name, uri, size)
    if names_a_recording(name) or size.reason == "missing_audio" or isinstance(size, Refused):
        return Sound(name, uri, size)
    found = _as_words(name, uri)
    return found if isinstance(found, Words) else _unknown(uri, found)


def contents_of_excerpt(excerpt: Excerpt) -> Words | Unreadable:
    """What a file of several recordings says of one of them."""
    name = f"{stem(excerpt.recording)}{suffix(excerpt.file)}"
    found = _as_words(name, excerpt.uri, Document(name, excerpt.text, excerpt.guessed))
    return found if isinstance(found, Words) else Unreadable(name, excerpt.uri, found)


def _as_words(name: str, uri: str, document: Document | None = None) -> Words | BadInput:
    """The transcript that a file holds, or why it holds none; `document`: opened already."""
    try:
        document = document or open_document(uri)
        if not document.text.strip():
            return BadInput("empty_file", f"{uri}: expected a transcript, found an empty file")
        if is_own_table(document):
            return BadInput("daf_output", f"{uri}: {_OWN_TABLE}")
        transcript = _read(uri, document)
        if transcript is None:
            return BadInput("unknown_format", f"{uri}: {found_in(document)}")
        if not transcript.cues and not transcript.unread:
            return BadInput("no_cues", f"{uri}: expected cues, found none")
        return Words(name, uri, transcript)
    except BadInput as err:
        return err


def _read(uri: str, document: Document) -> Transcript | None:
    """The cues of a document; messages name its file."""
    try:
        return read_document(document)
    except BadInput as err:
        raise BadInput(err.reason, f"{uri}: {err.message}") from err


def _as_sound(name: str, uri: str, error: BadInput) -> Contents:
    """A file with the suffix of a text that holds none: a recording, or not used."""
    if error.reason == "bad_encoding" and isinstance(size := measure(uri), AudioSize):
        return Sound(name, uri, size)
    if suffix(name) in _SUBTITLES or error.reason in ("unreadable_transcript", "no_cues"):
        reason = {"unknown_format": "unreadable_transcript", "empty_file": "no_cues"}
        told = BadInput(reason.get(error.reason, error.reason), error.message)
        return Unreadable(name, uri, told)
    return _unknown(uri, error)


_OWN_TABLE = (
    "expected a recording or a transcript, found a table that daf wrote of the recordings (labels, "
    "utterances, calls or speakers)"
)
_HEAD = 4_096  # bytes: they name what an archive holds first
_NEITHER = "expected a recording or a transcript, found bytes that are neither text nor sound"


def _unknown(uri: str, error: BadInput) -> Row:
    """A file that is neither, with what was found in it."""
    if error.reason in ("empty_file", "unknown_format", "daf_output"):
        return unused_file(uri, error)
    found = found_by_magic(uri, _head(uri)) or _NEITHER
    return unused_file(uri, BadInput("unknown_format", found))


def _head(uri: str) -> bytes:
    """The first bytes of a file; none where it cannot be read."""
    try:
        with open_input(uri, "a file") as file:
            head: bytes = file.read(_HEAD)
    except (OSError, ValueError, NotDone):
        return b""
    return head
