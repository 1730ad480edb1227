"""Transcripts: one small file per format, and one line of `READERS` for each.

To add a format, write daf_core/sources/transcripts/NAME.py with two functions, and add the module
to `READERS`:

    def recognises(document: Document) -> bool
        Whether the document is of this format, by what it holds; cheap, and never raises.

    def read(document: Document) -> Transcript
        The cues in file order, with times in seconds as the file gives them. An entry that cannot
        be read is named in `unread`, never dropped. BadInput `unreadable_transcript` says that
        nothing of the file can be read. Messages never repeat words of the transcript.

`words.utterances` groups words into cues. `tidy` then does what all formats need: order, times that
are missing, captions that roll, speakers within the text. `writing` writes cues in the formats of
`daf convert`. Add a file of the format to tests/core/sources/transcripts/samples/: the tests that
hold for every format find it there.
"""

from types import ModuleType

from daf_core.errors import BadInput, NotDone
from daf_core.sources.transcripts import (
    amazon_calls,
    amazon_transcribe,
    assemblyai,
    audacity,
    azure,
    ctm,
    deepgram,
    elan,
    elevenlabs,
    gladia,
    google,
    lrc,
    nemo,
    plain_text,
    podcast,
    rev,
    rttm,
    sbv,
    segments,
    speechmatics,
    subrip,
    table,
    textgrid,
    ttml,
    webvtt,
    whisper,
)
from daf_core.sources.transcripts.cue import Transcript
from daf_core.sources.transcripts.document import LARGEST_BYTES, Document, decode_text
from daf_core.storage.input_file import open_input
from daf_core.storage.refusals import storage_error

# The first that recognises a document reads it: put the ones that look for more before the others.
READERS: tuple[ModuleType, ...] = (
    webvtt,
    ttml,
    elan,
    textgrid,
    rttm,
    ctm,
    sbv,
    audacity,
    lrc,
    subrip,
    nemo,
    whisper,
    amazon_transcribe,
    amazon_calls,
    deepgram,
    assemblyai,
    azure,
    google,
    speechmatics,
    rev,
    gladia,
    elevenlabs,
    podcast,
    table,
    segments,
    plain_text,
)


def reader_of(document: Document) -> ModuleType | None:
    """The module that reads this document, None where it is no transcript of a known format."""
    return next((reader for reader in READERS if reader.recognises(document)), None)


def open_document(uri: str) -> Document:
    """The file at `uri` as text.

    Raises:
        BadInput: `bad_encoding`: it is no text; `unreadable_transcript`: it cannot be opened, or is
            larger than 64 MiB.
        NotDone: the storage fails in a way that may pass.
    """
    data = _read(uri)
    if len(data) > LARGEST_BYTES:
        raise BadInput(
            "unreadable_transcript", f"{uri}: expected at most {LARGEST_BYTES} bytes, found more"
        )
    try:
        return Document(uri.rpartition("/")[2], decode_text(data))
    except BadInput as err:
        raise BadInput(err.reason, f"{uri}: {err.message}") from err


def _read(uri: str) -> bytes:
    """The first LARGEST_BYTES of a file and one more."""
    try:
        with open_input(uri, "a transcript") as file:
            data: bytes = file.read(LARGEST_BYTES + 1)
            return data
    except BadInput as err:
        raise BadInput("unreadable_transcript", err.message) from err
    except NotDone:
        raise
    except Exception as err:
        failure = storage_error(uri, err, "a transcript")
        if isinstance(failure, BadInput):
            failure = BadInput("unreadable_transcript", failure.message)
        raise failure from err


def read_transcript(uri: str) -> Transcript:
    """The cues of the transcript at `uri`, as the file gives them; `tidy` makes utterances of them.

    Raises:
        BadInput: `bad_encoding`; `unreadable_transcript`: no reader knows the format, or the reader
            cannot read it.
    """
    document = open_document(uri)
    reader = reader_of(document)
    if reader is None:
        raise BadInput(
            "unreadable_transcript", f"{uri}: expected a transcript, found an unknown format"
        )
    try:
        transcript: Transcript = reader.read(document)
    except BadInput as err:
        raise BadInput(err.reason, f"{uri}: {err.message}") from err
    return transcript
