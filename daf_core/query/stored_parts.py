"""The parts of a stored table as a dataset that DuckDB scans, each read and checked by `parquet`.

DuckDB takes rows from a stream of Arrow, in threads of its own. An error of Python that is raised
within such a stream is never seen: it waits, and the process with it, for a lock that the thread
which waits for the rows may hold. So a stream raises nothing. It keeps the first error and ends,
and who asked for the rows raises it (`Failures.check`) before any of them is believed.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset

from daf_core.storage import parquet
from daf_core.storage.table_kinds import check_columns

READERS = 4  # parts read at the same time: a store takes its time for each


class Failures:
    """The first error in reading what a query asks for."""

    def __init__(self) -> None:
        self._first: BaseException | None = None

    def keep(self, err: BaseException) -> None:
        """Keep an error until it can be raised."""
        self._first = self._first or err

    def check(self) -> None:
        """Raise the error that was kept, if any, and forget it."""
        err, self._first = self._first, None
        if err is not None:
            raise err


class StoredParts(pyarrow.dataset.Dataset):  # type: ignore[misc]
    """Parts of a `kind` at these URIs, in their order; columns that older parts lack are null.

    schema: columns and types of all rows; failures: gets what goes wrong in reading them.
    """

    def __new__(cls, *_: Any) -> "StoredParts":
        made: StoredParts = pyarrow.dataset.Dataset.__new__(cls)
        return made

    def __init__(
        self, uris: Sequence[str], kind: str, schema: pa.Schema, failures: Failures
    ) -> None:
        self._uris, self._kind, self._schema, self._failures = uris, kind, schema, failures

    @property
    def schema(self) -> pa.Schema:
        """Columns and types of all rows."""
        return self._schema

    def scanner(
        self,
        columns: Sequence[str] | None = None,
        filter: pc.Expression | None = None,
        **_: Any,
    ) -> "_Scan":
        """What DuckDB asks for: these columns, all for None, of the rows that `filter` holds of."""
        names = [*(self._schema.names if columns is None else columns)]
        schema = pa.schema([self._schema.field(name) for name in names])
        return _Scan(schema, self._batches(schema, filter))

    def _batches(
        self, schema: pa.Schema, condition: pc.Expression | None
    ) -> Iterator[pa.RecordBatch]:
        try:
            for table in self._tables(schema.names, condition):
                yield from table.cast(schema).to_batches()
        except GeneratorExit:  # no more rows are wanted
            raise
        except BaseException as err:
            self._failures.keep(err)

    def _tables(self, columns: list[str], condition: pc.Expression | None) -> Iterator[pa.Table]:
        """The rows of each part, some parts ahead."""
        pool, waiting = ThreadPoolExecutor(READERS), iter(self._uris)
        ahead: deque[Future[pa.Table]] = deque()
        try:
            while True:
                for uri in islice(waiting, READERS - len(ahead)):
                    ahead.append(pool.submit(self._table, uri, columns, condition))
                if not ahead:
                    return
                yield ahead.popleft().result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)

    def _table(self, uri: str, columns: list[str], condition: pc.Expression | None) -> pa.Table:
        with parquet.opened(uri, self._kind) as (table, _, file):
            check_columns(table.schema_arrow, self._kind, uri)
            fragment = pyarrow.dataset.ParquetFileFormat().make_fragment(file)
            rows = fragment.to_table(
                schema=self._schema, columns=columns, filter=condition, use_threads=False
            )
            return parquet.checked(rows, self._kind, uri)


@dataclass(frozen=True)
class _Scan:
    """Rows to be read once, in the form in which DuckDB asks for them."""

    schema: pa.Schema
    batches: Iterator[pa.RecordBatch]

    def to_reader(self) -> pa.RecordBatchReader:
        return pa.RecordBatchReader.from_batches(self.schema, self.batches)
