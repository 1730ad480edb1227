"""Features in NumPy's .npz, as embeddings: one array for each embedding column.

`ids` (rows,) are utterance ids; "text", "audio", "audio_2" … are (rows, features), or
(rows, layers, features) of encoders of which a head may mix the layers. A row of zeros, or with a
value that is not finite, has no features.
"""

import posixpath
import zipfile
from typing import IO, Any

import numpy as np

from daf_core.arrays import AnyArray, BoolArray
from daf_core.embeddings.columns import Column
from daf_core.errors import SettingsError
from daf_core.precomputed.features import Pooled, Precomputed, PrecomputedColumn
from daf_core.sources.table_rows import file_sha256
from daf_core.storage.files import filesystem
from daf_core.weights.specs import STANDARDISED, EncoderSpec

SUFFIX = ".npz"
IDS = "ids"
UNPACKED_BYTES, TIMES_STORED = 2 << 30, 200  # of all arrays, or so many times the file
ROWS = 1_000_000  # or one for each byte of the file: an id and its features take no less


class _PythonObjects(ValueError):
    """An array of Python objects, as pandas keeps texts; reading one may run code."""

    def __init__(self, name: str) -> None:
        kind = "str" if name == IDS else "np.float32"
        expected = "texts" if name == IDS else "numbers"
        super().__init__(
            f"expected {name:.80} as an array of {expected}, found Python objects, which are not "
            f"read; save it as np.array(list({name:.80}), {kind})"
        )


def read_features(uri: str) -> Precomputed:
    """The columns of a file.

    Raises:
        SettingsError: it is no such file, holds more than its size allows, or its arrays do not fit
            each other.
    """
    fs, path = filesystem(uri)
    try:
        with fs.open(path, "rb") as file:
            found = _arrays(file)
            names = _names(found.pop(IDS, None))
    except _PythonObjects as err:
        raise SettingsError(f"{uri}: {err}") from err
    except Exception as err:  # whatever hostile bytes lead zipfile, its codecs and NumPy to
        raise SettingsError(
            f"{uri}: expected NumPy's .npz, found it unreadable: {err!s:.300}"
        ) from err
    if not names:
        raise SettingsError(f"{uri}: expected a row for each utterance, found none in `{IDS}`")
    if not found:
        raise SettingsError(
            f"{uri}: expected arrays such as text or audio beside `{IDS}`, found none"
        )
    source = EncoderSpec(posixpath.basename(uri), STANDARDISED, file_sha256(uri))
    columns = {}
    for name, values in found.items():
        _check(uri, name, values, len(names))
        layers = values.shape[1] if values.ndim == 3 else 1
        pooled = _pooled(values)
        columns[name] = PrecomputedColumn.from_pooled(source, names, pooled, layers)
    return Precomputed(columns, repaired=0)


def _names(ids: AnyArray | None) -> list[str]:
    if ids is None or ids.ndim != 1 or ids.dtype.kind not in "US":
        raise ValueError(f"expected `{IDS}` as texts (rows,), found {_told(ids)}")
    names: list[str] = (np.char.decode(ids, "utf-8") if ids.dtype.kind == "S" else ids).tolist()
    return names


def _arrays(file: IO[bytes]) -> dict[str, AnyArray]:
    """The arrays of a file, whose sizes were checked before any was read."""
    size = file.seek(0, 2)
    file.seek(0)
    left = max(UNPACKED_BYTES, TIMES_STORED * size)
    found: dict[str, AnyArray] = {}
    with zipfile.ZipFile(file) as members:
        for member in members.infolist():
            name = member.filename.removesuffix(".npy")
            if name in found:
                raise ValueError(f"the array {name:.80} stands twice in it; keep one of them")
            with members.open(member) as stream:
                shape, kind, header = _header(stream)
            if kind.hasobject:
                raise _PythonObjects(name)
            needed = int(np.prod(shape, dtype=object)) * kind.itemsize
            left -= needed
            if left < 0 or needed < 0 or needed + header != member.file_size:
                raise ValueError(f"{name:.80}: {needed} bytes of numbers in {size} bytes")
            if shape and shape[0] > max(ROWS, size):  # items of no bytes, or rows of nothing
                raise ValueError(f"{name:.80}: {shape[0]} rows in {size} bytes")
            with members.open(member) as stream:
                found[name] = np.lib.format.read_array(stream, allow_pickle=False)
    return found


def _header(stream: IO[bytes]) -> tuple[tuple[int, ...], np.dtype[Any], int]:
    """Shape and type of an array, and how many bytes say so."""
    version = np.lib.format.read_magic(stream)
    read = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }.get(version)
    if read is None:
        raise ValueError(f"an array of format {version}")
    shape, _, kind = read(stream)
    return shape, kind, stream.tell()


def _check(uri: str, name: str, values: AnyArray, rows: int) -> None:
    try:
        column = Column.from_name(name)
    except SettingsError as err:
        raise SettingsError(f"{uri}: {err}") from err
    if column.view != "pooled" or column.derived is not None or column.all_layers:
        raise SettingsError(f"{uri}: {name}: expected a column such as text, audio or audio_2")
    fits = values.ndim in (2, 3) and len(values) == rows and values.dtype.kind in "fiu"
    if not fits or not all(values.shape[1:]):
        raise SettingsError(
            f"{uri}: expected {name} as numbers ({rows}, features) or ({rows}, layers, features), "
            f"found {_told(values)}"
        )


def _pooled(values: AnyArray) -> Pooled:
    flat = values.reshape(len(values), -1)
    with np.errstate(over="ignore"):  # of long doubles
        finite: BoolArray = np.array([np.isfinite(row.astype(np.float64)).all() for row in flat])
    return Pooled(flat, np.logical_and(finite, flat.any(axis=1)), repaired=0)


def _told(value: AnyArray | None) -> str:
    return "none" if value is None else f"{value.dtype} {value.shape}"
