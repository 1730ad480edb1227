"""A DuckDB database in memory with views of the tables of scores: read only, closed and bounded.

DuckDB reads the tables through `stored_parts`, from a folder or an object store. It may open no
file and no network address, load no extension and change none of these settings.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Timer
from weakref import finalize

import duckdb
import pyarrow as pa

from daf_core.calls.listed import gathered, read_listed
from daf_core.calls.marks import CONTRADICTION
from daf_core.errors import SettingsError
from daf_core.query.hints import hint, taken_alone, text_for_another
from daf_core.query.metadata import identifier, meta_columns, no_such_value
from daf_core.query.stored_parts import Failures, StoredParts
from daf_core.query.text_days import as_dates, days_in_order
from daf_core.schemas import MANIFEST, QUARANTINE, SCORES
from daf_core.storage.call_columns import CALLS, SPEAKERS
from daf_core.storage.files import join
from daf_core.storage.output import Output, calls_output, speakers_output

VIEWS = ("utterances", "calls", "speakers", "quarantine", "manifest")
BATCH_ROWS = 10_000
CLOSED: dict[str, str | bool | int | float | list[str]] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
    "python_scan_all_frames": "false",
    "temp_directory": "",
}
_OWN = frozenset(name for one in (CALLS, SPEAKERS, SCORES, MANIFEST) for name in one.names)

# Utterances with their words. Each has one row of words at most, which GROUP BY tells DuckDB: so it
# leaves out the join where a query names no words.
_WITH_WORDS = """
    SELECT *, {contradiction} AS contradiction FROM utterances_0
    LEFT JOIN (
        SELECT recording_id, utterance_id, nullif(any_value(text), '') AS text  -- '': dropped
        FROM manifest_0 GROUP BY recording_id, utterance_id
    ) USING (recording_id, utterance_id)
"""


@dataclass(frozen=True)
class Limits:
    """What a query may take; None: as much as DuckDB takes by itself (most of the memory)."""

    memory_gb: float | None = None
    seconds: float | None = None


class Database:
    """The tables of finished scores, as views with the names of VIEWS.

    What the source says of recordings (`meta`) has a column each, where its name is free.
    Utterances have their words (`text`), and whether the tone contradicts them (`contradiction`).

    meta: these columns, in the order of the source; calls: how many there are.

    manifest: that the scores are of; None where it is gone, its view is empty and words are null.
    """

    def __init__(
        self, scores: Output, manifest: Output | None, limits: Limits | None = None
    ) -> None:
        self._limits, self._failures = limits or Limits(), Failures()
        config = dict(CLOSED)
        if self._limits.memory_gb is not None:
            config["memory_limit"] = f"{self._limits.memory_gb:f}GB"
        self._connection = duckdb.connect(":memory:", config=config)
        # Its threads must have let go of Python's objects when the interpreter ends, which they
        # would abort.
        finalize(self, self._connection.close)
        sources = [scores, *([] if manifest is None else [manifest])]
        self._register("calls", calls_output(scores.root), CALLS)
        self._register("utterances", scores, SCORES)
        self._register("speakers", speakers_output(scores.root), SPEAKERS)
        self._register("manifest", manifest, MANIFEST)
        for number, one in enumerate(sources):
            uris = [join(one.quarantine_uri, name) for name in one.quarantine_names()]
            self._connection.register(
                f"quarantine_{number}", self._dataset(uris, "quarantine", QUARANTINE)
            )
        calls = calls_output(scores.root)
        listed = read_listed(calls, ["meta"])
        listed = gathered(calls) if listed is None else listed
        self.calls = len(listed)
        self._connection.register("listed", listed)
        self.meta = meta_columns(self._connection, "listed")
        self._connection.unregister("listed")
        self._add("utterances", _WITH_WORDS.format(contradiction=CONTRADICTION))
        for name in ("calls", "speakers", "manifest"):
            self._add(name, f"SELECT * FROM {name}_0")
        both = " UNION ALL ".join(f"SELECT * FROM quarantine_{n}" for n in range(len(sources)))
        self._add("quarantine", both)
        self._connection.execute("SET enable_progress_bar = false")  # drawn among the rows
        self._connection.execute("SET lock_configuration = true")

    def query(self, sql: str) -> pa.Table:
        """The rows of one SELECT.

        Raises:
            SettingsError: it is no SELECT, is wrong, reads anything but the views, or goes over
                the limits.
        """
        with self._bounded(sql):
            rows = self._relation(sql).to_arrow_table()
            self._failures.check()
            return rows.rename_columns(told_apart(rows.column_names))

    def batches(self, sql: str) -> Iterator[pa.RecordBatch]:
        """The rows of one SELECT, some at a time, in one batch at least; to be read before the next
        query. Raises as `query`.
        """
        with self._bounded(sql):
            reader, batch = self._relation(sql).to_arrow_reader(BATCH_ROWS), None
            names = told_apart(reader.schema.names)
            # Closed, not only dropped: DuckDB's threads may wait to hand over further rows.
            with reader:
                for batch in reader:
                    self._failures.check()
                    yield batch.rename_columns(names)
                self._failures.check()
                if batch is None:
                    yield _no_rows(reader.schema).rename_columns(names)

    @contextmanager
    def _bounded(self, sql: str) -> Iterator[None]:
        """Errors of DuckDB are wrong settings, as are those of reading what is no table."""
        seconds, memory_gb = self._limits.seconds, self._limits.memory_gb
        timer = None if seconds is None else Timer(seconds, self._connection.interrupt)
        if timer is not None:
            timer.daemon = True
            timer.start()
        try:
            yield
        except duckdb.InterruptException as err:
            raise SettingsError(
                f"the query fails: it takes longer than {seconds:g} s; ask for less"
            ) from err
        except (duckdb.OutOfMemoryException, MemoryError) as err:
            most = "there is" if memory_gb is None else f"{memory_gb:g} GB"
            raise SettingsError(
                f"the query fails: it takes more memory than {most}; ask for fewer rows or columns"
            ) from err
        except duckdb.Error as err:
            self._failures.check()
            message = " ".join(str(err).split())
            raise SettingsError(f"the query fails: {self._told(message, sql)}") from err
        finally:
            if timer is not None:
                timer.cancel()

    def _told(self, message: str, sql: str) -> str:
        """The message of DuckDB in plain words, or with what to change, where that is known."""
        found = text_for_another(message, sql, self.meta)
        if found is None:
            return f"{message}{hint(message, sql, [one.name for one in self.meta])}"
        column, kind = found
        if kind == "DATE" and column.day is not None:
            return as_dates(column, column.day)
        return taken_alone(column, kind, self._no_such_value(column.name, kind))

    def _no_such_value(self, column: str, kind: str) -> str | None:
        """A value of what the source says of calls that is not of a type in SQL."""
        try:
            row = self._connection.execute(no_such_value(column, kind)).fetchone()
        except duckdb.Error:
            return None
        return None if row is None else str(row[0])

    def _relation(self, sql: str) -> duckdb.DuckDBPyRelation:
        try:
            sql.encode()
        except UnicodeEncodeError as err:
            raise SettingsError(
                "expected one SELECT, found text that is not valid Unicode"
            ) from err
        statements = self._connection.extract_statements(sql)
        kinds = [_kind(one) for one in statements]
        if kinds != ["SELECT"]:
            raise SettingsError(f"expected one SELECT, found {', '.join(kinds) or 'nothing'}")
        if told := days_in_order(sql, [one for one in self.meta if one.name.lower() not in _OWN]):
            raise SettingsError(f"the query fails: {told}")
        return self._connection.sql(statements[0].query)

    def _register(self, name: str, output: Output | None, schema: pa.Schema) -> None:
        uris = [] if output is None else [*map(output.part_uri, output.part_names())]
        kind = "" if output is None else output.kind
        self._connection.register(f"{name}_0", self._dataset(uris, kind, schema))

    def _dataset(self, uris: Sequence[str], kind: str, schema: pa.Schema) -> StoredParts:
        return StoredParts(uris, kind, schema, self._failures)

    def _add(self, name: str, rows: str) -> None:
        """A view of these rows, with a column for each of `meta`, where they have it."""
        own = self._connection.sql(rows).columns
        taken = {one.lower() for one in own}
        meta = "".join(
            f", {one.value} AS {identifier(one.name)}"
            for one in self.meta
            if "meta" in taken and one.name.lower() not in taken
        )
        self._connection.execute(f"CREATE VIEW {name} AS SELECT *{meta} FROM ({rows})")


def _kind(statement: duckdb.Statement) -> str:
    try:
        return statement.type.name
    except ValueError:  # of a kind that the package does not name
        return "another statement"


def _no_rows(schema: pa.Schema) -> pa.RecordBatch:
    return pa.RecordBatch.from_arrays([pa.array([], one.type) for one in schema], schema=schema)


def told_apart(names: Sequence[str]) -> list[str]:
    """The names, where the second column of a name has a number: sentiment, sentiment_1."""
    taken, seen, found = {*names}, set[str](), []
    for name in names:
        own, number = name, 1
        while name in seen and own in taken:
            own, number = f"{name}_{number}", number + 1
        seen.add(name)
        taken.add(own)
        found.append(own)
    return found
