"""HDF5 read so that only data that lie in the file itself are reached.

HDF5 can name other files in four ways: external links, soft links to such, datasets in external
storage, and virtual datasets. The HDF5 library opens what they name by itself, whatever file it
was given. So only hard links are followed, and a dataset is read only if it is stored in the file,
by filters of HDF5 itself. This is checked before the library is asked for shape or values.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from daf_core.arrays import AnyArray

# What h5py raises where a file is damaged or has another layout.
DAMAGED = (
    *(AttributeError, LookupError, MemoryError, OSError, OverflowError),
    *(RuntimeError, TypeError, ValueError),
)
LARGEST = 256 << 20  # bytes of a dataset: a video of hours has far fewer features
MOST_NAMES = 1 << 20  # in a group
# A damaged file may declare a dataset far larger than what it stores; zlib's limit is 1,032-fold.
MOST_TIMES_STORED = 1_100
_BATCH = 256  # values of variable length that are read at once
_FILTERS = range(1, 7)  # deflate, shuffle, fletcher32, szip, nbit, scaleoffset
_LZF = 32_000  # h5py's own


class Elsewhere(ValueError):
    """What was asked for does not lie in the file."""


def names_in(group: Any) -> list[str]:
    """Names of what a group holds, in the order of HDF5.

    Raises:
        ValueError: there are more than MOST_NAMES.
    """
    if len(group) > MOST_NAMES:
        raise ValueError(f"expected at most {MOST_NAMES} names in a group, found {len(group)}")
    return [_text(name) for name in group]


def member(group: Any, name: str) -> Any:
    """The group or dataset of this name, which lies in the file.

    Raises:
        Elsewhere: a link leads out of the group, or the dataset is stored elsewhere.
        KeyError, ValueError, RuntimeError: there is none, or the file is damaged.
    """
    import h5py

    link = group.get(name, getlink=True)
    if link is None:
        raise KeyError(name)
    if not isinstance(link, h5py.HardLink):
        raise Elsewhere("found a link in place of the data, which is not followed")
    found = group[name]
    if isinstance(found, h5py.Dataset):
        _check_stored(found)
    return found


def values(dataset: Any) -> AnyArray:
    """All values of a dataset from `member`.

    Raises:
        ValueError: they are too many, or more than the file can store.
    """
    size = dataset.size * dataset.dtype.itemsize
    if size > MOST_TIMES_STORED * dataset.id.get_storage_size():
        raise ValueError("expected at most the stored size, found a larger dataset")
    if size > LARGEST:
        raise ValueError(f"expected at most {LARGEST} bytes, found {size}")
    if not dataset.dtype.hasobject:
        return np.asarray(dataset[()])
    return np.concatenate([*_batches(dataset)])


def _batches(dataset: Any) -> Iterator[AnyArray]:
    """Values of variable length, a few at a time: many may be the same large one in the file."""
    at_once = min(_BATCH, LARGEST // max(1, dataset.file.id.get_filesize()))
    rows = max(1, at_once // max(1, int(np.prod(dataset.shape[1:]))))
    left = LARGEST
    for start in range(0, max(1, len(dataset)), rows):
        batch: AnyArray = np.asarray(dataset[start : start + rows])
        left -= sum(len(one) if hasattr(one, "__len__") else 8 for one in batch.flat)
        if left < 0:
            raise ValueError(f"expected at most {LARGEST} bytes, found more")
        yield batch


def _check_stored(dataset: Any) -> None:
    """Check where the values are stored; neither shape nor values are asked for."""
    import h5py

    how = dataset.id.get_create_plist()
    if how.get_external_count() or how.get_layout() not in (
        *(h5py.h5d.CONTIGUOUS, h5py.h5d.CHUNKED),
        h5py.h5d.COMPACT,
    ):
        raise Elsewhere("found data that are stored in another file, which is not opened")
    for number in range(how.get_nfilters()):
        code = how.get_filter(number)[0]
        if code not in _FILTERS and code != _LZF:
            raise Elsewhere("found a filter that is none of HDF5")


def _text(name: str | bytes) -> str:
    """A name from h5py, which gives bytes where it is not UTF-8."""
    return name.decode("utf-8", "surrogateescape") if isinstance(name, bytes) else name
