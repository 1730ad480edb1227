"""Ways to damage MMSA's pickles: odd opcodes, sizes, names and values, and calls put in."""

import pickle
import pickletools
import struct
from typing import Any

import numpy as np

from benchmarks.reliability.fuzzing.bytes_damage import ANY, EXTREMES, Damage, Rng, overwrite
from benchmarks.reliability.fuzzing.text_damage import ODD_CELLS

RAN = "ran"  # a file in the working directory: there once an input got its code run
SIZES = [*EXTREMES, 1 << 20, 1 << 24, 1 << 27, (1 << 28) - 1, 1 << 30, 1 << 40]
_NAMES = [
    *(("os", "system"), ("builtins", "eval"), ("builtins", "exec"), ("builtins", "open")),
    *(("subprocess", "check_call"), ("numpy", "fromfile"), ("numpy", "ndarray.tofile")),
    *(("numpy", "load"), ("numpy.core.multiarray", "scalar"), ("numpy", "dtype"), ("", "")),
    *(("numpy", "ndarray"), ("numpy.core.multiarray", "_reconstruct"), ("_codecs", "encode")),
    *(("builtins", "bytes"), ("é", "\n"), ("numpy.core.numeric", "_frombuffer"), ("a" * 300, "b")),
]
_CALLS = [
    f"cos\nsystem\n(S'touch {RAN}'\ntR",
    f"cposix\nsystem\n(S'touch {RAN}'\ntR0",
    f"c__builtin__\nopen\n(S'{RAN}'\nS'w'\ntR",
    f'cbuiltins\neval\n(S\'open("{RAN}", "w")\'\ntR0',
    f"(S'touch {RAN}'\nios\nsystem\n",
    f"(cos\nsystem\nS'touch {RAN}'\no",
    f"cnumpy\nndarray.tofile\n(S'{RAN}'\ntR",
    f"c_codecs\nencode\n(S'{RAN}'\nS'bz2'\ntR",
    "cbuiltins\ngetattr\n",
    "Pos.system\n",
    "\x82\x01",
    "cnumpy\nndarray\n}S'tofile'\nNs\x86b",
]
_BOMBS = [
    b"})" + b"2\x86" * 60 + b"Ns0",  # tuples in each other, each twice, as a key of a dict
    b"\x8f()" + b"2\x86" * 60 + b"\x900",  # and in a set
    b"()" + b"2\x86" * 60 + b"Nd0",
    b"(lq\xff" + b"h\xffa" * 3,  # a list of itself
    b"(" * 100_000,
    b"]" + b"]" * 20_000 + b"a" * 20_000,
    b"I" + b"9" * 5_000 + b"\n",
    b"\x8b" + struct.pack("<i", 3_000) + b"\x7f" * 3_000,
]


def odd_opcodes(rng: Rng, content: bytes) -> bytes:
    """Opcodes left out, doubled, exchanged or replaced."""
    steps = _steps(content)
    for _ in range(int(rng.integers(1, 4))):
        at, other = (int(place) for place in rng.integers(len(steps), size=2))
        any_code = pickletools.opcodes[int(rng.integers(len(pickletools.opcodes)))].code.encode(
            "latin1"
        )
        steps[at] = [b"", 2 * steps[at], steps[other], any_code, any_code + steps[at][1:]][
            int(rng.integers(5))
        ]
    return b"".join(steps)


def odd_sizes(rng: Rng, content: bytes) -> bytes:
    """Odd lengths of strings, bytes and frames, indices of the memo, sizes of shapes."""
    steps = _steps(content)
    counted = [number for number, step in enumerate(steps) if step[:1] in b"XTBGrj\x8d\x8e\x95JK"]
    if not counted:
        return content.replace(b"I", b"I" + str(rng.choice(SIZES)).encode(), 9)
    at = int(rng.choice(counted))
    form = "<Q" if steps[at][:1] in b"\x8d\x8e\x95" else str(rng.choice(["<I", "<B"]))
    mask = (1 << 8 * struct.calcsize(form)) - 1
    steps[at] = overwrite(steps[at], 1, struct.pack(form, int(rng.choice(SIZES)) & mask))
    return b"".join(steps)


def a_far_memo(rng: Rng, content: bytes) -> bytes:
    """A value stored at a huge index of the memo."""
    place = struct.pack("<I", int(rng.choice(SIZES)) & 0xFFFFFFFF)
    return _put_step(rng, content, b"r" + place)


def odd_names(rng: Rng, content: bytes) -> bytes:
    """Names of other functions in place of numpy's; running them would leave a trace."""
    steps = _steps(content)
    module, name = _NAMES[int(rng.integers(len(_NAMES)))]
    given = [number for number, step in enumerate(steps) if step[:1] == b"c"]
    texts = [number for number, step in enumerate(steps) if step[:1] == b"\x8c"]
    named = [n for n in texts if steps[n + 2 : n + 3] and b"\x93" in steps[n + 1 : n + 5]]
    if given and (not named or rng.random() < 0.5):
        steps[int(rng.choice(given))] = f"c{module}\n{name}\n".encode()
    elif named:
        text = str(rng.choice([module, name])).encode()[:255]
        steps[int(rng.choice(named))] = b"\x8c" + bytes([len(text)]) + text
    return b"".join(steps)


def a_call_put_in(rng: Rng, content: bytes) -> bytes:
    return _put_step(rng, content, _CALLS[int(rng.integers(len(_CALLS)))].encode("latin1"))


def a_bomb_put_in(rng: Rng, content: bytes) -> bytes:
    """Short opcodes that cost much time or memory."""
    return _put_step(rng, content, _BOMBS[int(rng.integers(len(_BOMBS)))])


def odd_columns(rng: Rng, content: bytes) -> bytes:
    """A valid pickle with a column that MMSA would not write."""
    data = pickle.loads(content)
    for _ in range(int(rng.integers(1, 4))):
        held = data[str(rng.choice(list(data)))]
        if not isinstance(held, dict):
            break
        name = str(rng.choice([*held, "audio_lengths", "text_lengths"]))
        held[name] = _odd_column(rng, held.get(name))
        if rng.random() < 0.2:
            del held[name]
    if rng.random() < 0.1:
        data[str(rng.choice(list(data)))] = _odd_column(rng, None)
    return pickle.dumps(data, int(rng.choice([2, 4])))


def odd_cells_of_columns(rng: Rng, content: bytes) -> bytes:
    """One value of a column is of another type."""
    data = pickle.loads(content)
    held = data[str(rng.choice(list(data)))]
    for _ in range(int(rng.integers(1, 4))):
        name = str(rng.choice(["id", "raw_text", "annotations", "regression_labels"]))
        odd = _odd_value(rng)
        column = list(held[name])
        column[int(rng.integers(len(column)))] = odd
        held[name] = column
    return pickle.dumps(data, 4)


def _odd_column(rng: Rng, column: Any) -> Any:
    rows = len(column) if hasattr(column, "__len__") else 4
    shape = [
        *((0,), (rows,), (rows, 1), (rows, 3, 8), (rows, 0, 4), (rows, 8, 0), (rows, 8, 6)),
        *((rows, 8, 1, 1), (0, 1 << 30, 3), (0, 3, 1 << 30), (0, 1 << 40, 0), (1,) * 32, ()),
    ][int(rng.integers(13))]
    kind = str(rng.choice(["f2", "f4", ">f8", "i1", "u8", "?", "c8", "S3", "U2", "O", "S0"]))
    filled = np.zeros(shape, kind)
    if filled.dtype.kind in "fiu":
        filled[...] = rng.choice([0, 1, 100] if filled.dtype.kind != "f" else [np.nan, -1, 1e4])
    values = [_odd_value(rng) for _ in range(rows)]
    lengths = [int(rng.choice([0, -1, 3, 1 << 40, -(1 << 62)])) for _ in range(rows)]
    return [filled, filled, filled, values, tuple(values), lengths, "text", None, {}, [values], 1][
        int(rng.integers(11))
    ]


def _odd_value(rng: Rng) -> Any:
    shared: list[Any] = []
    for _ in range(60):
        shared = [shared, shared]
    itself: list[Any] = []
    itself.append(itself)
    odd = [
        *(None, True, -1, 10**30, 10**5_000, 1.5, np.nan, np.inf, 3 + 4j, b"\xff", "", "\ud800"),
        *((), (1, (2, (3,))), {}, {1: {2: 3}}, {"a": [None]}, np.zeros(0), np.zeros((2, 2))),
        *(np.float16(1), np.array(["x"]), np.array(None), np.str_("\0"), shared, itself),
        *(str(cell) for cell in ODD_CELLS[:20]),
    ]
    return odd[int(rng.integers(len(odd)))]


def _steps(content: bytes) -> list[bytes]:
    starts = [place or 0 for _, _, place in pickletools.genops(content)]
    ends = [*starts[1:], len(content)]
    return [content[start:end] for start, end in zip(starts, ends, strict=True)]


def _put_step(rng: Rng, content: bytes, step: bytes) -> bytes:
    steps = _steps(content)
    steps.insert(int(rng.integers(1, len(steps))), step)
    return b"".join(steps)


PICKLE: list[Damage] = [
    *ANY,
    *3 * [odd_opcodes, odd_sizes, odd_names, a_call_put_in, odd_columns, odd_cells_of_columns],
    *(a_far_memo, a_bomb_put_in),
]
