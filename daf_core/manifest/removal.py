"""Take recordings out of the parts of a manifest: what is left is published under the same names.

The entries of a part say first what is being removed, then its quarantine and the part are
replaced, then the entries say that it is done. So it can be gone on with wherever it stopped.
"""

from collections.abc import Callable
from dataclasses import replace

import pyarrow as pa

from daf_core.errors import NotDone
from daf_core.manifest import entries
from daf_core.manifest.catalogue import Catalogue
from daf_core.manifest.entries import Entry
from daf_core.manifest.parts import part_files
from daf_core.schemas import MANIFEST, QUARANTINE
from daf_core.storage import files, parquet
from daf_core.storage.files import join
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name


def remove_old(
    output: Output, number: int, catalogue: Catalogue, check: Callable[[], None]
) -> None:
    """Take out of a part what is older than the source's version; the catalogue follows.

    `check` is called before each change and raises where this attempt is out of date.
    """
    old = catalogue.old_in(number)
    held = [
        replace(entry, removed=position in old)
        for position, entry in enumerate(catalogue.entries(number))
    ]
    facts = catalogue.facts.get(part_name(number))
    table = entries.to_table(number, held)
    check()
    footer = facts.footer() if facts else None
    parquet.write(join(output.recordings_uri, part_name(number)), table, "recordings", footer)
    catalogue.put(number, table, facts)
    finish_removal(output, number, catalogue, check)


def finish_removal(
    output: Output, number: int, catalogue: Catalogue, check: Callable[[], None]
) -> None:
    """Take out of a part what its entries say is being removed; half of that may be done."""
    held = catalogue.entries(number)
    kept = [entry for entry in held if not entry.removed]
    name = part_name(number)
    rejected = _kept(
        join(output.quarantine_uri, name), "quarantine", QUARANTINE, held, _rejected_rows
    )
    rows = _kept(output.part_uri(name), "manifest", MANIFEST, held, _rows)
    facts, contents = part_files(output, number, rows, rejected, kept)
    for uri, data in contents:
        check()
        if data is None:
            files.delete(uri)
        else:
            files.publish(uri, data)
    catalogue.put(number, entries.to_table(number, kept), facts)


def _rows(entry: Entry) -> int:
    return entry.rows


def _rejected_rows(entry: Entry) -> int:
    return entry.rejected


def _kept(
    uri: str, kind: str, schema: pa.Schema, held: list[Entry], rows_of: Callable[[Entry], int]
) -> pa.Table:
    """Rows of a file without those of removed entries, whether they are there still or not.

    Raises:
        NotDone: the file holds neither what it held before nor what stays.
    """
    found = parquet.read_if_there(uri, kind)
    table = found[0] if found else schema.empty_table()
    stays = [not entry.removed for entry in held for _ in range(rows_of(entry))]
    if len(table) == sum(stays):
        return table
    if len(table) != len(stays):
        raise NotDone(
            f"{uri}: expected {len(stays)} rows, found {len(table)}: not what ingest wrote; "
            f"start over with --fresh"
        )
    return table.filter(pa.array(stays, pa.bool_())).combine_chunks()
