"""The calls of finished scores, and their words, in a closed DuckDB: to be listed and searched.

The tables are read in the background: first the calls, from one file (`listed`) or where it is
missing part by part, and then the words, part by part. Memory is bounded: DuckDB takes at most
MEMORY, and words of at most WORDS_AT_MOST utterances are held. A call's page reads its part of the
scores and of the manifest anew.
"""

from collections import OrderedDict
from dataclasses import dataclass
from threading import Event, Lock
from typing import Any
from weakref import finalize

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daf_core.browse.selection import Selection
from daf_core.calls.listed import SCHEMA, gathered, keep_listed, read_listed, read_parts
from daf_core.calls.units import Source
from daf_core.query.database import CLOSED
from daf_core.query.metadata import META_COLUMNS_AT_MOST
from daf_core.schemas import MANIFEST, Row
from daf_core.storage.origins import NOWHERE, Origins
from daf_core.storage.output import Output, calls_output

MEMORY = "2GB"
WORDS_AT_MOST = 5_000_000  # utterances
KEPT_SELECTIONS = 32
VALUES_AT_MOST = 100  # of what the source says, to choose from
LETTERS_AT_MOST = 200  # of a value
Numbers = npt.NDArray[np.int32]


@dataclass
class Reading:
    """How far a table is read: parts, of so many. failed: why it ended early."""

    parts: int = 0
    of: int = 0
    calls: bool = False  # whether all calls can be listed
    words: bool = False  # whether the words can be searched
    whole: bool = True  # whether these are the words of all utterances
    failed: str = ""


class Archive:
    """Finished scores with tables of calls, and the manifest that they are of, None where it is
    gone. text: whether words are shown and searched; origins: where recordings may lie.
    """

    def __init__(
        self,
        scores: Output,
        manifest: Output | None,
        text: bool = True,
        origins: Origins = NOWHERE,
    ) -> None:
        self.origins = origins
        self.source = Source(scores, manifest)
        self.calls = calls_output(scores.root)
        self.text = text and manifest is not None
        self.reading = Reading()
        self.meta: dict[str, list[str]] = {}  # name → its values; none where there are too many
        self._ended = Event()
        self._kept: OrderedDict[Selection, Numbers] = OrderedDict()
        self._lock = Lock()
        self._database = duckdb.connect(":memory:", config={**CLOSED, "memory_limit": MEMORY})
        finalize(self, self._database.close)  # before the interpreter ends: see `query.database`
        self._database.register("no_calls", SCHEMA.empty_table())
        self._database.execute("CREATE TABLE calls AS SELECT * FROM no_calls")
        self._database.execute(
            "CREATE TABLE words (call INTEGER, utterance_id VARCHAR, text VARCHAR)"
        )
        self._database.execute("SET lock_configuration = true")

    def read(self) -> None:
        """Read all tables; to be run in a thread of its own. Never raises: see `reading`."""
        try:
            self._read_calls()
            if self.text:
                self._read_words()
        except Exception as err:  # of storage, of DuckDB: the page says it
            self.reading.failed = f"{type(err).__name__}: {err}"

    def end(self) -> None:
        """Let `read` end soon, wherever it is."""
        self._ended.set()

    def chosen(self, selection: Selection) -> Numbers:
        """Numbers of the selected calls in order."""
        with self._lock:
            if selection in self._kept:
                self._kept.move_to_end(selection)
                return self._kept[selection]
        conditions, values = selection.conditions
        if selection.words:
            conditions.append("call IN (SELECT call FROM words WHERE contains(lower(text), ?))")
            values.append(selection.words.lower())
        where = " AND ".join(conditions) or "true"
        sql = f"SELECT call FROM calls WHERE {where} ORDER BY {selection.order}, recording_id"
        answer: pa.Table = self._database.cursor().sql(sql, params=values).to_arrow_table()
        found: Numbers = answer["call"].to_numpy()
        complete = self.reading.calls and (self.reading.words or not selection.words)
        with self._lock:
            if complete:
                self._kept[selection] = found
                if len(self._kept) > KEPT_SELECTIONS:
                    self._kept.popitem(last=False)
        return found

    def rows(self, numbers: Numbers) -> list[Row]:
        """The calls of these numbers, in their order: the columns LISTED, `call` and `part`."""
        wanted = numbers.tolist()
        found = self._rows("SELECT * FROM calls WHERE call IN (SELECT unnest(?))", [wanted])
        by_number = {row["call"]: row for row in found}
        return [by_number[one] for one in wanted]

    def counted(self, numbers: Numbers, column: str) -> tuple[int, int]:
        """Of calls of these numbers: in how many it is known how often something happened, and in
        how many it did. column: of counts.
        """
        sql = f"SELECT call, {column} > 0 AS found FROM calls WHERE {column} IS NOT NULL"
        rows: pa.Table = self._database.cursor().sql(sql).to_arrow_table()
        known = np.isin(rows["call"].to_numpy(), numbers)
        return int(known.sum()), int((known & rows["found"].to_numpy()).sum())

    def row(self, recording_id: str) -> Row | None:
        """The call of this id; None if there is none."""
        found = self._rows("SELECT * FROM calls WHERE recording_id = ?", [recording_id])
        return found[0] if found else None

    def hits(self, numbers: Numbers, words: str) -> dict[int, tuple[int, str, str]]:
        """Number of a call → of its utterances with the words: how many, id and text of one."""
        sql = (
            "SELECT call, count(*) AS hits, first(utterance_id) AS id, first(text) AS text "
            "FROM words WHERE call IN (SELECT unnest(?)) AND contains(lower(text), ?) GROUP BY call"
        )
        found = self._rows(sql, [numbers.tolist(), words.lower()])
        return {row["call"]: (row["hits"], row["id"], row["text"]) for row in found}

    def _rows(self, sql: str, values: list[Any]) -> list[Row]:
        answer: pa.Table = self._database.cursor().sql(sql, params=values).to_arrow_table()
        rows: list[Row] = answer.to_pylist()
        return rows

    def _read_calls(self) -> None:
        rows = read_listed(self.calls)
        if rows is None:
            self.reading.of = len(self.calls.part_names())
            rows = gathered(self.calls, self._count)
            keep_listed(self.calls, rows)
        self._insert("INSERT INTO calls SELECT * FROM read", rows)
        self.meta = {
            name: sorted(own) if len(own) <= VALUES_AT_MOST else []
            for name, own in sorted(_values(rows["meta"]).items())
        }
        self.reading.calls = True

    def _read_words(self) -> None:
        manifest = self.source.manifest
        assert manifest is not None
        names = manifest.part_names()
        self.reading.parts, self.reading.of = 0, len(names)
        columns = ["recording_id", "utterance_id", "text"]
        schema = pa.schema([MANIFEST.field(name) for name in columns])
        held = 0
        for tables in read_parts(manifest, names, columns):
            batch = pa.concat_tables(table.select(columns).cast(schema) for _, table in tables)
            self._insert(
                "INSERT INTO words SELECT call, utterance_id, text FROM read "
                "JOIN calls USING (recording_id) WHERE text IS NOT NULL",
                batch,
            )
            held += len(batch)
            self._count(len(tables))
            if held >= WORDS_AT_MOST:
                self.reading.whole = False
                break
        self.reading.words = True

    def _insert(self, sql: str, rows: pa.Table) -> None:
        cursor = self._database.cursor()
        cursor.register("read", rows)
        cursor.execute(sql)
        cursor.unregister("read")

    def _count(self, parts: int) -> None:
        self.reading.parts += parts
        if self._ended.is_set():
            raise InterruptedError("the server ends")


def _values(meta: pa.ChunkedArray) -> dict[str, set[str]]:
    """What a source says of calls: of each name the values, one more than can be chosen from at
    most; a name with a long one has as many.
    """
    values: dict[str, set[str]] = {}
    for own in meta.to_pylist():
        for name, value in own or ():
            if value is None or (name not in values and len(values) == META_COLUMNS_AT_MOST):
                continue
            gathered = values.setdefault(name, set())
            if len(value) > LETTERS_AT_MOST:
                gathered.update(map(str, range(VALUES_AT_MOST + 1)))
            elif len(gathered) <= VALUES_AT_MOST:
                gathered.add(value)
    return values
