"""A head is input: whatever its two files hold, it scores within its ranges or is refused."""

import hashlib
import json
import os
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daf_core.errors import NotDone, SettingsError
from daf_core.heads import build
from daf_core.measures.calibration import shape_of
from daf_core.measures.calibration_values import SHAPE_FEATURES, Calibration
from daf_core.measures.familiarity import PERCENTILES, Familiarity
from daf_core.schemas import QUARANTINE
from daf_core.stages import head_tensors, trained_head
from daf_core.stages.score import score
from daf_core.storage import run_record
from daf_core.storage.output import scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from daf_core.storage.score_ranges import wrong_scores
from tests.core.adaptation.archives import ENCODERS, SHAPES, table

ROWS = table(12, seed=3)[0]


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("head")
    torch.manual_seed(0)
    one = Familiarity(
        0, torch.zeros(6), torch.eye(6)[:, :3].contiguous(), torch.linspace(0, 5, PERCENTILES)
    )
    calibration = Calibration(0.9, 0.5, 100, tuple([0.1] * SHAPE_FEATURES))
    trained_head.save(
        str(folder),
        build("daf", SHAPES, 4),
        kind="daf",
        width=4,
        shapes=SHAPES,
        encoders=ENCODERS,
        calibrations={"text and audio": calibration, "text": calibration},
        familiarity={"text": one},
        languages=["en"],
        label_interval=(-1.5, 1.5),
        error_correlation=0.1,
        facts={"metrics": {"test": {"r": float("nan")}}},
    )
    return folder


def files_of(folder: Path) -> tuple[dict[str, Any], bytes]:
    return json.loads((folder / "head.json").read_text()), (
        folder / "head.safetensors"
    ).read_bytes()


def write(folder: Path, record: object, weights: bytes) -> str:
    """Write both files, the record with the weights' sum."""
    if isinstance(record, dict) and "sha256" in record:
        record = {**record, "sha256": hashlib.sha256(weights).hexdigest()}
    (folder / "head.json").write_text(json.dumps(record))
    (folder / "head.safetensors").write_bytes(weights)
    return str(folder)


def works_or_is_refused(folder: str) -> None:
    try:
        head = trained_head.load(folder)
    except SettingsError as err:
        message = str(err)
    else:
        message = ""
    assert "\n" not in message
    if message:
        return
    scored, quarantine = score(head, ROWS)
    assert not wrong_scores(scored)
    assert len(scored) + len(quarantine) == len(ROWS)
    assert head.identity["kind"] == "daf"


def with_header(weights: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The weights with a changed safetensors header."""
    length = struct.unpack("<Q", weights[:8])[0]
    header = json.loads(weights[8 : 8 + length])
    change(header)
    data = json.dumps(header).encode()
    return struct.pack("<Q", len(data)) + data + weights[8 + length :]


def with_values(weights: bytes, name: str, value: float) -> bytes:
    """The weights with all numbers of a tensor set to one."""
    from safetensors.numpy import load, save

    tensors = load(weights)
    tensors[name] = np.full_like(tensors[name], value)
    return save(tensors)


STRANGE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.sampled_from([10**30, -1, 0, 1e38, "../..", "\x00", "\u202e", 2**63, [1, 2], [[]], {}]),
    st.lists(st.integers(-3, 10**12), max_size=4), st.dictionaries(st.text(max_size=3), st.none()),
)  # fmt: skip


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    if not isinstance(value, dict | list):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: object, remove: bool) -> Any:
    """A copy of a JSON value in which one place is replaced or removed."""
    if not path:
        return new
    copy = json.loads(json.dumps(value))
    inside = copy
    for key in path[:-1]:
        inside = inside[key]
    if remove:
        del inside[path[-1]]
    else:
        inside[path[-1]] = new
    return copy


MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(data=st.data())
def test_any_change_of_the_record_works_or_is_refused(valid: Path, data: st.DataObject) -> None:
    record, weights = files_of(valid)
    work = valid / "work"
    work.mkdir(exist_ok=True)
    for _ in range(data.draw(st.integers(1, 2))):
        if not isinstance(record, dict):
            break
        path = data.draw(st.sampled_from(places(record)))
        record = changed(record, path, data.draw(STRANGE), data.draw(st.booleans()))
    works_or_is_refused(write(work, record, weights))


@MANY
@given(data=st.data())
def test_any_change_of_the_weights_works_or_is_refused(valid: Path, data: st.DataObject) -> None:
    record, weights = files_of(valid)
    work = valid / "work"
    work.mkdir(exist_ok=True)
    if data.draw(st.booleans()):  # the header, as JSON

        def change(header: dict[str, Any]) -> None:
            path = data.draw(st.sampled_from([p for p in places(header) if p]))
            new = changed(header, path, data.draw(STRANGE), data.draw(st.booleans()))
            header.clear()
            header.update(new)

        weights = with_header(weights, change)
    else:  # any bytes
        place = data.draw(st.integers(0, len(weights) - 1))
        weights = weights[:place] + data.draw(st.binary(max_size=9)) + weights[place + 4 :]
    works_or_is_refused(write(work, record, weights))


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


def test_rows_that_a_head_cannot_score_are_quarantined(valid: Path, tmp_path: Path) -> None:
    record, weights = files_of(valid)
    changed = with_values(weights, "inverse_temperatures", 3e38)
    head = trained_head.load(write(tmp_path, record, changed))
    scored, quarantine = score(head, ROWS)
    assert not wrong_scores(scored)
    assert "head_failed" in quarantine["reason"].to_pylist()
    assert len(scored) + len(quarantine) == len(ROWS)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("sentiment", float("nan")),
        ("sentiment", 3.5),
        ("text_weight", 1.5),
        ("interval_low", 3.2),
        ("negative_probability", 0.99),
        ("familiarity", float("inf")),
    ],
)
def test_scores_out_of_range_are_never_published(
    valid: Path, tmp_path: Path, column: str, value: float
) -> None:
    scored = score(trained_head.load(write(tmp_path, *files_of(valid))), ROWS)[0]
    output = scores_output(str(tmp_path / "scores"))
    run_record.begin(output, {"a": 1}, fresh=False)
    facts = PartFacts(
        name="part-00000.parquet", rows_fingerprint="0" * 16, rows_in=12, rows=12, audio_s=0.0,
        reasons={},
    )  # fmt: skip
    place = scored.column_names.index(column)
    numbers = np.array(scored[column].fill_null(0).to_numpy())
    numbers[0] = value
    wrong = scored.set_column(place, scored.schema.field(place), pa.array(numbers, pa.float32()))
    fingerprint = run_record.fingerprint({"a": 1})
    with pytest.raises(NotDone, match="not published: 1 rows with"):
        publish_part(output, facts, wrong, QUARANTINE.empty_table(), fingerprint)
    assert not output.has(facts.name)
    publish_part(output, facts, scored, QUARANTINE.empty_table(), fingerprint)


def test_constants_without_torch_are_those_with_it() -> None:
    assert shape_of(torch.zeros(2, 13)).shape[1] == SHAPE_FEATURES
    assert head_tensors.PERCENTILES == PERCENTILES
