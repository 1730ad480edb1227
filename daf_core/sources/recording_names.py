"""Whether the name of a file says that it is a recording."""

import mimetypes
import posixpath

_MORE = frozenset({
    ".wav", ".flac", ".opus", ".oga", ".m4a", ".m4b", ".mka", ".mkv", ".amr", ".awb", ".caf",
    ".wma", ".wmv", ".gsm", ".g722", ".sph", ".w64", ".rf64", ".ts", ".mts", ".flv", ".weba",
    ".3gp", ".aif", ".au", ".voc", ".wv",
})  # fmt: skip


_TYPES = mimetypes.MimeTypes()  # Python's own table; that of the machine would differ


def names_a_recording(name: str) -> bool:
    """Whether a file's suffix is one of audio or video. What the file holds may be another thing:
    this decides only how a file that cannot be read is told.
    """
    suffix = posixpath.splitext(name)[1].lower()
    kind = _TYPES.guess_type(f"a{suffix}")[0] or ""
    return suffix in _MORE or kind.startswith(("audio/", "video/"))
