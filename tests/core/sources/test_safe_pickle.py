"""Pickles are read without running them: only arrays, texts and numbers come out."""

import builtins
import codecs
import copyreg
import functools
import operator
import os
import pickle
import resource
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from daf_core.errors import SettingsError
from daf_core.sources.corpora.safe_pickle import load_arrays
from daf_core.sources.open_source import open_source
from tests.core.sources.corpus_forms import (
    mmsa,
    write_mmsa,
)
from tests.core.sources.ingest import ingest


class Call:
    """Pickles as a call of `function`, here or inside something harmless."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.reduced = function, arguments

    def __reduce__(self) -> Any:
        return self.reduced


def calls(marker: Path) -> dict[str, Any]:
    """What pickles are made to do; each would leave `marker` behind, or be a step towards it."""
    touch = f"touch {marker}"
    return {
        "os.system": Call(os.system, touch),
        "subprocess": Call(subprocess.check_call, ["touch", str(marker)]),
        "eval": Call(builtins.eval, f"open({str(marker)!r}, 'w')"),
        "exec": Call(builtins.exec, f"open({str(marker)!r}, 'w')"),
        "open": Call(builtins.open, str(marker), "w"),
        "getattr": Call(getattr, os, "system"),
        "getattr chain": Call(Call(getattr, Call(__import__, "os"), "system"), touch),
        "import": Call(__import__, "antigravity"),
        "copyreg": Call(copyreg._reconstructor, Path, object, None),
        "copyreg new": Call(copyreg.__newobj__, Path, str(marker)),
        "partial": Call(functools.partial, os.system, touch),
        "methodcaller": Call(operator.methodcaller("touch"), marker),
        "method of an allowed class": Call(np.ndarray.tofile, np.zeros(1), str(marker)),
        "numpy's own loader": Call(np.load, str(marker), None, True),
        "a codec": Call(codecs.encode, "x", "rot13"),
        "a path": marker,
        "a type": dict[str, int],
        "a class": Call,
    }


CALLS = list(calls(Path("x")))


@settings(max_examples=60)
@given(
    name=st.sampled_from(CALLS),
    protocol=st.integers(0, pickle.HIGHEST_PROTOCOL),
    depth=st.integers(0, 3),
    beside=arrays(np.float32, (2,)),
)
def test_a_pickle_that_calls_anything_is_refused_and_nothing_ran(
    tmp_path_factory, name, protocol, depth, beside
):
    folder = tmp_path_factory.mktemp("pickles")
    held = calls(folder / "ran")[name]
    for _ in range(depth):
        held = {"audio": beside, "id": [held]}
    try:
        data = pickle.dumps(held, protocol=protocol)
    except (TypeError, pickle.PicklingError):
        return  # not to be had in this protocol
    (folder / "a.pkl").write_bytes(data)
    with pytest.raises(SettingsError, match=r"refused, nothing of it was run: .* found a call of"):
        load_arrays(str(folder / "a.pkl"))
    assert [path.name for path in folder.iterdir()] == ["a.pkl"]


def test_the_refusal_names_what_was_to_be_called(tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({"train": Call(os.system, f"touch {tmp_path}/ran")}))
    with pytest.raises(
        SettingsError, match=r"a\.pkl: refused.*call of (posix|nt)\.system; download"
    ):
        open_source(str(path))
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    "program",
    [
        b"cnumpy\nndarray\n}S'tofile'\nNs\x86b.",  # sets attributes of an allowed class
        b"cnumpy.core.numeric\n_frombuffer\nN}S'__defaults__'\nNs\x86b.",  # and of a function
        b"cnumpy\nndarray.tofile\n.",
        b"\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.",  # a dotted name, protocol 4
        b"Pos.system\n.",  # a persistent id
        b"\x82\x01.",  # an extension of copyreg
        b"(cnumpy\nndarray\nI1000000000000000\ntR.",
        # A dtype whose state says that its numbers are pointers: numpy follows them.
        pickle.dumps(np.arange(3)).replace(b"K\x00t\x94b", b"K\x3ft\x94b"),
        pickle.dumps({"train": np.zeros(3)}).replace(b"K\x03\x85", b"K\x09\x85"),  # a larger shape
        b"garbage",
        b"",
    ],
)
def test_programs_written_by_hand_are_refused(tmp_path, program):
    (tmp_path / "a.pkl").write_bytes(program)
    with pytest.raises(SettingsError, match=r"a\.pkl: "):
        open_source(str(tmp_path / "a.pkl"))
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(np.arange(3), 5)), np.arange(3))


_TWICE_OVER = b"()" + b"2\x86" * 60  # a mark, and tuples in each other, each twice


@pytest.mark.parametrize(
    "program",
    [
        b"}" + _TWICE_OVER[1:] + b"Ns.",  # a key of a dict: to hash it would never end
        _TWICE_OVER + b"Nd.",
        b"\x8f" + _TWICE_OVER + b"\x90.",  # in a set
        _TWICE_OVER + b"\x91.",
    ],
)
def test_a_pickle_that_would_hash_for_ever_is_refused(tmp_path, program):
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04" + program)
    with pytest.raises(SettingsError, match=r"a\.pkl: expected a pickle of arrays"):
        load_arrays(str(tmp_path / "a.pkl"))


def test_a_far_place_in_the_memo_takes_no_memory(tmp_path):
    (tmp_path / "a.pkl").write_bytes(b"\x80\x04]r" + (2**30).to_bytes(4, "little") + b".")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert load_arrays(str(tmp_path / "a.pkl")) == []
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


@pytest.mark.parametrize("code", [pickle.BYTEARRAY8, pickle.BINBYTES8, pickle.BINUNICODE8])
@pytest.mark.parametrize("declared", [2**31, 2**60, 2**64 - 1])
def test_a_declared_size_takes_no_memory(tmp_path, code, declared):
    (tmp_path / "a.pkl").write_bytes(b"\x80\x05" + code + declared.to_bytes(8, "little") + b"ab.")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(SettingsError, match="expected a pickle of arrays, cannot be read"):
        load_arrays(str(tmp_path / "a.pkl"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # KiB


def equal(ours: Any, theirs: Any) -> bool:
    """Whether both are the same containers of the same arrays."""
    if isinstance(theirs, np.ndarray):
        native = theirs.dtype.newbyteorder("=")  # as numpy itself has it from most protocols
        same = type(ours) is np.ndarray and ours.dtype.newbyteorder("=") == native
        return same and ours.shape == theirs.shape and ours.tolist() == theirs.tolist()
    if isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(equal(ours[k], theirs[k]) for k in theirs)
    return type(ours) is type(theirs) and ours == theirs


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_arrays_texts_and_numbers_come_back_in_every_protocol(tmp_path, protocol):
    held = {
        "floats": np.arange(6, dtype="f4").reshape(2, 3),
        "fortran": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        "cut": np.arange(12).reshape(3, 4)[:, 1:3],
        "turned": np.arange(24.0).reshape(2, 3, 4).transpose(2, 0, 1),
        "big end first": np.arange(3, dtype=">i2"),
        "texts": np.array(["a", "über"]),
        "empty": np.zeros((0, 3), "f2"),
        "scalars": [np.float32(0.1), np.int64(3), np.str_("ü"), np.bool_(True)],
        "plain": ["ü", b"\xff\0", b"", 1, 0.5, None, True, (1, 2), {"nested": [10**30]}],
    }
    write_mmsa(tmp_path / "a.pkl", held, protocol)
    assert equal(load_arrays(str(tmp_path / "a.pkl")), held)
    if protocol == 2:
        write_mmsa(tmp_path / "a.pkl", held, protocol, numpy_1=True)
        assert equal(load_arrays(str(tmp_path / "a.pkl")), held)
    objects = np.array(["a", None, "über"], object)
    write_mmsa(tmp_path / "a.pkl", objects, protocol)
    assert load_arrays(str(tmp_path / "a.pkl")).tolist() == objects.tolist()


@settings(max_examples=60)
@given(data=st.data())
def test_a_damaged_pickle_is_refused_or_read_and_nothing_else(tmp_path_factory, data):
    pickled = bytearray(pickle.dumps(mmsa()["valid"], 2))
    for _ in range(data.draw(st.integers(1, 4))):
        pickled[data.draw(st.integers(0, len(pickled) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path_factory.mktemp("pickles") / "a.pkl"
    path.write_bytes(pickled[: data.draw(st.integers(0, len(pickled)))])
    complaint = "a.pkl: none"
    try:
        ingest(path)
    except SettingsError as err:
        complaint = str(err)
    assert "a.pkl: " in complaint
