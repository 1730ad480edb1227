"""Computational sequences of the CMU Multimodal SDK: .csd files, which are HDF5.

ROOT/data/VIDEO/features (n, …) and intervals (n, 2) in seconds; ROOT/metadata/KEY, JSON texts. The
first root is read, as the SDK does (mmsdk/mmdatasdk/computational_sequence/file_ops.py).
"""

import logging
import posixpath
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from daf_core.errors import BadInput, SettingsError
from daf_core.storage.files import filesystem

log = logging.getLogger(__name__)
SUFFIX = ".csd"
# Those of the SDK's template but for two whose names it runs into one another.
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

# What h5py raises where a file is damaged, or holds something else than is read.
_DAMAGED = (
    *(AttributeError, LookupError, MemoryError, OSError, OverflowError),
    *(RuntimeError, TypeError, ValueError),
)
# A dataset may say that it is far larger than what the file stores of it; zlib's limit is 1,032.
_MOST_TIMES_STORED = 1_100

Array = npt.NDArray[Any]


class Sequence:
    """The videos of an open computational sequence; `videos` are their ids, sorted."""

    def __init__(self, uri: str, data: Any) -> None:
        self.uri = uri
        self.videos: list[str] = sorted(map(_text, data))
        self._known = set(self.videos)
        self._data = data

    def of_video(self, video: str) -> tuple[Array, Array]:
        """Features (n, …) of a video and their intervals (n, 2) in seconds; none of one not there.

        Raises:
            BadInput: `bad_row`, the two are missing, cannot be read or do not belong together.
        """
        if video not in self._known:
            return np.zeros((0, 1)), np.zeros((0, 2))
        try:
            features, intervals = map(_values, self._of(video))
            intervals = intervals.astype(np.float64)
        except _DAMAGED as err:
            raise self._bad(video, f"cannot be read ({type(err).__name__})") from err
        shapes = features.shape, intervals.shape
        if len(shapes[0]) < 2 or 0 in shapes[0][1:] or shapes[1] != (len(features), 2):
            raise self._bad(video, f"found {shapes[0]} and {shapes[1]}")
        return features, intervals

    def _of(self, video: str) -> tuple[Any, Any]:
        return self._data[video]["features"], self._data[video]["intervals"]

    def _bad(self, video: str, found: str) -> BadInput:
        return BadInput(
            "bad_row",
            f"{posixpath.basename(self.uri)}: {shown_name(video)}: expected features (n, …) and "
            f"intervals (n, 2), {found}",
        )


def shown_name(name: str) -> str:
    """A name in a file, which may hold anything, for one line of a message."""
    return (name if name.isprintable() else ascii(name)[1:-1])[:100]


def _text(name: str | bytes) -> str:
    """A name as h5py gives it: bytes where it is no UTF-8."""
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name


def _values(dataset: Any) -> Array:
    stored = dataset.id.get_storage_size()
    if dataset.size * dataset.dtype.itemsize > _MOST_TIMES_STORED * stored:
        raise ValueError("larger than what is stored of it")
    values: Array = np.asarray(dataset[()])
    return values


@contextmanager
def open_sequence(uri: str) -> Iterator[Sequence]:
    """Open a .csd file; metadata that it lacks are told in the log, and nothing here needs them.

    Raises:
        SettingsError: this is no such file.
    """
    import h5py  # takes a quarter of a second

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
                f"{uri}: expected HDF5, cannot be read: {err}; get the file again"
            ) from err
        if sequence is None:
            raise SettingsError(
                f"{uri}: expected a computational sequence, ROOT/data/VIDEO/features, found "
                f"{', '.join(map(shown_name, names)) or 'nothing'} without such data"
            )
        _tell_missing(uri, root)
        yield sequence


def _tell_missing(uri: str, root: Any) -> None:
    try:
        known = set(root["metadata"].keys())
    except _DAMAGED:
        known = set()
    missing = ", ".join(name for name in _METADATA if name not in known)
    if missing:
        log.warning("%s: lacks the metadata %s; its data are read all the same", uri, missing)
