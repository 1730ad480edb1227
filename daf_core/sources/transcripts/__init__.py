"""Transcripts: one small file per format, and one line of `READERS` for each.

To add a format:

1. Write daf_core/sources/transcripts/NAME.py with one function:

       def read(text: str) -> tuple[list[Cue], list[int]]

   `text` is the whole file, decoded. The function returns the cues in file order, with times in
   seconds, and the line numbers (from 1) at which a block starts whose times cannot be read: such
   a block is quarantined, never dropped. `cue.plain` and `cue.take_out_broken` help with the text
   and the broken blocks. It raises BadInput `unreadable_transcript` where the text is of another
   format. Messages never repeat words of the transcript.
2. Add its suffix to `READERS` below.
3. Add its cases to tests/core/sources/test_transcripts.py; the tests that hold for every format
   take its suffix from `READERS`.
"""

import os
from collections.abc import Callable

from daf_core.errors import BadInput
from daf_core.sources.transcripts import srt, webvtt
from daf_core.sources.transcripts.cue import Cue
from daf_core.storage.files import filesystem

Reader = Callable[[str], tuple[list[Cue], list[int]]]

# Suffix → reader. If a recording has several transcripts, the first of this order is read: WebVTT
# names speakers, SubRip does not.
READERS: dict[str, Reader] = {
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
            f"{uri}: expected UTF-8, found byte {data[err.start]:#04x} at offset {err.start}",
        ) from err
    except OSError as err:
        raise BadInput("unreadable_transcript", f"{uri}: cannot be read: {err}") from err
    try:
        return READERS[os.path.splitext(path)[1].lower()](text)
    except BadInput as err:
        raise BadInput(err.reason, f"{uri}: {err.message}") from err
