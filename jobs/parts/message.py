"""A part on its way through Ray Data: one row that carries its tables, or why it failed.

Tables travel as Arrow IPC bytes in one value, so that no block split can tear a part, and are
read without copies. What goes wrong in a stage travels the same way to the driver, which raises it
there: to Ray Data a raised error and a killed process are the same, to us they are not.
"""

import json
import pickle
import struct
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict

import pyarrow as pa

from daf_core.errors import NotDone, SettingsError
from daf_core.storage.part_index import PartFacts

TABLES = ("rows", "quarantine")
SCHEMA = pa.schema(
    [
        pa.field("facts", pa.string()),
        *(pa.field(name, pa.large_binary()) for name in TABLES),
        pa.field("failure", pa.large_binary()),
    ]
)
Tables = Mapping[str, pa.Table]
Made = tuple[PartFacts, Tables]
Stage = Callable[[PartFacts, Tables], Made]
Work = Callable[[pa.Table], pa.Table]  # parcel → parcel


def parcels(parts: list[PartFacts]) -> pa.Table:
    """One row a part, without tables yet."""
    facts = [json.dumps(asdict(part)) for part in parts]
    return pa.table([facts, *([pa.nulls(len(facts))] * 3)], names=SCHEMA.names).cast(SCHEMA)


def passed_on(stage: Stage, parcel: pa.Table) -> pa.Table:
    """What `stage` makes of a parcel (one row); a failed one passes by."""
    if parcel["failure"][0].is_valid:
        return parcel
    try:
        packed = {name: _table(parcel[name][0]) for name in TABLES if parcel[name][0].is_valid}
        facts, made = stage(facts_of(parcel), packed)
        return _row(facts, made, None)
    except Exception as err:  # all of them: the driver raises it again
        failure = pickle.dumps((err, "".join(traceback.format_exception(err))))
        return _row(facts_of(parcel), {}, failure)
    finally:  # several times the size of a part, else kept until the next
        pa.default_memory_pool().release_unused()


def facts_of(parcel: pa.Table) -> PartFacts:
    """What is known of the part in a parcel."""
    return PartFacts(**json.loads(parcel["facts"][0].as_py()))


def delivered(parcel: pa.Table) -> PartFacts:
    """The facts of a finished part; raises what a stage raised."""
    failure = parcel["failure"][0].as_py()
    if failure is None:
        return facts_of(parcel)
    error, trace = pickle.loads(failure)
    if isinstance(error, SettingsError | NotDone | OSError):
        raise error
    raise error from RuntimeError(f"in a worker:\n{trace}")


def _row(facts: PartFacts, tables: Tables, failure: bytes | None) -> pa.Table:
    columns = [
        pa.array([json.dumps(asdict(facts))]),
        *(
            _ipc(tables[name]) if name in tables else pa.nulls(1, pa.large_binary())
            for name in TABLES
        ),
        pa.array([failure], pa.large_binary()),
    ]
    return pa.table(columns, schema=SCHEMA)


def _ipc(table: pa.Table) -> pa.Array:
    """One large_binary value that holds `table` as an Arrow IPC stream."""
    size = pa.MockOutputStream()
    _write(table, size)
    stream = pa.allocate_buffer(size.size())  # one that grows would be copied as it does
    _write(table, pa.FixedSizeBufferWriter(stream))
    offsets = pa.py_buffer(struct.pack("<qq", 0, stream.size))
    return pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, stream])


def _write(table: pa.Table, sink: pa.NativeFile) -> None:
    with sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def _table(value: pa.Scalar) -> pa.Table:
    with pa.ipc.open_stream(value.as_buffer()) as reader:
        return reader.read_all()
