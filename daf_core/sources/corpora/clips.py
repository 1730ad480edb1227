"""The recordings beside a corpus's tables."""

import posixpath

from daf_core.sources.folder import AUDIO_SUFFIXES
from daf_core.storage.files import filesystem, join


def clips_under(uri: str) -> dict[str, str]:
    """Recordings anywhere under a folder: path in it without suffix → URI; of several suffixes one.

    Hidden files do not count. Empty where there is no such folder.
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
