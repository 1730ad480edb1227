"""Ways to damage computational sequences (HDF5): broken blocks, unexpected datasets."""

import io
import re
import struct
from collections.abc import Callable

import h5py
import numpy as np

from benchmarks.reliability.fuzzing.bytes_damage import ANY, Damage, Rng, overwrite
from benchmarks.reliability.fuzzing.pickle_damage import SIZES

_BLOCKS = re.compile(rb"TREE|SNOD|HEAP|GCOL|OHDR|FRHP|BTHD|\x89HDF")
_LENGTHS = [1, 2, 3, 4, 6, 7, 350]  # of the originals' datasets


def odd_hdf5_blocks(rng: Rng, content: bytes) -> bytes:
    """Odd versions, counts and addresses at the start of a tree, a heap, or the file."""
    starts = [match.start() for match in _BLOCKS.finditer(content)]
    for _ in range(int(rng.integers(1, 4))):
        at = int(rng.choice(starts)) + int(rng.integers(4, 64))
        content = overwrite(content, at, _number(rng))
    return content


def odd_hdf5_lengths(rng: Rng, content: bytes) -> bytes:
    """Odd sizes of datasets, their chunks and their items."""
    length = struct.pack("<Q", int(rng.choice(_LENGTHS)))
    found = [match.start() for match in re.finditer(re.escape(length), content)] or [0]
    for at in rng.choice(found, min(len(found), int(rng.integers(1, 4))), replace=False):
        content = overwrite(content, int(at), struct.pack("<Q", int(rng.choice(SIZES))))
    return content


def odd_hdf5_messages(rng: Rng, content: bytes) -> bytes:
    """Random bytes in an object's header: types, filters, fill values, links."""
    starts = [match.start() for match in re.finditer(rb"\x01\x00[\x01-\x20]\x00", content)]
    at = int(rng.choice(starts or [0])) + int(rng.integers(0, 256))
    for _ in range(int(rng.integers(1, 9))):
        content = overwrite(content, at + int(rng.integers(64)), rng.bytes(1))
    return content


def odd_datasets(rng: Rng, content: bytes) -> bytes:
    """A valid file whose datasets have other shapes or types, or are no datasets."""

    def change(data: h5py.Group) -> None:
        for _ in range(int(rng.integers(1, 4))):
            video = data[str(rng.choice(list(data)))]
            name = str(rng.choice(["features", "intervals"]))
            if isinstance(video, h5py.Group) and name in video:
                del video[name]
                _put_odd_dataset(rng, video, name)

    return _changed(content, change)


def odd_groups(rng: Rng, content: bytes) -> bytes:
    """Odd names of videos; links that lead nowhere, in a circle, or to another file."""

    def change(data: h5py.Group) -> None:
        video = str(rng.choice(list(data)))
        name = [
            b"\xff",
            b"a\nb",
            b"v" * 70_000,
            "\u2028".encode(),
            b" ",
            b"..",
            b"v2[0]",
            b"\x1b[",
        ][int(rng.integers(8))]
        root = data.parent
        turn = int(rng.integers(8))
        if turn < 3:
            data[name] = data[video]
        elif turn == 3:
            data["w"] = h5py.SoftLink([data.name, "/nowhere", f"{data.name}/w"][rng.integers(3)])
        elif turn == 4:
            data["w"] = h5py.ExternalLink("/dev/null", "/")
        elif turn == 5:
            del root["metadata"]
            _put_odd_dataset(rng, root, "metadata")
        elif turn == 6:
            del root["data"]
            root["data"] = [h5py.SoftLink("/nowhere"), np.zeros(3), root][rng.integers(3)]
        else:
            data.file[b"A\xff\nB"] = 1
            del data.file[root.name]

    return _changed(content, change)


def _changed(content: bytes, change: Callable[[h5py.Group], None]) -> bytes:
    held = io.BytesIO(content)
    with h5py.File(held, "r+") as file:
        change(file[next(iter(file))]["data"])
    return held.getvalue()


def _put_odd_dataset(rng: Rng, group: h5py.Group, name: str) -> None:
    values = [
        *(np.zeros((3, 2), kind) for kind in ("f2", "i8", "c8", "S4", "S1", "?", "f4")),
        *(np.zeros(shape) for shape in ((0, 2), (3,), (3, 0), (3, 2, 2), (2, 3), (7, 2), (350, 4))),
        np.full((3, 2), np.nan),
        np.array([[1, 0], [2, 2], [-5, 1e300]]),
        np.array([[0, np.inf], [np.nan, 1], [-np.inf, np.inf]]),
        np.array([[b"\xff"], [b"\xed\xa0\x80"], [b"a b\nc"]]),
        np.array([["0", "1"], ["1", "2"], ["2", "3"]], "S3"),
        np.zeros((3, 2), [("a", "f4"), ("b", "S2")]),
        *("text", 1.0, h5py.Empty("f4")),
    ]
    turn = int(rng.integers(len(values) + 6))
    if turn < len(values):
        group[name] = values[turn]
    elif turn == len(values):
        group.create_group(name)
    elif turn == len(values) + 1:
        group.create_dataset(name, (3, 1), h5py.string_dtype())[...] = "words"
    elif turn == len(values) + 2:
        group.create_dataset(name, (3, 2), h5py.vlen_dtype("f4"))
    elif turn == len(values) + 3:
        group.create_dataset(name, (3, 2), h5py.ref_dtype)
    else:  # huge datasets that hold no data
        rows = int(rng.choice([10_000_000, 1 << 32, 1 << 50]))
        group.create_dataset(name, (rows, 2), "f8", chunks=(1000, 2))


def _number(rng: Rng) -> bytes:
    form = str(rng.choice(["<Q", "<I", "<H", "<B"]))
    return struct.pack(form, int(rng.choice(SIZES)) & (1 << 8 * struct.calcsize(form)) - 1)


CSD: list[Damage] = [
    *ANY,
    *4 * [odd_hdf5_blocks, odd_hdf5_lengths, odd_hdf5_messages, odd_datasets],
    *2 * [odd_groups],
]
