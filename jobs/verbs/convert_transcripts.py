"""The transcripts of a file or folder, for `daf convert`."""

import posixpath
from collections.abc import Iterator

from daf_core.decimals import number_of
from daf_core.errors import BadInput, SettingsError
from daf_core.sources.text_encoding import Guessed
from daf_core.sources.transcripts import read_transcript
from daf_core.sources.transcripts.reading.word_document import MAGIC
from daf_core.sources.transcripts.unknown import found_by_magic
from daf_core.sources.transcripts.utterances.speaker_labels import speakers_from_text
from daf_core.sources.transcripts.utterances.tidy import tidy
from daf_core.sources.transcripts.writing import WrittenCue
from daf_core.storage.files import filesystem, join
from jobs.verbs.convert_refused import NO_TEXT, Refused

_HEAD = 4_096  # bytes that tell media from text
_WIDE = (b"\xff\xfe", b"\xfe\xff", b"\0\0\xfe\xff")  # UTF-16 and UTF-32 hold zeros too


def transcripts(
    source: str, out: str, refused: list[Refused], guessed: Guessed
) -> Iterator[tuple[str, list[WrittenCue]]]:
    """Yield the name without suffix and the cues of each transcript, in order of their names.

    `refused` is told of every file that is none, and of entries that cannot be read; `guessed` of
    encodings. Hidden files, and what an earlier run wrote to `out`, are left alone.

    Raises:
        SettingsError: there is nothing at `source`.
    """
    for uri, name in _files(source, out):
        try:
            check_text(uri)
            transcript = read_transcript(uri)
        except BadInput as err:
            refused.append(Refused(uri, err.reason, err.message))
            continue
        if transcript.unread:
            number = number_of(len(transcript.unread), "entry", "entries")
            places = ", ".join(transcript.unread[:3])
            told = f"{uri}: {number} cannot be read: {places}"
            refused.append(Refused(uri, "bad_row", told))
        if transcript.guessed:
            guessed.add(transcript.guessed, posixpath.basename(uri))
        cues = speakers_from_text(tidy(transcript))  # as they are ingested
        yield name, [WrittenCue(cue) for cue in cues]


def check_text(uri: str) -> None:
    """Look at the first bytes of a file, so that media are not read whole.

    Raises:
        BadInput: `no_text`: it is media or another file that holds no text;
            `unreadable_transcript`: it cannot be read.
    """
    fs, path = filesystem(uri)
    try:
        head = fs.cat_file(path, 0, _HEAD)
    except OSError as err:
        raise BadInput("unreadable_transcript", f"{uri}: cannot be read: {err}") from err
    if head.startswith(MAGIC) and uri.lower().endswith(".docx"):
        return
    # Text in UTF-16 without a mark: every other byte is zero. MP4 begins with zeros as well.
    utf_16 = b"\0" in head[:2] and b"\0\0\0" not in head
    if b"\0" in head and not head.startswith(_WIDE) and not utf_16:
        found = found_by_magic(uri, head) or "expected a transcript, found no text"
        raise BadInput(NO_TEXT, f"{uri}: {found}")


def _files(source: str, out: str) -> Iterator[tuple[str, str]]:
    """URI, and name without suffix, of every file."""
    fs, root = filesystem(source)
    if fs.isfile(root):
        yield source, posixpath.splitext(posixpath.basename(root))[0]
        return
    if not fs.isdir(root):
        raise SettingsError(f"{source}: expected a file or folder, found none")
    written = posixpath.relpath(filesystem(out)[1], root)
    for path in sorted(fs.find(root)):
        name = posixpath.relpath(path, root)
        hidden = any(step.startswith(".") for step in name.split("/"))
        if not hidden and name != written and not name.startswith(f"{written}/"):
            yield join(source, name), posixpath.splitext(name)[0]
