"""Finding the recordings that belong to a corpus's tables."""

import posixpath

from daf_core.sources.folder import AUDIO_SUFFIXES
from daf_core.storage.files import filesystem, join


def clips_under(uri: str) -> dict[str, str]:
    """Recordings anywhere under a folder, as path within it without suffix → URI.

    Of several recordings that differ only in suffix the first by name is taken. Hidden files are
    ignored. Empty where there is no such folder.
    """
    fs, root = filesystem(uri)
    clips: dict[str, str] = {}
    for path in sorted(fs.find(root)):
        name = posixpath.relpath(path, root)
        stem, suffix = posixpath.splitext(name)
        hidden = any(step.startswith(".") for step in name.split("/"))
        if suffix.lower() in AUDIO_SUFFIXES and not hidden:
            clips.setdefault(stem, join(uri, name))
    return clips
