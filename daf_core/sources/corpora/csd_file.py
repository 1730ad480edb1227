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

# What h5py raises where a file is damaged or has another layout.
_DAMAGED = (
    *(AttributeError, LookupError, MemoryError, OSError, OverflowError),
    *(RuntimeError, TypeError, ValueError),
)
# A damaged file may declare a dataset far larger than what it stores; zlib's limit is 1,032-fold.
_MOST_TIMES_STORED = 1_100


class Sequence:
    """An open computational sequence; `videos` are the ids of its videos, sorted."""

    def __init__(self, uri: str, data: Any) -> None:
        self.uri = uri
        self.videos: list[str] = sorted(map(_text, data))
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
            features, intervals = map(_values, self._datasets(video))
            intervals = intervals.astype(np.float64)
        except _DAMAGED as err:
            raise self._bad(video, f"cannot be read ({type(err).__name__})") from err
        shapes = features.shape, intervals.shape
        if len(shapes[0]) < 2 or 0 in shapes[0][1:] or shapes[1] != (len(features), 2):
            raise self._bad(video, f"found {shapes[0]} and {shapes[1]}")
        return features, intervals

    def _datasets(self, video: str) -> tuple[Any, Any]:
        return self._data[video]["features"], self._data[video]["intervals"]

    def _bad(self, video: str, found: str) -> BadInput:
        return BadInput(
            "bad_row",
            f"{posixpath.basename(self.uri)}: {shown_name(video)}: expected features (n, …) and "
            f"intervals (n, 2), {found}",
        )


def shown_name(name: str) -> str:
    """A name from a file, which may be any text, made safe for a message of one line."""
    return (name if name.isprintable() else ascii(name)[1:-1])[:100]


def _text(name: str | bytes) -> str:
    """A name from h5py, which gives bytes where it is not UTF-8."""
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name


def _values(dataset: Any) -> AnyArray:
    stored = dataset.id.get_storage_size()
    if dataset.size * dataset.dtype.itemsize > _MOST_TIMES_STORED * stored:
        raise ValueError("expected at most the stored size, found a larger dataset")
    values: AnyArray = np.asarray(dataset[()])
    return values


@contextmanager
def open_sequence(uri: str) -> Iterator[Sequence]:
    """Open a .csd file. Missing metadata are logged as a warning; they are not needed.

    Raises:
        SettingsError: it is not such a file.
    """
    import h5py  # takes 0.25 s, so not at the top

    fs, path = filesystem(uri)
    with fs.open(path, "rb") as file, ExitStack() as opened:
        try:
            roots = opened.enter_context(h5py.File(file, "r"))
            names = [*map(_text, roots)]
            root = roots[names[0]] if names else None
            data = root.get("data") if isinstance(root, h5py.Group) else None
            sequence = Sequence(uri, data) if isinstance(data, h5py.Group) else None
        except _DAMAGED as err:
            raise SettingsError(
                f"{uri}: expected HDF5, cannot be read: {err}; download the file again"
            ) from err
        if sequence is None:
            raise SettingsError(
                f"{uri}: expected a computational sequence, ROOT/data/VIDEO/features, found "
                f"{', '.join(map(shown_name, names)) or 'nothing'} without such data"
            )
        _warn_of_missing(uri, root)
        yield sequence


def _warn_of_missing(uri: str, root: Any) -> None:
    try:
        known = set(root["metadata"].keys())
    except _DAMAGED:
        known = set()
    missing = ", ".join(name for name in _METADATA if name not in known)
    if missing:
        log.warning("%s: lacks the metadata %s; its data are read anyway", uri, missing)
