"""Files of a head that are damaged or lie elsewhere are refused; a folder may be a link."""

import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from daf_core.errors import SettingsError
from daf_core.heads.familiarity import PERCENTILES
from daf_core.measures.calibration import shape_of
from daf_core.measures.calibration_values import SHAPE_FEATURES
from daf_core.stages import head_tensors, trained_head
from tests.core.stages.head_files import files_of, with_header, with_values, write


def _double_name(record: dict[str, Any]) -> bytes:
    return b'{"width": 4, ' + json.dumps(record).encode()[1:]


RECORDS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "truncated": lambda record: json.dumps(record).encode()[:-30],
    "no JSON": lambda record: b"\xff\xfe\x00",
    "nested deeply": lambda record: b"[" * 100_000,
    "a list": lambda record: b"[]",
    "a name twice": _double_name,
    "half of a surrogate pair": lambda record: json.dumps({**record, "note": "\ud800"}).encode(),
    "too large": lambda record: b" " * (17 << 20),
    "empty": lambda record: b"",
    "an integer of 10,000 digits": lambda record: b'{"version": ' + b"9" * 10_000 + b"}",
    "infinity": lambda record: json.dumps({**record, "error_correlation": float("inf")}).encode(),
    "a billion wide": lambda record: json.dumps({**record, "width": 10**9}).encode(),
    "a million wide": lambda record: json.dumps({**record, "width": 10**6}).encode(),
    "a billion members": lambda record: json.dumps({**record, "members": 10**9}).encode(),
    "no member": lambda record: json.dumps({**record, "members": 0}).encode(),
    "members that the weights lack": lambda record: json.dumps({**record, "members": 2}).encode(),
    "another kind": lambda record: json.dumps({**record, "kind": "nobody's"}).encode(),
    "a wide column": lambda record: json.dumps(
        {**record, "streams": {"text": [1000, 10**6], "audio": [1, 4]}}
    ).encode(),
    "a revision out of the cache": lambda record: json.dumps(
        {**record, "encoders": {"text": {"name": "a/b", "revision": "../../x", "sha256": "0"}}}
    ).encode(),
}


@pytest.mark.parametrize("make", RECORDS.values(), ids=RECORDS.keys())
def test_damaged_records_are_refused(
    valid: Path, tmp_path: Path, make: Callable[[dict[str, Any]], bytes]
) -> None:
    record, weights = files_of(valid)
    (tmp_path / "head.safetensors").write_bytes(weights)
    (tmp_path / "head.json").write_bytes(make(record))
    with pytest.raises(SettingsError, match=r"head\.json|head\.safetensors") as caught:
        trained_head.load(str(tmp_path))
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 600


WEIGHTS: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda data: data[:-4],
    "empty": lambda data: b"",
    "a header of 2^60 bytes": lambda data: struct.pack("<Q", 2**60) + data[8:],
    "a declared tensor of 2^50 numbers": lambda data: with_header(
        data,
        lambda header: header.update(
            {"more": {"dtype": "F32", "shape": [2**50], "data_offsets": [0, 2**52]}}
        ),
    ),
    "bytes behind the tensors": lambda data: data + b"\0" * 8,
    "a tensor less": lambda data: _without(data, "familiarity.text.mean"),
    "a tensor of the network less": lambda data: _without(data, None),
    "a tensor more": lambda data: _with(data, "more", np.zeros(3, np.float32)),
    "a column more": lambda data: _with(data, "familiarity.x.mean", np.zeros(3, np.float32)),
    "a layer that is not there": lambda data: with_values(data, "familiarity.text.layer", 9),
    "another type": lambda data: _with(data, "familiarity.text.mean", np.zeros(6, np.float64)),
    "another shape": lambda data: _with(data, "familiarity.text.mean", np.zeros(7, np.float32)),
    "a negative inverse temperature": lambda data: with_values(data, "inverse_temperatures", -1),
    "an absurd inverse temperature": lambda data: with_values(data, "inverse_temperatures", 1e9),
    "a prior of no probabilities": lambda data: with_values(data, "priors", 0),
    "a negative scale": lambda data: with_values(data, "apart.text.side.mixes.text.scale", -1),
    "an absurd scale": lambda data: with_values(data, "apart.text.side.mixes.text.scale", 1e9),
    "percentiles out of order": lambda data: _with(
        data, "familiarity.text.distances", np.linspace(5, 0, PERCENTILES, dtype=np.float32)
    ),
    "percentiles of voices out of order": lambda data: _with(
        data, "trust.distances", np.linspace(5, 0, PERCENTILES, dtype=np.float32)
    ),
    "NaN": lambda data: with_values(data, "familiarity.text.mean", float("nan")),
    "infinity": lambda data: with_values(data, "familiarity.text.whitening", float("inf")),
}


def _without(data: bytes, name: str | None) -> bytes:
    from safetensors.numpy import load, save

    tensors = load(data)
    del tensors[name or next(one for one in tensors if not one.startswith("familiarity"))]
    return save(tensors)


def _with(data: bytes, name: str, value: np.ndarray) -> bytes:
    from safetensors.numpy import load, save

    return save({**load(data), name: value})


@pytest.mark.parametrize("make", WEIGHTS.values(), ids=WEIGHTS.keys())
def test_damaged_weights_are_refused(
    valid: Path, tmp_path: Path, make: Callable[[bytes], bytes]
) -> None:
    record, weights = files_of(valid)
    with pytest.raises(SettingsError, match=r"head\.safetensors: ") as caught:
        trained_head.load(write(tmp_path, record, make(weights)))
    assert "\n" not in str(caught.value)


def test_files_that_lie_elsewhere_or_never_end_are_refused(valid: Path, tmp_path: Path) -> None:
    for name in ("head.json", "head.safetensors"):
        folder = tmp_path / f"linked-{name}"
        write_both = write(folder, *files_of(valid)) if not folder.mkdir() else ""
        (folder / name).unlink()
        (folder / name).symlink_to(valid / name)
        with pytest.raises(SettingsError, match="found a link to"):
            trained_head.load(write_both)
        (folder / name).unlink()
        os.mkfifo(folder / name)
        with pytest.raises(SettingsError, match="expected a regular file"):
            trained_head.load(str(folder))


def test_a_folder_that_is_a_link_is_read(valid: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(valid)
    (tmp_path / "real").mkdir()
    write(tmp_path / "real", *files_of(valid))
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert trained_head.load(str(tmp_path / "link")).kind == "daf"


def test_constants_without_torch_are_those_with_it() -> None:
    assert shape_of(torch.zeros(2, 13)).shape[1] == SHAPE_FEATURES
    assert head_tensors.PERCENTILES == PERCENTILES
