"""The selected calls, or their utterances with words, as CSV, with the columns of `daf export`."""

import tempfile
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.browse.archive import Archive
from daf_core.browse.call import scored
from daf_core.browse.selection import Selection
from daf_core.calls.marks import contradicts
from daf_core.errors import SettingsError
from daf_core.export.tables import write_csv
from daf_core.schemas import MANIFEST, SCORES, Row
from daf_core.storage.call_columns import CALLS

CALLS_AT_ONCE = 1000

TABLES = ("calls", "utterances")
CONTRADICTION = pa.field("contradiction", pa.bool_())
UTTERANCES = pa.schema([*SCORES, MANIFEST.field("text"), CONTRADICTION])


def exported(archive: Archive, selection: Selection, table: str) -> str:
    """Path of a new CSV file with a table of the selected calls, in the order of the archive; the
    caller deletes it.

    Raises:
        SettingsError: there is no such table.
        NotDone: the storage fails.
    """
    if table not in TABLES:
        raise SettingsError(f"table: expected {' or '.join(TABLES)}, found another")
    tables = _calls if table == "calls" else _utterances
    names = {name.lower() for name in UTTERANCES.names + CALLS.names}
    meta = [name for name in archive.meta if name.lower() not in names]
    batches = (
        batch
        for rows in tables(archive, _by_part(archive, selection))
        for batch in _with_meta(rows, meta).to_batches()
    )
    with tempfile.NamedTemporaryFile(
        "w", prefix="daf-", suffix=".csv", encoding="utf-8", newline="", delete=False
    ) as file:
        write_csv(batches, file)
    return file.name


def _by_part(archive: Archive, selection: Selection) -> dict[str, list[Row]]:
    """Part → the selected calls that begin in it."""
    numbers = np.sort(archive.chosen(selection))
    found: dict[str, list[Row]] = {}
    for start in range(0, len(numbers), CALLS_AT_ONCE):
        for row in archive.rows(numbers[start : start + CALLS_AT_ONCE]):
            found.setdefault(row["part"], []).append(row)
    return found


def _calls(archive: Archive, chosen: dict[str, list[Row]]) -> Iterator[pa.Table]:
    yield _one_empty_batch(CALLS)
    for part, rows in chosen.items():
        yield _of_calls(archive.calls.read(part), rows).select(CALLS.names).cast(CALLS)


def _utterances(archive: Archive, chosen: dict[str, list[Row]]) -> Iterator[pa.Table]:
    schema = UTTERANCES if archive.text else pa.schema([*SCORES, CONTRADICTION])
    yield _one_empty_batch(schema)
    for part, rows in chosen.items():
        own = _of_calls(archive.source.rows(part), rows)
        yield _with_words(archive, [part], own, schema)
        counts = Counter(own["recording_id"].to_pylist())
        for row in rows:
            if counts[row["recording_id"]] < row["utterances"]:  # it spans parts
                names, whole = scored(archive, row)
                yield _with_words(archive, names, whole.slice(counts[row["recording_id"]]), schema)


def _with_words(archive: Archive, parts: list[str], rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows of the scores with the words that these parts of the manifest have, and whether the tone
    contradicts them: as `daf query` has utterances.
    """
    manifest = archive.source.manifest
    if manifest is not None and archive.text:
        read = ["recording_id", "utterance_id", "text"]
        there = [manifest.read(part, read).select(read) for part in parts if manifest.has(part)]
        texts = {
            (row["recording_id"], row["utterance_id"]): row["text"]
            for row in pa.concat_tables(there).to_pylist()
        }
        ids = zip(rows["recording_id"].to_pylist(), rows["utterance_id"].to_pylist(), strict=True)
        rows = rows.append_column("text", pa.array([texts.get(one) for one in ids], pa.string()))
    if "text_sentiment" in rows.column_names:
        known = pc.and_(rows["text_sentiment"].is_valid(), rows["audio_sentiment"].is_valid())
        against = pc.if_else(known, pa.array(contradicts(rows)), None)
        rows = rows.append_column(CONTRADICTION, against)
    columns = [
        rows[name] if name in rows.column_names else pa.nulls(len(rows), schema.field(name).type)
        for name in schema.names
    ]
    return pa.table(columns, names=schema.names).cast(schema)


def _of_calls(rows: pa.Table, calls: list[Row]) -> pa.Table:
    ids = pa.array([one["recording_id"] for one in calls], pa.string())
    return rows.filter(pc.is_in(rows["recording_id"], value_set=ids))


def _with_meta(rows: pa.Table, names: list[str]) -> pa.Table:
    """What the source says as a column each, as in `daf query`."""
    for name in names:
        values = pc.map_lookup(rows["meta"], pa.scalar(name), "first")
        rows = rows.append_column(name, values)
    return rows


def _one_empty_batch(schema: pa.Schema) -> pa.Table:
    """No rows, but the names of the columns: a table of none has no batch."""
    arrays = [pa.array([], field.type) for field in schema]
    return pa.Table.from_batches([pa.RecordBatch.from_arrays(arrays, schema=schema)])
