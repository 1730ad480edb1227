"""Embeddings, labels and splits that no run writes are not read."""

from pathlib import Path

import pyarrow as pa
import pytest

from daf_core.errors import SettingsError
from daf_core.schemas import embeddings_schema
from daf_core.storage import parquet

SCHEMA = embeddings_schema({"text": 2}).with_metadata({"daf.shapes": '{"text": [1, 2]}'})
ROW = dict.fromkeys(SCHEMA.names) | {
    "utterance_id": "u",
    "recording_id": "r",
    "flags": [],
    "text": [1.0, 65504.0],
    "label": -3.0,
    "split": "train",
}


def read(folder: Path, rows: list[dict[str, object]], schema: pa.Schema = SCHEMA) -> int:
    uri = str(folder / "part-00000.parquet")
    table = pa.Table.from_pylist(rows, schema)
    footer = {key.decode(): value.decode() for key, value in SCHEMA.metadata.items()}
    parquet.write(uri, table, "embeddings", footer)
    return len(parquet.read(uri, "embeddings")[0])


def test_what_a_run_writes_is_read(tmp_path: Path) -> None:
    bare = ROW | {"text": None, "label": None, "split": "strange"}
    assert read(tmp_path, [ROW, bare]) == 2


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("text", [1.0, float("nan")], "text: expected finite"),
        ("text", [float("-inf"), 1.0], "text: expected finite"),
        ("label", float("nan"), r"label: expected labels in \[-3, 3\]"),
        ("label", 3.5, r"label: expected labels in \[-3, 3\]"),
        ("split", "evil", "split: expected one of train, valid, test, strange, found 'evil'"),
        ("start_s", float("inf"), "start_s: expected finite numbers"),
    ],
)
def test_values_that_no_run_writes_are_refused(
    column: str, value: object, said: str, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match=f"part-00000.parquet: {said}"):
        read(tmp_path, [ROW, ROW | {column: value}])


@pytest.mark.parametrize(
    "kind", [pa.list_(pa.float16(), 3), pa.list_(pa.float64()), pa.string()], ids=str
)
def test_embeddings_of_another_type_are_refused(kind: pa.DataType, tmp_path: Path) -> None:
    place = SCHEMA.get_field_index("text")
    schema = SCHEMA.set(place, pa.field("text", kind))
    with pytest.raises(SettingsError, match="text: expected one column of type fixed_size_list"):
        read(tmp_path, [ROW | {"text": None}], schema)
