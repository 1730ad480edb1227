"""Remove recordings from the parts of a manifest: the rest is published under the same names.

First the entries of the part mark what is being removed; then its quarantine and the part are
replaced; then the entries drop what was removed. So an interrupted removal can be continued from
any of these steps.
"""

from collections.abc import Callable
from dataclasses import replace
from operator import attrgetter

import pyarrow as pa

from daf_core.decimals import number_of
from daf_core.errors import NotDone
from daf_core.manifest.catalogue import Catalogue
from daf_core.manifest.entries import Entry, entries_table
from daf_core.manifest.parts import part_files
from daf_core.schemas import MANIFEST, QUARANTINE
from daf_core.storage import files, parquet
from daf_core.storage.files import join
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name


def remove_outdated(
    output: Output, number: int, catalogue: Catalogue, check: Callable[[], None]
) -> None:
    """Remove from a part the rows that are older than the source's version.

    `check` is called before each change and raises if another attempt has taken over. The
    catalogue is kept in step.
    """
    outdated = catalogue.outdated_in(number)
    entries = [
        replace(entry, removed=position in outdated)
        for position, entry in enumerate(catalogue.entries(number))
    ]
    facts = catalogue.facts.get(part_name(number))
    table = entries_table(number, entries)
    check()
    footer = facts.footer() if facts else None
    parquet.write(join(output.recordings_uri, part_name(number)), table, "recordings", footer)
    catalogue.put(number, table, facts)
    finish_removal(output, number, catalogue, check)


def finish_removal(
    output: Output, number: int, catalogue: Catalogue, check: Callable[[], None]
) -> None:
    """Remove from a part what its entries mark as being removed; some of it may be done already.

    Raises:
        NotDone: a file of the part has neither the old nor the new number of rows.
    """
    entries = catalogue.entries(number)
    kept = [entry for entry in entries if not entry.removed]
    name = part_name(number)
    quarantined = _without_removed(
        join(output.quarantine_uri, name),
        "quarantine",
        QUARANTINE,
        entries,
        attrgetter("quarantined"),
    )
    rows = _without_removed(
        output.part_uri(name), "manifest", MANIFEST, entries, attrgetter("rows")
    )
    facts, contents = part_files(output, number, rows, quarantined, kept)
    for uri, data in contents:
        check()
        if data is None:
            files.delete(uri)
        else:
            files.publish(uri, data)
    catalogue.put(number, entries_table(number, kept), facts)


def _without_removed(
    uri: str, kind: str, schema: pa.Schema, entries: list[Entry], count: Callable[[Entry], int]
) -> pa.Table:
    """The rows of a file without those of removed entries, whether they are still there or not.

    `count` gives the rows that the file holds of an entry.
    """
    found = parquet.read_if_there(uri, kind)
    table = found[0] if found else schema.empty_table()
    stays = [not entry.removed for entry in entries for _ in range(count(entry))]
    if len(table) == sum(stays):
        return table
    if len(table) != len(stays):
        raise NotDone(
            f"{uri}: expected {number_of(len(stays), 'row')}, found {len(table)}: the file is not "
            f"what ingest wrote; start over with `fresh`"
        )
    return table.filter(pa.array(stays, pa.bool_())).combine_chunks()
