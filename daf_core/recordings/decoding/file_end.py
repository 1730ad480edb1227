"""Whether the file of a recording goes on after the sound that is decoded, or ends before it.

Decoders stop where the first header says: of WAVs that were joined byte by byte only the first is
heard. What a tag or padding explains is no sound. Of a file that was copied in part they decode
what is there, and say nothing.
"""

from typing import Any

from daf_core.recordings.decoding.form_ends import form_end
from daf_core.recordings.decoding.mpeg_frames import id3_size
from daf_core.recordings.decoding.ogg_pages import breaks_off, page_end
from daf_core.recordings.decoding.signatures import HEAD_BYTES

MOST_SLACK = 1024  # bytes that need no explanation
LOOKED_AT = 1 << 16  # bytes at both ends of the rest
MOST_TAGS = 8
_IN_BLOCKS = frozenset({"asf", "mpeg", "mpegts", "rm", "mxf", "nut", "wtv", "gxf"})
_BLOCK_BYTES = 1 << 16


def end_flag(file: Any, heard_to: int, has_form: bool = True) -> str | None:
    """`ends_early`: the header promises bytes that are not there. `unheard_rest`: bytes lie behind
    the sound that neither tags nor padding explain. None: neither.

    heard_to: where the decoder stopped, 0 if it does not say; has_form: whether the first bytes
    of the file say what it is. The file stays where it is.
    """
    at = file.tell()
    try:
        size: int = file.seek(0, 2)
        file.seek(0)
        head: bytes = file.read(HEAD_BYTES) if has_form else b""
        end = form_end(file, head, size)
        if end > size + MOST_SLACK or (head.startswith(b"OggS") and breaks_off(file, size)):
            return "ends_early"
        end = min(end, size) or heard_to
        return "unheard_rest" if end and not _is_explained(file, end, size) else None
    finally:
        file.seek(at)


def packet_end(file: Any, form: str, start: int, size: int) -> int:
    """Where the last packet of sound ends, or what it is packed in, in a file of FFmpeg's `form`.

    start: the byte that FFmpeg gives for the packet; size: its bytes; 0 and 0: there is none.
    """
    if form == "ogg" and size:
        return page_end(file, start)
    return start + size + (_BLOCK_BYTES if form in _IN_BLOCKS else 0)


def _is_explained(file: Any, end: int, size: int) -> bool:
    """Whether the bytes from `end` on are few, tags, or one byte again and again.

    What closes a form, such as an index, may come before the padding.
    """
    for _ in range(MOST_TAGS):
        if size - end <= MOST_SLACK:
            return True
        file.seek(end)
        first: bytes = file.read(LOOKED_AT)
        tag = _tag_size(first)
        if not tag:
            break
        end += tag
    file.seek(max(end + MOST_SLACK, size - LOOKED_AT))
    last = _without_tag(file.read(LOOKED_AT))
    return len({*first[MOST_SLACK : size - end - 128], *last}) <= 1


def _tag_size(start: bytes) -> int:
    """Bytes of the tag that starts here; 0 if none does."""
    if start.startswith(b"APETAGEX"):
        return 32 + int.from_bytes(start[12:16], "little")
    if start.startswith(b"LYRICSBEGIN"):
        return max(start.find(b"LYRICSEND"), start.find(b"LYRICS200")) + 9
    if start.startswith(b"TAG"):
        return 227 if start.startswith(b"TAG+") else 128
    return id3_size(start[:10])


def _without_tag(last: bytes) -> bytes:
    """The last bytes of a file without an ID3v1 tag."""
    return last[:-128] if last[-128:-125] == b"TAG" else last
