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
from daf_core.tables import filesystem

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

Array = npt.NDArray[Any]


class Sequence:
    """The videos of an open computational sequence; `videos` are their ids, sorted."""

    def __init__(self, uri: str, data: Any) -> None:
        self.uri = uri
        self.videos: list[str] = sorted(data)
        self._data = data

    def of_video(self, video: str) -> tuple[Array, Array]:
        """Features (n, …) of a video and their intervals (n, 2) in seconds; none of one not there.

        Raises:
            BadInput: `bad_row`, the two are missing, cannot be read or do not belong together.
        """
        if video not in self._data:
            return np.zeros((0, 1)), np.zeros((0, 2))
        try:
            features, intervals = (
                self._data[video][name][()] for name in ("features", "intervals")
            )
        except (KeyError, OSError, RuntimeError, TypeError, ValueError) as err:
            raise self._bad(video, f"cannot be read ({type(err).__name__})") from err
        shapes = np.shape(features), np.shape(intervals)
        if len(shapes[0]) < 2 or 0 in shapes[0][1:] or shapes[1] != (len(features), 2):
            raise self._bad(video, f"found {shapes[0]} and {shapes[1]}")
        return features, np.asarray(intervals, np.float64)

    def _bad(self, video: str, found: str) -> BadInput:
        return BadInput(
            "bad_row",
            f"{posixpath.basename(self.uri)}: {video}: expected features (n, …) and intervals "
            f"(n, 2), {found}",
        )


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
            root = roots[next(iter(roots))] if len(roots) else None
            data = root.get("data") if isinstance(root, h5py.Group) else None
            sequence = Sequence(uri, data) if isinstance(data, h5py.Group) else None
        except (OSError, RuntimeError, KeyError) as err:
            raise SettingsError(
                f"{uri}: expected HDF5, cannot be read: {err}; get the file again"
            ) from err
        if sequence is None:
            raise SettingsError(
                f"{uri}: expected a computational sequence, ROOT/data/VIDEO/features, found "
                f"{', '.join(roots) or 'nothing'} without such data"
            )
        _tell_missing(uri, root)
        yield sequence


def _tell_missing(uri: str, root: Any) -> None:
    known = root.get("metadata", ())
    missing = ", ".join(name for name in _METADATA if name not in known)
    if missing:
        log.warning("%s: lacks the metadata %s; its data are read all the same", uri, missing)
