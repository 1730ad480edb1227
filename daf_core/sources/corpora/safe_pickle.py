"""Pickles of numpy arrays, read without running anything that they name.

A pickle is a program: it names functions, calls them, and sets the state of the results. This
unpickler accepts only the names that numpy 1 and 2 write for arrays, dtypes and scalars, and maps
them to the stand-ins below, which only store their arguments. Numpy's own functions are not called:
the state of a dtype says which bytes are pointers, and numpy would follow those of a hostile file.
"""

import math
import pickle
import re
import struct
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from daf_core.arrays import AnyArray
from daf_core.errors import SettingsError
from daf_core.storage.files import filesystem

_PLAIN = re.compile(r"[biufc]\d{1,2}|[SU]\d{1,6}|O8?")
_LAST_CHARACTER = 0x10FFFF


def load_arrays(uri: str) -> Any:
    """The containers, arrays, texts and numbers of a pickle, all of it in memory.

    Raises:
        SettingsError: there is no such file, it is damaged, or it calls anything else.
    """
    fs, path = filesystem(uri)
    try:
        with fs.open(path, "rb") as file:
            return _Resolver()(_ArraysUnpickler(file, encoding="latin1").load())
    except FileNotFoundError as err:
        raise SettingsError(f"{uri}: expected a pickle, found no file") from err
    except _NotAllowed as err:
        raise SettingsError(
            f"{uri}: refused, nothing of it was run: expected a pickle of arrays, texts and "
            f"numbers, found a call of {err}; download the file from its publisher and compare "
            f"its SHA-256 with theirs"
        ) from err
    except Exception as err:  # a damaged pickle may raise anything
        raise SettingsError(
            f"{uri}: expected a pickle of arrays, cannot be read ({type(err).__name__}): it is "
            f"damaged, cut short, or larger than memory; download it again"
        ) from err


class _NotAllowed(Exception):
    """The pickle names something that it may not call; the message is that name."""


class _Dtype:
    """Stand-in for a dtype of plain numbers, texts or objects: numpy.dtype("f4", False, True)."""

    def __init__(self, name: Any, *_flags: Any) -> None:
        if not isinstance(name, str) or not _PLAIN.fullmatch(name):
            raise ValueError("expected a dtype of plain numbers, texts or objects")
        self.name = name
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        """Takes only the byte order; the rest of the state is for dtypes of other kinds."""
        if state[1] not in ("<", ">", "=", "|"):
            raise ValueError("expected a byte order")
        self.order = state[1]

    def to_numpy(self) -> "np.dtype[Any]":
        """The dtype."""
        return np.dtype("O") if self.name[0] == "O" else np.dtype(self.order + self.name)


class _Array:
    """Stand-in for an array; its parts are checked when the array is made."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts  # bytes or objects, dtype, shape, order, axes

    def __setstate__(self, state: Any) -> None:
        """(version, shape, dtype, whether in Fortran order, bytes or objects)."""
        shape, dtype, in_fortran_order, data = state[-4:]
        self.parts = (data, dtype, shape, "F" if in_fortran_order else "C")


def _reconstruct(kind: Any, *_empty: Any) -> _Array:
    if kind is not _NDARRAY:
        raise ValueError("expected an array")
    return _Array()


def _scalar(dtype: Any, data: Any) -> Any:
    return _from_bytes(data, dtype, ())[()]


def _bytes(text: str = "", encoding: str = "latin1") -> bytes:
    """Bytes, which protocols 0 to 2 write as text; no other codec is looked up."""
    if not isinstance(text, str) or encoding != "latin1":
        raise _NotAllowed("a codec")
    return text.encode("latin1")


_NDARRAY = object()  # stands for numpy.ndarray, an argument of _reconstruct
_STAND_INS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _bytes,
    ("builtins", "bytes"): _bytes,
}


class _PlainKeys(dict[Any, Any]):
    """A dict whose keys are texts or numbers: hashing nested tuples may take forever."""

    __slots__ = ()  # so that a pickle cannot set attributes

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, str | int | float):
            raise ValueError("expected texts or numbers as keys")
        super().__setitem__(key, value)


def _empty_dict(unpickler: Any) -> None:
    unpickler.append(_PlainKeys())


def _dict(unpickler: Any) -> None:
    keys_and_values, held = unpickler.pop_mark(), _PlainKeys()
    for key, value in zip(keys_and_values[::2], keys_and_values[1::2], strict=True):
        held[key] = value
    unpickler.append(held)


def _bytearray(unpickler: Any) -> None:
    """Bytes that are there: the usual step takes memory for whatever size is declared."""
    (size,) = struct.unpack("<Q", unpickler.read(8))
    held = unpickler.read(size)
    if len(held) != size:
        raise EOFError
    unpickler.append(bytearray(held))


_SETS = pickle.EMPTY_SET + pickle.ADDITEMS + pickle.FROZENSET


class _ArraysUnpickler(pickle._Unpickler):
    """Python's unpickler that is written in Python, restricted.

    The one in C allocates its memo up to the largest index that a pickle names, and the way it
    makes dicts cannot be changed.
    """

    dispatch: ClassVar = {
        **{code: step for code, step in pickle._Unpickler.dispatch.items() if code not in _SETS},
        pickle.EMPTY_DICT[0]: _empty_dict,
        pickle.DICT[0]: _dict,
        pickle.BYTEARRAY8[0]: _bytearray,
    }

    def find_class(self, module: str, name: str) -> Any:
        as_in_numpy_1 = module.replace("numpy._core", "numpy.core")
        known = as_in_numpy_1.replace("__builtin__", "builtins")  # protocols 0 to 2
        if (known, name) == ("numpy", "ndarray"):
            return _NDARRAY
        if (known, name) not in _STAND_INS:
            raise _NotAllowed(ascii(f"{module}.{name}")[1:-1][:100])
        call = _STAND_INS[known, name]
        return lambda *given: call(*given)  # a new function: a pickle may set attributes of it


class _Resolver:
    """Replaces the stand-ins within a value by arrays; a value that occurs twice is made once."""

    def __init__(self) -> None:
        self._made: dict[int, Any] = {}

    def __call__(self, value: Any) -> Any:
        if not isinstance(value, dict | list | tuple | _Array):
            return value
        if id(value) not in self._made:
            self._made[id(value)] = self._make(value)
        return self._made[id(value)]

    def _make(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self(held) for key, held in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(map(self, value))
        data, dtype, shape, order, *axes = value.parts
        if isinstance(data, list):
            return self._objects(data, shape, order)
        if order == "K" and axes:
            return _from_bytes(data, dtype, shape).transpose(axes[0])
        return _from_bytes(data, dtype, shape, order)

    def _objects(self, values: list[Any], shape: Any, order: Any) -> AnyArray:
        if len(values) != _count(shape):
            raise ValueError("expected as many objects as the shape has")
        flat = np.empty(len(values), object)
        for place, value in enumerate(values):
            flat[place] = self(value)
        whole: AnyArray = flat.reshape(shape, order=order)
        return whole


def _from_bytes(data: Any, dtype: Any, shape: Any, order: Any = "C") -> AnyArray:
    """An array of numbers or texts; it shares the memory of the bytes."""
    if isinstance(data, str):  # as Python 2 wrote bytes
        data = data.encode("latin1")
    kind, count = dtype.to_numpy(), _count(shape)
    if kind.hasobject or not isinstance(data, bytes | bytearray):
        raise ValueError("expected bytes")
    if len(data) != count * kind.itemsize or (count > 1 and not data):
        raise ValueError(f"expected {count} times {kind.itemsize} bytes, found {len(data)}")
    flat = np.frombuffer(data, kind) if data else np.zeros(count, kind)
    codes = flat.view(f"{kind.byteorder}u4") if kind.kind == "U" else ()
    if np.max(codes, initial=0) > _LAST_CHARACTER:
        raise ValueError("expected Unicode")
    whole: AnyArray = flat.reshape(shape, order=order)
    return whole


def _count(shape: Any) -> int:
    if not all(isinstance(size, int) and size >= 0 for size in shape):
        raise ValueError("expected sizes")
    return math.prod(shape)
