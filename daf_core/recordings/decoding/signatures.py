"""Files that are no recordings, told by their first bytes before any decoder sees them.

Formats without a magic number (MP3, AAC) are recognised by a few bits, which a long text or a
picture has somewhere.
"""

import codecs
import os.path

HEAD_BYTES = 4096

# fmt: off
_FOREIGN = (
    (b"%PDF", "a PDF"), (b"\x89PNG", "a picture"), (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"), (b"II*\0", "a picture"), (b"MM\0*", "a picture"),
    (b"BM", "a picture"), (b"8BPS", "a picture"), (b"\0\0\1\0", "a picture"),
    (b"PK\x03\x04", "an archive"), (b"PK\x05\x06", "an archive"), (b"\x1f\x8b", "an archive"),
    (b"Rar!", "an archive"), (b"7z\xbc\xaf", "an archive"), (b"\xfd7zXZ", "an archive"),
    (b"BZh", "an archive"), (b"\x28\xb5\x2f\xfd", "an archive"),
    (b"\x7fELF", "a program"), (b"MZ", "a program"), (b"PAR1", "a Parquet table"),
    (b"SQLite format 3", "a database"), (b"\x89HDF", "an HDF5 file"), (b"ARROW1", "a table"),
    (b"\x93NUMPY", "an array"), (b"\xd0\xcf\x11\xe0", "a document"), (b"%!PS", "a document"),
    (b"{\\rtf", "a document"),
)
# fmt: on
_TEXT_THAT_IS_SOUND = (b"NIST_1A", b"#!AMR", b"fLaC", b"RIFF", b"OggS", b"FORM", b"ID3")
_CONTROL = frozenset(range(32)) - frozenset(b"\t\n\r\f\x1b")

# Formats that cannot be told from their content: suffix → FFmpeg's demuxer.
BY_SUFFIX = {".g722": "g722", ".gsm": "gsm", ".sln": "sln"}


def foreign(head: bytes) -> str | None:
    """What a file that is no recording is, by its first bytes (up to HEAD_BYTES); else None."""
    for magic, what in _FOREIGN:
        if head.startswith(magic):
            return what
    if head[8:12] == b"WEBP" and head.startswith(b"RIFF"):
        return "a picture"
    return "a text" if _is_text(head) else None


def _is_text(head: bytes) -> bool:
    """Whether all of `head` is text: UTF-8 or another extension of ASCII, or UTF-16 with a mark."""
    if head.startswith(_TEXT_THAT_IS_SOUND):
        return False
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16-le" if head.startswith(codecs.BOM_UTF16_LE) else "utf-16-be"
        words = head[2 : len(head) // 2 * 2].decode(encoding, errors="replace")
        return "\ufffd" not in words[:-1] and not any(ord(letter) in _CONTROL for letter in words)
    if not _CONTROL.isdisjoint(head):
        return False
    # Text in an 8-bit encoding is mostly ASCII; sound without any control byte is not.
    return sum(byte < 128 for byte in head) > 0.7 * len(head)


def form_by_suffix(uri: str) -> str | None:
    """FFmpeg's name of a format that only the suffix tells, by the suffix; else None."""
    return BY_SUFFIX.get(os.path.splitext(uri)[1].lower())
