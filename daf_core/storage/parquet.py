"""Parquet tables whose footer holds their kind and version, checked whenever one is read."""

import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

import daf_core
from daf_core.errors import NotDone, SettingsError
from daf_core.storage.files import NOT_A_FILE, exists, filesystem, is_remote, publish
from daf_core.storage.store_faults import listing, reason, telling
from daf_core.storage.table_kinds import check_columns, check_facts, check_kind, table_kind
from daf_core.storage.table_values import check_values

WRITTEN_BY = "daf.written_by"  # footer entry: the version of daf
_DAMAGED = (pa.ArrowInvalid, pa.ArrowNotImplementedError, pa.ArrowTypeError)
PART_NAME = re.compile(r"part-\d{5,}\.parquet")


def part_name(index: int) -> str:
    """Name of part number `index`, the same in every table of a job."""
    return f"part-{index:05d}.parquet"


def part_number(name: str) -> int:
    """Number of the part with this name, the reverse of `part_name`."""
    return int(name.removeprefix("part-").removesuffix(".parquet"))


def write(uri: str, table: pa.Table, kind: str, footer: dict[str, str] | None = None) -> None:
    """Publish `table` as Parquet with its kind, version and `footer`.

    Equal tables give equal bytes.
    """
    publish(uri, parquet_bytes(table, kind, footer))


def parquet_bytes(table: pa.Table, kind: str, footer: dict[str, str] | None = None) -> bytes:
    """`table` as Parquet with its kind, version and `footer`, and the version of daf."""
    entries = {**table_kind(kind), WRITTEN_BY: daf_core.__version__, **(footer or {})}
    sink, table = io.BytesIO(), _as_made(table)
    pq.write_table(table.replace_schema_metadata(entries), sink, compression="zstd")
    return sink.getvalue()


def _as_made(table: pa.Table) -> pa.Table:
    """A table whose lists name their values as Arrow does, not as Parquet: one that was read is
    written as one that was made.
    """
    for index, field in enumerate(table.schema):
        kind = field.type
        if not (pa.types.is_list(kind) or pa.types.is_fixed_size_list(kind)):
            continue
        if kind.value_field.name != "item":
            size = kind.list_size if pa.types.is_fixed_size_list(kind) else -1
            made = pa.list_(kind.value_type, size)
            table = table.set_column(index, field.with_type(made), table[index].cast(made))
    return table


def read(
    uri: str, kind: str, columns: Sequence[str] | None = None
) -> tuple[pa.Table, dict[str, str]]:
    """A table of `kind` and its footer.

    Raises:
        SettingsError: the file is missing, is not Parquet, is of another kind or version, or has
            other columns.
        NotDone: it cannot be read for another reason.
    """
    with opened(uri, kind) as (parquet, footer, _):
        check_columns(parquet.schema_arrow, kind, uri, columns)
        wanted = None if columns is None else list(columns)
        return checked(parquet.read(columns=wanted, use_threads=False), kind, uri), footer


def checked(table: pa.Table, kind: str, uri: str) -> pa.Table:
    """A table that was read at `uri`, if its values are such as a table of its kind has.

    Raises:
        SettingsError: they are not.
        ArrowInvalid: a text is not UTF-8.
    """
    table.validate(full=True)
    check_values(table, kind, uri)
    return table


def read_if_there(
    uri: str, kind: str, columns: Sequence[str] | None = None
) -> tuple[pa.Table, dict[str, str]] | None:
    """As `read`, or None if there is no file."""
    return read(uri, kind, columns) if exists(uri) else None


def read_footer(uri: str, kind: str) -> tuple[int, dict[str, str]]:
    """Number of rows and footer entries of a table of `kind`, without reading its rows.

    Raises:
        SettingsError: as `read`.
        NotDone: as `read`.
    """
    with opened(uri, kind) as (parquet, footer, _):
        return parquet.metadata.num_rows, footer


@contextmanager
def opened(uri: str, kind: str) -> Iterator[tuple[pq.ParquetFile, dict[str, str], IO[bytes]]]:
    """An open table of `kind`, its footer entries and its file; errors while it is open are as of
    `read`.

    Nothing is read with Arrow's threads: Arrow ends them badly (std::terminate) in a process that
    ends just after they were started. Tables are read side by side anyway.
    """
    fs, path = filesystem(uri)
    try:
        with (
            telling(uri),
            fs.open(path, "rb") as file,
            pq.ParquetFile(file, pre_buffer=False) as parquet,
        ):
            metadata = parquet.schema_arrow.metadata or {}
            footer = {key.decode(): value.decode() for key, value in metadata.items()}
            check_kind(footer, kind, uri)
            check_facts(footer, parquet.metadata.num_rows, kind, uri)
            yield parquet, footer, file
    except FileNotFoundError as err:
        raise SettingsError(f"{uri}: expected a {kind} table, found no file") from err
    except IsADirectoryError as err:
        raise SettingsError(f"{uri}: expected a {kind} table, found a folder") from err
    except (*_DAMAGED, UnicodeDecodeError) as err:  # the latter of names in the footer
        raise _damaged(uri, kind, err) from err
    except OSError as err:
        if err.errno == NOT_A_FILE:
            raise SettingsError(
                f"{uri}: expected a {kind} table, found a device or a pipe"
            ) from err
        if err.errno is None and not is_remote(uri):  # of Arrow, which cannot make sense of a page
            raise _damaged(uri, kind, err) from err
        raise NotDone(f"{uri}: cannot be read: {reason(err)}; run the command again") from err


def _damaged(uri: str, kind: str, err: Exception) -> SettingsError:
    return SettingsError(f"{uri}: expected a {kind} table, found a damaged file: {_line(err)}")


def _line(err: Exception) -> str:
    return " ".join(str(err).split())


def list_parts(folder: str) -> list[str]:
    """Names of the parts in `folder`, sorted; empty if there is no folder. Takes one listing."""
    fs, path = filesystem(folder)
    try:
        with listing(folder):
            names = [os.path.basename(entry) for entry in fs.ls(path, detail=False)]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(name for name in names if PART_NAME.fullmatch(name))
