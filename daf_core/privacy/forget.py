"""Take recordings out of a manifest, so that they do not come back.

Hashes of their names are stored first; then every part is replaced as when recordings change
(`manifest.removal`). An interrupted forgetting is continued by the same command, or by ingest.
"""

import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import groupby

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.errors import SettingsError
from daf_core.manifest import catalogue_files, ingest_lock
from daf_core.manifest.catalogue import Catalogue
from daf_core.manifest.entries import NO_RECORDING, Entry, counted_as, entries_table
from daf_core.manifest.forgotten import Forgotten
from daf_core.manifest.removal import finish_removal
from daf_core.manifest.update import delete_unfinished, write_index
from daf_core.manifest.updated import counted
from daf_core.schemas import Row
from daf_core.sources.remarks import Remarks
from daf_core.storage import parquet, run_record
from daf_core.storage.files import join
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name

UNDERWAY = "forgetting"  # in a run record: it was complete before
_AT_ONCE = 16


def recordings_held(output: Output, ids: Collection[str] | None = None) -> dict[str, set[str]]:
    """Part → those of the recordings that its rows or its quarantine name, None: all; reads two
    columns.
    """
    wanted = None if ids is None else pa.array(sorted(ids), pa.string())
    rows, refused = output.part_names(), output.quarantine_names()

    def held(name: str) -> set[str]:
        tables = [output.read(name, ["recording_id"])] if name in rows else []
        tables += [output.read_quarantine(name, ["recording_id"])] if name in refused else []
        columns = [table["recording_id"].drop_null() for table in tables]
        if wanted is not None:
            columns = [column.filter(pc.is_in(column, wanted)) for column in columns]
        return {one for column in columns for one in column.unique().to_pylist()}

    names = sorted({*rows, *refused})
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = dict(zip(names, pool.map(held, names), strict=True))
    return {name: recordings for name, recordings in found.items() if recordings}


def forget_in_manifest(manifest: Output, ids: Collection[str]) -> int:
    """Take recordings out of a manifest that ingest made; returns how many rows went.

    Raises:
        SettingsError: there is no manifest.
        NotDone: another ingest took over, or the storage fails.
    """
    started = time.monotonic()
    record = run_record.read(manifest)
    if record is None:
        raise SettingsError(f"{manifest.root}: expected a manifest, found none")
    was_complete = record.complete or bool(record.facts.get(UNDERWAY))
    record = replace(record, facts=record.facts | {UNDERWAY: was_complete})
    run_record.write(manifest, record)
    check = partial(ingest_lock.check, manifest, ingest_lock.take_over(manifest, record))
    forgotten = Forgotten.of(manifest).and_also(ids)
    forgotten.write(manifest)
    known = catalogue_files.load(manifest, record.fingerprint)
    for number in known.parts_with_removed():
        finish_removal(manifest, number, known, check)
    delete_unfinished(manifest, known, check)
    before = sum(facts.rows for facts in known.facts.values())
    for number in known.numbers():
        entries = known.entries(number)
        divided = _divided(manifest, number, entries, ids)
        if divided != entries:
            whole = {entry.recording for entry in divided if entry.removed}
            whole -= {entry.recording for entry in divided if not entry.removed}
            forgotten = forgotten.and_also(whole)
            forgotten.write(manifest)
            _remove(manifest, number, known, divided)
            finish_removal(manifest, number, known, check)
    write_index(manifest, known, record.fingerprint, check)
    if was_complete:
        done = counted(known, Remarks(), started).as_facts()
        del done["remarks"]  # they may name what is gone; the next run over the source says them
        kept = {name: record.facts[name] for name in ("recordings", "seconds", "text", "roots")
                if name in record.facts}  # fmt: skip
        run_record.finish(manifest, record.identity, done | kept)
    return before - sum(facts.rows for facts in known.facts.values())


def _remove(manifest: Output, number: int, known: Catalogue, entries: list[Entry]) -> None:
    """Store which entries of a part go, before anything of it does."""
    facts = known.facts.get(part_name(number))
    table = entries_table(number, entries)
    footer = facts.footer() if facts else None
    uri = join(manifest.recordings_uri, part_name(number))
    parquet.write(uri, table, "recordings", footer)
    known.put(number, table, facts)


def _divided(
    manifest: Output, number: int, entries: list[Entry], ids: Collection[str]
) -> list[Entry]:
    """The entries of a part; one with rows that go is cut into entries that go and that stay."""
    name = part_name(number)
    rows = _recordings(manifest.read(name, ["recording_id"])) if manifest.has(name) else []
    refused: list[Row] = []
    if manifest.has_quarantine(name):
        refused = manifest.read_quarantine(name).to_pylist()
    found: list[Entry] = []
    for entry in entries:
        own, rows = rows[: entry.rows], rows[entry.rows :]
        its, refused = refused[: entry.quarantined], refused[entry.quarantined :]
        named = [*own, *(row["recording_id"] for row in its if row["recording_id"] is not None)]
        goes = [one in ids for one in named] or [entry.recording in ids]
        if not any(goes):
            found.append(entry)
        elif all(goes) and entry.recording != NO_RECORDING:
            found.append(replace(entry, removed=True))
        else:
            found += _pieces(entry, own, its, ids)
    return found


def _recordings(rows: pa.Table) -> list[str]:
    recordings: list[str] = rows["recording_id"].to_pylist()
    return recordings


def _pieces(
    entry: Entry, rows: Sequence[str], refused: Sequence[Row], ids: Collection[str]
) -> Iterator[Entry]:
    """An entry cut where its rows begin to go or to stay; those that stay are complete with the
    last of them, if the entry was.
    """
    empty = Entry(entry.recording, entry.version)
    pieces = [
        replace(empty, rows=len([*run]), removed=goes)
        for goes, run in groupby(rows, key=lambda one: one in ids)
    ]
    pieces += [
        replace(empty, reasons=Counter(map(counted_as, run)), removed=goes)
        for goes, run in groupby(refused, key=lambda row: row["recording_id"] in ids)
    ]
    last = max((at for at, one in enumerate(pieces) if not one.removed), default=-1)
    for at, one in enumerate(pieces):
        yield replace(one, complete=entry.complete and at == last)
