"""Transcripts of any format as cues (`formats`), and cues as utterances (`utterances`)."""

from dataclasses import replace
from types import ModuleType

from daf_core.errors import BadInput, NotDone
from daf_core.sources.transcripts.cue import Cue, Transcript
from daf_core.sources.transcripts.document import LARGEST_BYTES, Document, decode_text
from daf_core.sources.transcripts.formats import CAPTIONS, READERS
from daf_core.sources.transcripts.reading.markup import plain
from daf_core.sources.transcripts.reading.word_document import is_word_document, text_of
from daf_core.sources.transcripts.unknown import found_in
from daf_core.storage.input_file import open_input
from daf_core.storage.refusals import storage_error

MOST_LINES = 500_000  # of a text, or of the words in a JSON: each takes up to 30 µs
MOST_CUES = 250_000  # of a day of quick talk; each is a row


def reader_of(document: Document) -> ModuleType | None:
    """The module that reads this document, None where it is no transcript of a known format."""
    return next((reader for reader in READERS if reader.recognises(document)), None)


def open_document(uri: str) -> Document:
    """The file at `uri` as text.

    Raises:
        BadInput: `bad_encoding`: it is no text; `unreadable_transcript`: it cannot be opened, is
            larger than 64 MiB, or is a damaged Word document.
        NotDone: the storage fails in a way that may pass.
    """
    data = _read(uri)
    if len(data) > LARGEST_BYTES:
        raise BadInput(
            "unreadable_transcript", f"{uri}: expected at most {LARGEST_BYTES} bytes, found more"
        )
    try:
        decoded = (text_of(data), None) if is_word_document(data) else decode_text(data)
        return Document(uri.rpartition("/")[2], *decoded)
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


def read_document(document: Document) -> Transcript | None:
    """The cues of a document, None where it is no transcript of a known format.

    Raises:
        BadInput: `unreadable_transcript`: the reader of its format cannot read it.
    """
    if document.json is None and document.text.count("\n") > MOST_LINES:
        raise BadInput("unreadable_transcript", f"expected at most {MOST_LINES} lines, found more")
    try:
        reader = reader_of(document)
        if reader is None:
            return None
        transcript: Transcript = replace(reader.read(document), guessed=document.guessed)
    except (BadInput, NotDone):
        raise
    except Exception as err:  # one file must not end the work on all others
        raise BadInput(
            "unreadable_transcript", f"its reader failed with {type(err).__name__}"
        ) from err
    if sum(cue.text.count("\n") for cue in transcript.cues) > MOST_LINES:
        raise BadInput("unreadable_transcript", f"expected at most {MOST_LINES} lines, found more")
    if len(transcript.cues) + len(transcript.unread) > MOST_CUES:
        raise BadInput("unreadable_transcript", f"expected at most {MOST_CUES} cues, found more")
    if reader in CAPTIONS:
        return replace(transcript, captions=True)
    cues = [_without_markup(cue) for cue in transcript.cues]
    return replace(transcript, cues=cues, captions=False)


def _without_markup(cue: Cue) -> Cue:
    """A cue without tags, entities and marks of recognizers such as <unk> and <|en|>.

    Readers of captions take them out themselves.
    """
    if "<" not in cue.text and "&" not in cue.text:
        return cue
    return replace(cue, text=plain(cue.text))


def read_transcript(uri: str) -> Transcript:
    """The cues of the transcript at `uri`, as the file gives them; `tidy` makes utterances of them.

    Raises:
        BadInput: `bad_encoding`; `unreadable_transcript`: no reader knows the format, or the reader
            cannot read it.
    """
    document = open_document(uri)
    try:
        transcript = read_document(document)
    except BadInput as err:
        raise BadInput(err.reason, f"{uri}: {err.message}") from err
    if transcript is None:
        raise BadInput("unreadable_transcript", f"{uri}: {found_in(document)}")
    return transcript
