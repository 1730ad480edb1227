"""The message by which a part travels from stage to stage: one row, its tables or its failure.

The tables of a part travel as Arrow IPC bytes in one value: no block split can tear a part, and
they are read without copies. An exception in a stage travels in the same message, and the driver
raises it. Ray Data treats an exception and a killed process alike; daf tells them apart.
"""

import json
import pickle
import socket
import struct
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from typing import TypeAlias

import pyarrow as pa

from daf_core.errors import NotDone, SettingsError
from daf_core.storage.part_index import PartFacts
from daf_core.storage.store_faults import told_as_fault

TABLES = ("rows", "quarantine", "words")
SCHEMA = pa.schema(
    [
        pa.field("facts", pa.string()),
        *(pa.field(name, pa.large_binary()) for name in TABLES),
        pa.field("failure", pa.large_binary()),
        pa.field("nodes", pa.list_(pa.string())),
    ]
)
PartTables: TypeAlias = Mapping[str, pa.Table]  # some of TABLES by name
StageResult: TypeAlias = tuple[PartFacts, PartTables]
Stage: TypeAlias = Callable[[pa.Table], pa.Table]  # message → message, by `run_stage`


def wrap(parts: list[PartFacts]) -> pa.Table:
    """Messages for parts that have no tables yet, one row each."""
    facts = [json.dumps(part.as_dict()) for part in parts]
    return pa.table(
        [facts, *([pa.nulls(len(facts))] * (len(TABLES) + 2))], names=SCHEMA.names
    ).cast(SCHEMA)


def run_stage(work: Callable[[PartFacts, PartTables], StageResult], message: pa.Table) -> pa.Table:
    """The message (one row) after `work`, which says that this machine worked on it. A message that
    holds a failure is passed on as it is.
    """
    if message["failure"][0].is_valid:
        return message
    nodes = [*dict.fromkeys([*_nodes(message), socket.gethostname()])]
    try:
        tables = {name: _table(message[name][0]) for name in TABLES if message[name][0].is_valid}
        facts, made = work(facts_of(message), tables)
        return _row(facts, made, None, nodes)
    except Exception as err:  # any of them: the driver raises it again
        failure = pickle.dumps((told_as_fault(err), "".join(traceback.format_exception(err))))
        return _row(facts_of(message), {}, failure, nodes)
    finally:  # Arrow would keep several times the size of a part until the next one
        pa.default_memory_pool().release_unused()


def in_turn(stages: Sequence[Stage], message: pa.Table) -> pa.Table:
    """The message after all of these stages."""
    return reduce(lambda made, stage: stage(made), stages, message)


def facts_of(message: pa.Table) -> PartFacts:
    """The facts about the part in a message."""
    return PartFacts.from_dict(json.loads(message["facts"][0].as_py()))


def unwrap(message: pa.Table) -> PartFacts:
    """The facts about a finished part, with the machines that worked on it; raises the exception
    that a stage raised.
    """
    failure = message["failure"][0].as_py()
    if failure is None:
        return replace(facts_of(message), nodes=tuple(_nodes(message)))
    error, trace = pickle.loads(failure)
    if isinstance(error, SettingsError | NotDone | OSError):
        raise error
    raise error from RuntimeError(f"in a worker:\n{trace}")


def _nodes(message: pa.Table) -> list[str]:
    """Names of the machines that a message has been on."""
    return [*(message["nodes"][0].as_py() or ())]


def _row(facts: PartFacts, tables: PartTables, failure: bytes | None, nodes: list[str]) -> pa.Table:
    columns = [
        pa.array([json.dumps(facts.as_dict())]),
        *(
            _ipc(tables[name]) if name in tables else pa.nulls(1, pa.large_binary())
            for name in TABLES
        ),
        pa.array([failure], pa.large_binary()),
        pa.array([nodes], pa.list_(pa.string())),
    ]
    return pa.table(columns, schema=SCHEMA)


def _ipc(table: pa.Table) -> pa.Array:
    """One large_binary value that holds `table` as an Arrow IPC stream."""
    size = pa.MockOutputStream()
    _write(table, size)
    stream = pa.allocate_buffer(size.size())  # a buffer that grows would be copied as it does
    _write(table, pa.FixedSizeBufferWriter(stream))
    offsets = pa.py_buffer(struct.pack("<qq", 0, stream.size))
    return pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, stream])


def _write(table: pa.Table, sink: pa.NativeFile) -> None:
    with sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)


def _table(value: pa.Scalar) -> pa.Table:
    with pa.ipc.open_stream(value.as_buffer()) as reader:
        return reader.read_all()
