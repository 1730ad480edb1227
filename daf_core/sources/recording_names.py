"""What the name of a file says of it, and how else it may be written."""

import mimetypes
import posixpath
import unicodedata

_MORE = frozenset({
    ".wav", ".flac", ".mp3", ".mp2", ".ogg", ".oga", ".opus", ".spx", ".m4a", ".m4b", ".mka",
    ".mkv", ".mp4", ".m4v", ".mov", ".avi", ".mpg", ".mpeg", ".webm", ".weba", ".ts", ".mts",
    ".flv", ".3gp", ".3g2", ".ogv", ".aac", ".ac3", ".dts", ".amr", ".awb", ".caf", ".wma",
    ".wmv", ".gsm", ".g722", ".sph", ".w64", ".rf64", ".aif", ".aiff", ".aifc", ".au", ".snd",
    ".voc", ".wv", ".tta", ".ape", ".rm", ".ra",
})  # fmt: skip


_TYPES = mimetypes.MimeTypes()  # Python's own table; that of the machine would differ


def names_a_recording(name: str) -> bool:
    """Whether a file's suffix is one of audio or video. What the file holds may be another thing:
    this decides only how a file that cannot be read is told.
    """
    suffix = posixpath.splitext(name)[1].lower()
    kind = _TYPES.guess_type(f"a{suffix}")[0] or ""
    return suffix in _MORE or kind.startswith(("audio/", "video/"))


def other_spellings(path: str) -> list[str]:
    """How a path may be written on this machine that another wrote down: Windows has backslashes,
    macOS takes accents apart (NFD), others do not (NFC). The path itself is not among them.
    """
    slashed = path.replace("\\", "/")
    forms = [unicodedata.normalize(form, slashed) for form in ("NFC", "NFD")]
    return [one for one in dict.fromkeys([slashed, *forms]) if one != path]
