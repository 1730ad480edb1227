"""Recordings of which only the metadata changed keep their place, so that nothing is scored again.

A version is that of a recording's files and rows, and after a dot that of its metadata. Where the
first is as before, and the rows come out as the manifest holds them, their metadata is replaced in
the parts that hold them.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from itertools import accumulate
from typing import Any, NamedTuple

import pyarrow as pa

from daf_core.manifest.catalogue import Catalogue, Place
from daf_core.manifest.entries import NO_RECORDING, entries_table
from daf_core.manifest.parts import part_files, quarantine_as_table, rows_as_table
from daf_core.schemas import MANIFEST, META, QUARANTINE
from daf_core.sources.inspection import Inspected
from daf_core.storage import files, parquet
from daf_core.storage.files import join
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name

ROWS_HELD = 65_536  # of which the new metadata is kept before it is written


class _Taken(NamedTuple):
    """What a part gets at one place: a version, and metadata of rows and of quarantined rows."""

    version: str
    of_rows: pa.Array
    of_refused: pa.Array


def without_metadata(version: str) -> str:
    """The version of a recording's files and rows."""
    return version.partition(".")[0]


class MetadataAlone:
    """Takes the recordings of which only the metadata changed; `write` puts it in their parts.

    check: called before each change, raises if another attempt has taken over.
    """

    def __init__(self, output: Output, known: Catalogue, check: Callable[[], None]) -> None:
        self._output, self._known, self._check = output, known, check
        self._part = lru_cache(4)(self._read)  # recordings of one part come one after the other
        self._taken: dict[int, dict[int, _Taken]] = {}
        self._rows = 0

    def takes(self, name: str, found: Inspected) -> bool:
        """Whether the manifest holds these rows of a recording, but for their metadata."""
        version = self._known.version(name)
        places = self._known.places(name)
        if name == NO_RECORDING or not _is_whole(places, without_metadata(version)):
            return False
        rows = rows_as_table(found.rows)
        quarantined = quarantine_as_table(found.quarantined)
        held = [self._part(place.part) for place in places]
        own = [one[0].slice(at.first, at.rows) for one, at in zip(held, places, strict=True)]
        refused = [
            one[1].slice(at.first_rejected, at.rejected)
            for one, at in zip(held, places, strict=True)
        ]
        if not _alike(own, rows) or not _alike(refused, quarantined):
            return False
        start, first = 0, 0
        metas, its = rows["meta"].combine_chunks(), quarantined["meta"].combine_chunks()
        for place in places:
            of_rows, of_refused = metas.slice(start, place.rows), its.slice(first, place.rejected)
            taken = self._taken.setdefault(place.part, {})
            taken[place.position] = _Taken(version, of_rows, of_refused)
            start, first = start + place.rows, first + place.rejected
        self._rows += len(rows)
        if self._rows >= ROWS_HELD:
            self.write()
        return True

    def write(self) -> None:
        """Publish the parts of the recordings that were taken: the rows, then their versions."""
        for number in sorted(self._taken):
            self._write(number, self._taken[number])
        self._taken.clear()
        self._part.cache_clear()
        self._rows = 0

    def _write(self, number: int, taken: dict[int, _Taken]) -> None:
        rows, quarantined = self._part(number)
        entries = self._known.entries(number)
        of_rows = _cut(rows, [entry.rows for entry in entries])
        of_refused = _cut(quarantined, [entry.quarantined for entry in entries])
        for position, one in taken.items():
            of_rows[position], of_refused[position] = one.of_rows, one.of_refused
            entries[position] = replace(entries[position], version=one.version)
        rows, quarantined = _with(rows, of_rows), _with(quarantined, of_refused)
        facts, contents = part_files(self._output, number, rows, quarantined, entries)
        for uri, data in contents:
            self._check()
            if data is not None:
                files.publish(uri, data)
        self._known.put(number, entries_table(number, entries), facts)

    def _read(self, number: int) -> tuple[pa.Table, pa.Table]:
        """The rows of a part, and its quarantine."""
        name = part_name(number)
        quarantine_uri = join(self._output.quarantine_uri, name)
        return (
            _table(self._output.part_uri(name), "manifest", MANIFEST),
            _table(quarantine_uri, "quarantine", QUARANTINE),
        )


def _cut(table: pa.Table, lengths: list[int]) -> list[pa.Array]:
    """The metadata of a table, in pieces of these lengths."""
    metas = table["meta"].combine_chunks()
    starts = accumulate(lengths, initial=0)
    return [metas.slice(start, length) for start, length in zip(starts, lengths, strict=False)]


def _with(table: pa.Table, metas: list[pa.Array]) -> pa.Table:
    column = pa.chunked_array(metas, META.type).combine_chunks()
    return table.set_column(table.schema.get_field_index("meta"), META, column)


def _is_whole(places: list[Place], version: str) -> bool:
    """Whether the manifest holds all rows of a recording, of files and rows of this version."""
    return (
        bool(places)
        and all(without_metadata(one.version) == version and not one.removed for one in places)
        and [one.complete for one in places] == [False] * (len(places) - 1) + [True]
    )


def _alike(held: list[pa.Table], found: pa.Table) -> bool:
    """Whether two tables have the same rows, but for their metadata."""
    columns = [name for name in found.column_names if name != "meta"]
    together: Any = pa.concat_tables([one.select(columns) for one in held])
    return bool(together.equals(found.select(columns)))


def _table(uri: str, kind: str, schema: pa.Schema) -> pa.Table:
    found = parquet.read_if_there(uri, kind)
    if found is None:
        return schema.empty_table()
    table = found[0].replace_schema_metadata(None)
    if "meta" in table.column_names:
        return table
    return table.append_column(META, pa.nulls(len(table), META.type))  # of an older daf
