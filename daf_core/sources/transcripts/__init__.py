"""Transcripts: one small file per format, one line here for each.

A reader takes the text of a transcript and gives its cues in file order, and the numbers of the
lines at which a block begins that cannot be read as a cue: none is passed over.
"""

import os
from collections.abc import Callable

from daf_core.errors import BadInput
from daf_core.sources.transcripts import srt, webvtt
from daf_core.sources.transcripts.cue import Cue
from daf_core.storage.files import filesystem

# In order of preference, where one recording has several: WebVTT names speakers, SubRip does not.
READERS: dict[str, Callable[[str], tuple[list[Cue], list[int]]]] = {
    ".vtt": webvtt.read,
    ".srt": srt.read,
}


def read_transcript(uri: str) -> tuple[list[Cue], list[int]]:
    """Read the cues of a transcript, and the line numbers of cues whose times cannot be read.

    Raises:
        BadInput: `bad_encoding` (not UTF-8) or `unreadable_transcript`.
    """
    fs, path = filesystem(uri)
    try:
        data: bytes = fs.cat_file(path)
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as err:
        raise BadInput(
            "bad_encoding",
            f"{uri}: expected UTF-8, found byte {data[err.start]:#04x} at {err.start}",
        ) from err
    except OSError as err:
        raise BadInput("unreadable_transcript", f"{uri}: cannot be read: {err}") from err
    try:
        return READERS[os.path.splitext(path)[1].lower()](text)
    except BadInput as err:
        raise BadInput(err.reason, f"{uri}: {err.message}") from err
