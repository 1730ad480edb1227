"""Pickles of numpy arrays, read without running anything that they name.

A pickle is a program: it names functions, calls them, and sets the state of what they return. Here
it may use the names that numpy 1 and 2 write for arrays, dtypes and scalars, and these lead to the
stand-ins below, which only keep what they are given. Numpy's own are not called: the state of a
dtype says which bytes are pointers, so that numpy follows where a hostile or damaged one leads.
"""

import math
import pickle
import re
from collections.abc import Callable
from typing import Any, ClassVar, TypeAlias

import numpy as np
import numpy.typing as npt

from daf_core.errors import SettingsError
from daf_core.storage.files import filesystem

Array: TypeAlias = npt.NDArray[Any]

_PLAIN = re.compile(r"[biufc]\d{1,2}|[SU]\d{1,6}|O8?")
_LAST_CHARACTER = 0x10FFFF


def load_arrays(uri: str) -> Any:
    """The containers, arrays, texts and numbers of a pickle, all of it in memory.

    Raises:
        SettingsError: there is no such file, it is damaged, or it wants something else called.
    """
    fs, path = filesystem(uri)
    try:
        with fs.open(path, "rb") as file:
            return _Finished()(_ArraysUnpickler(file, encoding="latin1").load())
    except FileNotFoundError as err:
        raise SettingsError(f"{uri}: expected a pickle, found no file") from err
    except _NotAllowed as err:
        raise SettingsError(
            f"{uri}: refused, nothing of it was run: expected a pickle of arrays, texts and "
            f"numbers, but it wants to call {err}; take the file from its publisher, and compare "
            f"its SHA-256 with theirs"
        ) from err
    except Exception as err:  # whatever such a program may run into
        raise SettingsError(
            f"{uri}: expected a pickle of arrays, cannot be read ({type(err).__name__}): it is "
            f"damaged, cut short, or larger than memory"
        ) from err


class _NotAllowed(Exception):
    """What the pickle named."""


class _Dtype:
    """Stands for a dtype of plain numbers, texts or objects: numpy.dtype("f4", False, True)."""

    def __init__(self, name: Any, *_flags: Any) -> None:
        if not isinstance(name, str) or not _PLAIN.fullmatch(name):
            raise ValueError("expected a dtype of plain numbers, texts or objects")
        self.name = name
        self.order = "="

    def __setstate__(self, state: Any) -> None:
        """Only the order of bytes is taken; the rest is for dtypes of other kinds."""
        if state[1] not in ("<", ">", "=", "|"):
            raise ValueError("expected an order of bytes")
        self.order = state[1]

    def made(self) -> "np.dtype[Any]":
        return np.dtype("O") if self.name[0] == "O" else np.dtype(self.order + self.name)


class _Array:
    """Stands for an array; of what it is made is checked when it is."""

    def __init__(self, *parts: Any) -> None:
        self.parts = parts  # bytes or objects, dtype, shape, order, axes

    def __setstate__(self, state: Any) -> None:
        """(version, shape, dtype, whether in Fortran order, bytes or objects)."""
        shape, dtype, in_fortran_order, data = state[-4:]
        self.parts = (data, dtype, shape, "F" if in_fortran_order else "C")


def _array_to_be(kind: Any, *_empty: Any) -> _Array:
    if kind is not _NDARRAY:
        raise ValueError("expected an array")
    return _Array()


def _scalar(dtype: Any, data: Any) -> Any:
    return _from_bytes(data, dtype, ())[()]


def _bytes(text: str = "", encoding: str = "latin1") -> bytes:
    """Bytes as protocols 0 to 2 write them; no other codec is looked up."""
    if not isinstance(text, str) or encoding != "latin1":
        raise _NotAllowed("a codec")
    return text.encode("latin1")


_NDARRAY = object()  # what numpy.ndarray leads to, an argument of _reconstruct
_KNOWN: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy.core.multiarray", "_reconstruct"): _array_to_be,
    ("numpy.core.multiarray", "scalar"): _scalar,
    ("numpy.core.numeric", "_frombuffer"): _Array,
    ("numpy", "dtype"): _Dtype,
    ("_codecs", "encode"): _bytes,
    ("builtins", "bytes"): _bytes,
}


class _Keyed(dict[Any, Any]):
    """A dict by texts and numbers: to hash tuples in each other, each twice, may never end."""

    __slots__ = ()  # so that a pickle cannot set attributes

    def __setitem__(self, key: Any, value: Any) -> None:
        if not isinstance(key, str | int | float):
            raise ValueError("expected texts or numbers as keys")
        super().__setitem__(key, value)


def _empty_dict(unpickler: Any) -> None:
    unpickler.append(_Keyed())


def _dict(unpickler: Any) -> None:
    keys_and_values, held = unpickler.pop_mark(), _Keyed()
    for key, value in zip(keys_and_values[::2], keys_and_values[1::2], strict=True):
        held[key] = value
    unpickler.append(held)


_SETS = pickle.EMPTY_SET + pickle.ADDITEMS + pickle.FROZENSET


class _ArraysUnpickler(pickle._Unpickler):
    """The unpickler that is written in Python. The one in C takes memory for all places of its memo
    up to the furthest that a pickle names, and how it makes dicts cannot be changed.
    """

    dispatch: ClassVar = {
        **{code: step for code, step in pickle._Unpickler.dispatch.items() if code not in _SETS},
        pickle.EMPTY_DICT[0]: _empty_dict,
        pickle.DICT[0]: _dict,
    }

    def find_class(self, module: str, name: str) -> Any:
        as_in_numpy_1 = module.replace("numpy._core", "numpy.core")
        known = as_in_numpy_1.replace("__builtin__", "builtins")  # protocols 0 to 2
        if (known, name) == ("numpy", "ndarray"):
            return _NDARRAY
        if (known, name) not in _KNOWN:
            raise _NotAllowed(ascii(f"{module}.{name}")[1:-1][:100])
        call = _KNOWN[known, name]
        return lambda *given: call(*given)  # a new one: a pickle may set what has attributes


class _Finished:
    """Values with arrays in place of what stands for them; what is held twice is made once."""

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

    def _objects(self, values: list[Any], shape: Any, order: Any) -> Array:
        if len(values) != _count(shape):
            raise ValueError("expected as many objects as the shape says")
        flat = np.empty(len(values), object)
        for place, value in enumerate(values):
            flat[place] = self(value)
        whole: Array = flat.reshape(shape, order=order)
        return whole


def _from_bytes(data: Any, dtype: Any, shape: Any, order: Any = "C") -> Array:
    """An array of numbers or texts; bytes are shared with it, not copied."""
    if isinstance(data, str):  # as Python 2 wrote bytes
        data = data.encode("latin1")
    kind, count = dtype.made(), _count(shape)
    if kind.hasobject or not isinstance(data, bytes | bytearray):
        raise ValueError("expected bytes")
    if len(data) != count * kind.itemsize or (count > 1 and not data):
        raise ValueError(f"expected {count} times {kind.itemsize} bytes")
    flat = np.frombuffer(data, kind) if data else np.zeros(count, kind)
    codes = flat.view(f"{kind.byteorder}u4") if kind.kind == "U" else ()
    if np.max(codes, initial=0) > _LAST_CHARACTER:
        raise ValueError("expected Unicode")
    whole: Array = flat.reshape(shape, order=order)
    return whole


def _count(shape: Any) -> int:
    if not all(isinstance(size, int) and size >= 0 for size in shape):
        raise ValueError("expected sizes")
    return math.prod(shape)
