"""The tables of an output are read, rows and columns, by the readers that people use.

Ray Data reads them in tests/e2e/test_path.py.
"""

from collections.abc import Callable
from pathlib import Path

import duckdb
import fastparquet
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

from daf_core.schemas import QUARANTINE, SCORES, embeddings_schema
from daf_core.storage import part_index, run_record
from daf_core.storage.output import Output, embeddings_output, manifest_output, scores_output
from daf_core.storage.parquet import part_name
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from jobs.settings import IngestSettings
from jobs.verbs import ingest

ROWS = 90  # in two parts

READERS: dict[str, Callable[[str], pd.DataFrame]] = {
    "duckdb, folder": lambda uri: duckdb.sql(f"FROM read_parquet('{uri}')").df(),
    "duckdb, pattern": lambda uri: duckdb.sql(f"FROM read_parquet('{uri}/*.parquet')").df(),
    "polars, folder": lambda uri: pl.read_parquet(uri).to_pandas(),
    "polars, lazily": lambda uri: pl.scan_parquet(uri).collect().to_pandas(),
    "polars, pattern": lambda uri: pl.read_parquet(f"{uri}/*.parquet").to_pandas(),
    "pandas": pd.read_parquet,
    "fastparquet": lambda uri: fastparquet.ParquetFile(uri).to_pandas(),
    "pyarrow": lambda uri: pq.read_table(uri).to_pandas(),
    "pyarrow dataset": lambda uri: ds.dataset(uri).to_table().to_pandas(),
}


@pytest.fixture(scope="module")
def outputs(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Output]:
    """A manifest by `daf ingest`, and embeddings and scores published as `daf` does."""
    folder = tmp_path_factory.mktemp("outputs")
    table = folder / "t.csv"
    lines = [f"call {row % 3},{row}.5,{row + 1},word {row},calm" for row in range(ROWS)]
    head = "recording_id,start_s,end_s,text,mood"
    table.write_text("\n".join([head, *lines, "call 4,8,9,,calm"]) + "\n")
    ingest.run(IngestSettings(source=str(table), out=str(folder / "m"), part_minutes=0.3))
    found = [manifest_output(str(folder / "m"))]
    rows = pq.read_table(found[0].parts_uri)
    vectors = pa.FixedSizeListArray.from_arrays(pa.array([0.5] * (4 * ROWS), pa.float16()), 4)
    more = {
        "text": vectors,
        "sentiment": pa.array([0.25] * ROWS, pa.float32()),
        "polarity": ["neutral"] * ROWS,
    }
    for output, schema in (
        (embeddings_output(str(folder / "e")), embeddings_schema({"text": 4})),
        (scores_output(str(folder / "s")), SCORES),
    ):
        columns = [
            more[name] if name in more else rows[name] if name in rows.column_names else None
            for name in schema.names
        ]
        full = [
            pa.nulls(ROWS, field.type) if column is None else column
            for field, column in zip(schema, columns, strict=True)
        ]
        _publish(output, pa.table(full, schema=schema))
        found.append(output)
    return {output.kind: output for output in found}


def _publish(output: Output, table: pa.Table) -> None:
    run_record.begin(output, {}, fresh=False)
    half = ROWS // 2
    facts = []
    for number in range(2):
        part = table.slice(number * half, half)
        counts = {"rows_in": half, "rows": half, "audio_s": 0.0, "reasons": {}}
        facts.append(PartFacts(name=part_name(number), rows_fingerprint="", **counts))
        publish_part(output, facts[-1], part, QUARANTINE.empty_table(), run_record.fingerprint({}))
    part_index.write(output.index_uri, facts, run_record.fingerprint({}))
    run_record.finish(output, {}, {"parts": 2})


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("kind", ["manifest", "embeddings", "scores"])
def test_a_reader_gets_the_rows_and_columns_of_a_table(outputs, kind, reader):
    output = outputs[kind]
    found = READERS[reader](output.parts_uri)
    expected = pa.concat_tables(output.read_all())
    assert len(output.part_names()) > 1
    assert sorted(found["utterance_id"]) == sorted(expected["utterance_id"].to_pylist())
    assert {*expected.column_names} <= {name.partition(".")[0] for name in found.columns}
    by_id = found.set_index("utterance_id")["start_s"]
    for utterance_id, start_s in zip(expected["utterance_id"], expected["start_s"], strict=True):
        assert by_id[utterance_id.as_py()] == start_s.as_py()


@pytest.mark.parametrize("kind", ["manifest", "embeddings", "scores"])
def test_the_root_of_an_output_holds_no_table_that_could_be_taken_for_the_rows(outputs, kind):
    found = {path.name for path in Path(outputs[kind].root).iterdir()}
    assert found - {"attempts"} == {kind, "index", "quarantine", "run.json"}
    assert not [*Path(outputs[kind].root).glob("attempts/*.parquet")]


def test_the_quarantine_is_a_table_too(outputs):
    for reader in READERS.values():
        assert reader(outputs["manifest"].quarantine_uri)["reason"].tolist() == ["empty_row"]
