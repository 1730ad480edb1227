"""Computational sequences of the CMU Multimodal SDK: .csd files, which are HDF5.

ROOT/data/VIDEO/features (n, …) and intervals (n, 2) in seconds; ROOT/metadata/KEY, JSON texts. If
there are several roots the first is read, as by the SDK
(mmsdk/mmdatasdk/computational_sequence/file_ops.py).
"""

import logging
import posixpath
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np

from daf_core.arrays import AnyArray
from daf_core.errors import BadInput, SettingsError
from daf_core.sources.corpora.own_hdf5 import DAMAGED, Elsewhere, member, names_in, values
from daf_core.storage.files import filesystem

log = logging.getLogger(__name__)
SUFFIX = ".csd"
# The keys of the SDK's template, except two whose names a missing comma there joins into one.
_METADATA = (
    "root name",
    "computational sequence description",
    "alignment compatible",
    "dataset name",
    "dataset version",
    "creator",
    "contact",
    "featureset bib citation",
    "dataset bib citation",
)

SHOWN = 8  # names in a message


class Sequence:
    """An open computational sequence; `videos` are the ids of its videos, sorted."""

    def __init__(self, uri: str, data: Any) -> None:
        self.uri = uri
        self.videos: list[str] = sorted(names_in(data))
        self._known = set(self.videos)
        self._data = data

    def read(self, video: str) -> tuple[AnyArray, AnyArray]:
        """Features (n, …) of a video and their intervals (n, 2) in seconds.

        n is 0 where the file lacks the video.

        Raises:
            BadInput: `bad_row`: one of the two is missing, cannot be read, or has another length.
        """
        if video not in self._known:
            return np.zeros((0, 1)), np.zeros((0, 2))
        try:
            held = member(self._data, video)
            features, intervals = (values(member(held, name)) for name in ("features", "intervals"))
            intervals = intervals.astype(np.float64)
        except Elsewhere as err:
            raise self._bad(video, str(err)) from err
        except DAMAGED as err:
            raise self._bad(video, f"cannot be read ({type(err).__name__})") from err
        shapes = features.shape, intervals.shape
        if len(shapes[0]) < 2 or 0 in shapes[0][1:] or shapes[1] != (len(features), 2):
            raise self._bad(video, f"found {shapes[0]} and {shapes[1]}")
        return features, intervals

    def _bad(self, video: str, found: str) -> BadInput:
        return BadInput(
            "bad_row",
            f"{posixpath.basename(self.uri)}: {shown_name(video)}: expected features (n, …) and "
            f"intervals (n, 2), {found}",
        )


def shown_name(name: str) -> str:
    """A name from a file, which may be any text, made safe for a message of one line."""
    return (name if name.isprintable() else ascii(name)[1:-1])[:100]


@contextmanager
def open_sequence(uri: str) -> Iterator[Sequence]:
    """Open a .csd file. Missing metadata are logged as a warning; they are not needed.

    Only what lies in the file itself is read (`own_hdf5`).

    Raises:
        SettingsError: it is not such a file.
    """
    import h5py  # takes 0.25 s, so not at the top

    fs, path = filesystem(uri)
    with fs.open(path, "rb") as file, ExitStack() as opened:
        try:
            roots = opened.enter_context(h5py.File(file, "r"))
            names = names_in(roots)
            root = member(roots, names[0]) if names else None
            is_group = isinstance(root, h5py.Group) and root.get("data", getlink=True)
            data = member(root, "data") if is_group else None
            sequence = Sequence(uri, data) if isinstance(data, h5py.Group) else None
        except DAMAGED as err:
            raise SettingsError(
                f"{uri}: expected HDF5, cannot be read: {err}; download the file again"
            ) from err
        if sequence is None:
            raise SettingsError(
                f"{uri}: expected a computational sequence, ROOT/data/VIDEO/features, found "
                f"{', '.join(map(shown_name, names[:SHOWN])) or 'nothing'} without such data"
            )
        _warn_of_missing(uri, root)
        yield sequence


def _warn_of_missing(uri: str, root: Any) -> None:
    try:
        known = set(names_in(member(root, "metadata")))
    except DAMAGED:
        known = set()
    missing = ", ".join(name for name in _METADATA if name not in known)
    if missing:
        log.warning("%s: lacks the metadata %s; its data are read anyway", uri, missing)
