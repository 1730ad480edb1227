"""daf query: finished scores, asked in SQL."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.export.tables import Batches, write_csv, write_json_lines, write_xlsx
from daf_core.query.database import Limits
from daf_core.storage import files
from jobs.command import terminal
from jobs.command.told import is_wanted, tell, tell_rows
from jobs.settings import QuerySettings
from jobs.verbs.calls import open_database
from jobs.verbs.shown import shown


def run(settings: QuerySettings) -> str:
    """The rows as text, or where they were written.

    Raises:
        SettingsError: the scores are not finished; `sql` is no SELECT, is wrong, reads anything but
            the views, or takes too long or too much memory; `out` has no suffix that is known.
        NotDone: a table cannot be read or written.
    """
    if settings.out is not None:
        _writer(settings.out)
    database = open_database(settings.scores, Limits(settings.memory_gb, settings.seconds))
    batches = database.batches(settings.sql)
    with _told_values():
        if settings.out is not None:
            return _written(batches, settings.out)
        return _said(settings, *_first(batches, settings.rows))


@contextmanager
def _told_values() -> Iterator[None]:
    """What SQL can say and Python cannot, such as a year of ten thousand, is a wrong query.

    Raises:
        SettingsError: a row has such a value.
    """
    try:
        yield
    except SettingsError:
        raise
    except (OverflowError, ValueError, pa.ArrowException) as err:
        why = " ".join(str(err).split())
        raise SettingsError(
            f"the query fails: a value cannot be written ({why}); ask for it as text, as in "
            f"CAST(column AS VARCHAR)"
        ) from err


def _said(settings: QuerySettings, rows: pa.Table, more: bool) -> str:
    if is_wanted():
        tell("queried", rows=len(rows), more=more)
        tell_rows(rows.to_pylist())
        return ""
    first = f"the first {number_of(len(rows), 'row')}"
    said = f"{first}; --rows shows more, --out writes all of them to a file"
    if settings.to == "table":
        return "\n".join([shown(rows, "table"), *([said] if more else [])])
    if more:
        terminal.complain(f"daf: {said}")  # it is no row of the output
    return shown(rows, settings.to)


def _first(batches: Batches, most: int) -> tuple[pa.Table, bool]:
    """The first rows, and whether there are more; the rest is not computed."""
    found: list[pa.RecordBatch] = []
    count = 0
    for batch in batches:
        found.append(batch.slice(0, most - count))
        count += len(batch)
        if count > most:
            break
    return pa.Table.from_batches(found), count > most


def _written(batches: Batches, out: str) -> str:
    write = _writer(out)
    with files.written(out) as path, open(path, "wb") as file:
        count = write(batches, file)
    tell("queried", out=out, rows=count)
    return f"{out}: {number_of(count, 'row')}"


def _writer(out: str) -> Callable[[Batches, IO[bytes]], int]:
    """What writes the form that the suffix of a file names."""
    suffix = out.rpartition(".")[2].lower()
    if suffix not in WRITERS:
        raise SettingsError(
            f"`out` {out}: expected a name that ends in .{', .'.join(WRITERS)}, found another"
        )
    return WRITERS[suffix]


def _text(write: Callable[[Batches, IO[str]], int], batches: Batches, file: IO[bytes]) -> int:
    with open(file.fileno(), "w", encoding="utf-8", newline="", closefd=False) as text:
        return write(batches, text)


def _xlsx(batches: Batches, file: IO[bytes]) -> int:
    return write_xlsx([("rows", batches)], file)["rows"]


def _parquet(batches: Batches, file: IO[bytes]) -> int:
    waiting = iter(batches)
    first, count = next(waiting), 0
    with pq.ParquetWriter(file, first.schema) as writer:
        for batch in chain([first], waiting):
            writer.write_batch(batch)
            count += len(batch)
    return count


WRITERS: dict[str, Callable[[Batches, IO[bytes]], int]] = {
    "csv": partial(_text, write_csv),
    "jsonl": partial(_text, write_json_lines),
    "xlsx": _xlsx,
    "parquet": _parquet,
}
