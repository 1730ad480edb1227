"""Recordings of which only the metadata changed keep their place, so that nothing is scored again.

A version is that of a recording's files and rows, and after a dot that of its metadata. Where the
first is as before, and the rows come out as the manifest holds them, their metadata is replaced in
the parts that hold them.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pyarrow as pa

from daf_core.manifest.catalogue import Catalogue, Place
from daf_core.manifest.entries import NO_RECORDING, entries_table
from daf_core.manifest.parts import part_files, rows_as_table
from daf_core.schemas import MANIFEST, META, QUARANTINE
from daf_core.sources.inspection import Inspected
from daf_core.storage import files, parquet
from daf_core.storage.files import join
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name

ROWS_HELD = 65_536  # of which the new metadata is kept before it is written


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
        self._taken: dict[int, dict[int, tuple[str, pa.Array]]] = {}
        self._rows = 0

    def takes(self, name: str, found: Inspected) -> bool:
        """Whether the manifest holds these rows of a recording, but for their metadata."""
        version = self._known.version(name)
        places = self._known.places(name)
        if name == NO_RECORDING or not _is_whole(places, without_metadata(version)):
            return False
        rows = rows_as_table(found.rows)
        quarantined = pa.Table.from_pylist(found.quarantined, schema=QUARANTINE)
        held = [self._part(place.part) for place in places]
        own = [one[0].slice(at.first, at.rows) for one, at in zip(held, places, strict=True)]
        refused = [
            one[1].slice(at.first_rejected, at.rejected)
            for one, at in zip(held, places, strict=True)
        ]
        if not _alike(own, rows) or not _alike(refused, quarantined):
            return False
        start, metas = 0, rows["meta"].combine_chunks()
        for place in places:
            taken = self._taken.setdefault(place.part, {})
            taken[place.position] = version, metas.slice(start, place.rows)
            start += place.rows
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

    def _write(self, number: int, taken: dict[int, tuple[str, pa.Array]]) -> None:
        rows, quarantined = self._part(number)
        entries, metas, first = self._known.entries(number), [], 0
        for position, entry in enumerate(entries):
            metas.append(rows["meta"].combine_chunks().slice(first, entry.rows))
            first += entry.rows
            if position in taken:
                version, metas[-1] = taken[position]
                entries[position] = replace(entry, version=version)
        column = pa.chunked_array(metas, META.type).combine_chunks()
        rows = rows.set_column(rows.schema.get_field_index("meta"), META, column)
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
    return schema.empty_table() if found is None else found[0].replace_schema_metadata(None)
