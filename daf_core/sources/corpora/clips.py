"""Finding the recordings that belong to a corpus's tables."""

import posixpath

from daf_core.sources.recording_names import names_a_recording
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
        stem = posixpath.splitext(name)[0]
        hidden = any(step.startswith(".") for step in name.split("/"))
        if names_a_recording(name) and not hidden:
            clips.setdefault(stem, join(uri, name))
    return clips
