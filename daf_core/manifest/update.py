"""Bring a manifest up to date with its source: new recordings are added, changed ones replaced.

A changed recording is first added anew, at the end, and then removed from the parts that held it:
no row is ever missing. Rows of recordings that were deleted from the source stay, unless they are
to be pruned.
"""

import logging
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from functools import partial
from itertools import chain, islice
from typing import Any

from daf_core.manifest import catalogue_files, ingest_lock, metadata_options
from daf_core.manifest.catalogue import Catalogue
from daf_core.manifest.entries import NO_RECORDING, NOTHING, entries_table
from daf_core.manifest.forgotten import Forgotten
from daf_core.manifest.kept_ids import KeptIds
from daf_core.manifest.metadata_alone import MetadataAlone
from daf_core.manifest.parts import PendingRecording, pack, publish
from daf_core.manifest.remarks import remarks
from daf_core.manifest.removal import finish_removal, remove_outdated
from daf_core.manifest.retired_ids import RetiredIds
from daf_core.manifest.retry import mark, to_read_again, to_retry
from daf_core.manifest.updated import Updated, counted
from daf_core.sources.hashed_ids import HashedSource
from daf_core.sources.inspection import Inspected
from daf_core.sources.open_source import Source as OpenSource
from daf_core.sources.text_encoding import Guessed
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import Output
from daf_core.storage.run_record import Json, fingerprint

log = logging.getLogger(__name__)
Source = OpenSource | HashedSource
Inspect = Callable[[Iterator[Any]], Iterator[Inspected]]
_FILES_AT_ONCE = 16


# Of the record: whether the words of rows were dropped, what options told of recordings.
_KEPT_FACTS = ("text", metadata_options.FACT)


def update(
    output: Output,
    identity: Json,
    source: Source,
    part_s: float | None,
    inspect: Inspect,
    retry: Collection[str] = (),
    read_again: Collection[str] = (),
    prune: bool = False,
) -> Updated:
    """Make the manifest in `output`, whose run has begun, hold what `source` holds.

    part_s: seconds of audio per part, None for lengths that suit any source (`part_length`);
    inspect: turns recordings of the source into rows, in order; retry: recordings with rows
    quarantined or flagged for these reasons are inspected again, though their files are unchanged;
    read_again: so are the recordings of these parts; prune: recordings that were deleted from the
    source are taken out.

    Raises:
        NotDone: another attempt took over, or the manifest's files were changed by others.
    """
    started = time.monotonic()
    record = run_record.read(output)
    finished = record is not None and record.complete
    attempt = "" if finished else ingest_lock.take_over(output, record)
    source.gather()
    known = catalogue_files.load(output, fingerprint(identity))
    again = to_read_again(known, read_again) if read_again else to_retry(output, known, retry)
    if retry and not again:
        log.info("retry: no recording is quarantined or flagged for %s", ", ".join(retry))
    if again:
        attempt = attempt or ingest_lock.take_over(output, record)
        mark(output, known, again, partial(ingest_lock.check, output, attempt))
    forgotten = Forgotten.of(output)
    refused = forgotten.stays(source.quarantined)
    loose = fingerprint(refused) if refused else NOTHING
    known.compare(chain([(NO_RECORDING, loose)], _versions(source, forgotten)), prune)
    roots = [*(source.origins.roots or ())]
    if record is not None and finished and known.is_up_to_date():
        facts = record.facts | {"roots": roots}
        if "remarks" not in facts:  # as after `daf forget`
            facts |= {"remarks": asdict(remarks(output, known, source, forgotten))}
        if facts != record.facts:
            run_record.write(output, replace(record, facts=facts))
        return Updated.from_facts(facts, known, started)
    attempt = attempt or ingest_lock.take_over(output, record)
    check = partial(ingest_lock.check, output, attempt)
    as_they_are = MetadataAlone(output, known, check)
    guessed = Guessed()
    pending = _pending(output, known, source, inspect, forgotten, as_they_are, guessed)
    _publish_differences(output, known, pending, part_s, check)
    write_index(output, known, fingerprint(identity), check)
    said = remarks(output, known, source, forgotten)
    said = replace(said, hints=(*guessed.lines(), *said.hints))
    done = counted(known, said, started)
    kept = {name: record.facts[name] for name in _KEPT_FACTS if record and name in record.facts}
    facts = kept | done.as_facts() | {"roots": roots, "attempt": attempt}
    run_record.finish(output, identity, facts)
    return done


def _versions(source: Source, forgotten: Forgotten) -> Iterator[tuple[str, str]]:
    recordings: Iterator[tuple[str, Any]] = forgotten.remembered(source.recordings())
    if not source.check_contents:
        yield from ((name, source.version(name, held)) for name, held in recordings)
        return
    with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
        while some := list(islice(recordings, 16 * _FILES_AT_ONCE)):
            names = [name for name, _ in some]
            yield from zip(names, pool.map(lambda one: source.version(*one), some), strict=True)


def _publish_differences(
    output: Output,
    known: Catalogue,
    pending: Iterator[PendingRecording],
    part_s: float | None,
    check: Callable[[], None],
) -> None:
    """Publish what the manifest lacks, then remove what is outdated; `known` is kept in step."""
    for number in known.parts_with_removed():
        finish_removal(output, number, known, check)
    delete_unfinished(output, known, check)
    for part in pack(pending, part_s, known.next_part):
        facts = publish(output, part, check)
        known.put(part.number, entries_table(part.number, part.entries), facts)
    for number in known.parts_with_outdated():
        remove_outdated(output, number, known, check)


def _pending(
    output: Output,
    known: Catalogue,
    source: Source,
    inspect: Inspect,
    forgotten: Forgotten,
    as_they_are: MetadataAlone,
    guessed: Guessed,
) -> Iterator[PendingRecording]:
    """The rows that no part holds, recording by recording; some parts of one may be done.
    `guessed` is told of encodings.
    """
    if known.is_due(NO_RECORDING):
        yield _rest(known, NO_RECORDING, Inspected([], forgotten.stays(source.quarantined)))
    due = (one for one in forgotten.remembered(source.recordings()) if known.is_due(one[0]))
    retired = RetiredIds(output, known) if source.gives_ids else None
    kept_ids = KeptIds(output, known)
    names: deque[str] = deque()

    def named() -> Iterator[Any]:
        recordings: Any  # the source's own kind
        for name, recordings in due:
            names.append(name)
            ids = kept_ids(name, source.may_have_ids(recordings))
            yield source.with_ids(recordings, ids) if ids else recordings

    for inspected in inspect(named()):
        name, inspected = names.popleft(), forgotten.without(inspected)
        for encoding, file in inspected.guessed:
            guessed.add(encoding, file)
        if not as_they_are.takes(name, inspected):
            yield _rest(known, name, retired.quarantine_reused(inspected) if retired else inspected)
    as_they_are.write()


def _rest(known: Catalogue, name: str, inspected: Inspected) -> PendingRecording:
    """The rows of a recording without those that the manifest holds already."""
    rows, quarantined = known.held(name)
    return PendingRecording(
        name, known.version(name), inspected.rows[rows:], inspected.quarantined[quarantined:]
    )


def delete_unfinished(output: Output, known: Catalogue, check: Callable[[], None]) -> None:
    """Delete the files of a part that an attempt did not finish before it died."""
    whole = known.parts()
    for folder in (output.parts_uri, output.quarantine_uri):
        check()
        files.delete_all(folder, [n for n in parquet.list_parts(folder) if n not in whole])


def write_index(output: Output, known: Catalogue, run: str, check: Callable[[], None]) -> None:
    """Merge the entries of all parts into the files that the next ingest and later jobs read."""
    check()
    catalogue_files.save(known, output, run)
    loose = parquet.list_parts(output.recordings_uri)
    check()
    files.delete_all(output.recordings_uri, loose)
    check()
