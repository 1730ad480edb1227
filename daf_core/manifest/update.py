"""Make a manifest hold what its source does: new recordings are added, changed ones replaced.

What changed is added anew first, at the end, and then taken out of the parts where it was: no row
is ever missing. Rows of recordings that are gone from the source stay.
"""

import time
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from itertools import chain, islice
from typing import Any

from daf_core.manifest import catalogue, entries
from daf_core.manifest import ingest_lock as attempts
from daf_core.manifest.catalogue import Catalogue
from daf_core.manifest.entries import NO_RECORDING, NOTHING
from daf_core.manifest.parts import Recording, pack, publish
from daf_core.manifest.removal import finish_removal, remove_old
from daf_core.manifest.retired_ids import RetiredIds
from daf_core.sources.inspection import Inspected
from daf_core.sources.open_source import Source
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import Output
from daf_core.storage.run_record import fingerprint

Inspect = Callable[[Iterator[Any]], Iterator[Inspected]]
_FILES_AT_ONCE = 16


def grow(
    output: Output, identity: dict[str, Any], source: Source, part_s: float | None, inspect: Inspect
) -> tuple[dict[str, Any], bool]:
    """Make the manifest of a run that has begun hold what the source does; nothing, where it does.

    `inspect` turns recordings of the source into rows, in order. Gives the facts of the finished
    manifest, and whether there was nothing to do.

    Raises:
        NotDone: another attempt took over, or the manifest is not as ingest left it.
    """
    started = time.monotonic()
    record = files.read_json(output.record_uri) or {}
    finished = bool(record.get("complete"))
    attempt = "" if finished else attempts.take_over(output, record)
    source.gather()
    known = catalogue.load(output, fingerprint(identity))
    rejected = fingerprint(source.rejected) if source.rejected else NOTHING
    compared = known.compare(chain([(NO_RECORDING, rejected)], _versions(source)))
    recordings = {"recordings": asdict(compared)}
    if finished and known.holds_the_source():
        return record | recordings, True
    attempt = attempt or attempts.take_over(output, record)
    check = partial(attempts.check, output, attempt)
    _publish_what_differs(output, known, source, part_s, inspect, check)
    _index(output, known, fingerprint(identity), check)
    facts = _counts(known) | recordings | {"seconds": round(time.monotonic() - started, 1)}
    run_record.finish(output, identity, facts | {"attempt": attempt})
    return facts, False


def _versions(source: Source) -> Iterator[tuple[str, str]]:
    recordings: Iterator[tuple[str, Any]] = source.recordings()
    if not source.check_contents:
        yield from ((name, source.version(name, held)) for name, held in recordings)
        return
    with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
        while some := list(islice(recordings, 16 * _FILES_AT_ONCE)):
            names = [name for name, _ in some]
            yield from zip(names, pool.map(lambda one: source.version(*one), some), strict=True)


def _publish_what_differs(
    output: Output,
    known: Catalogue,
    source: Source,
    part_s: float | None,
    inspect: Inspect,
    check: Callable[[], None],
) -> None:
    """Publish what the manifest lacks, then take out what is older; `known` follows."""
    for number in known.parts_with_removed():
        finish_removal(output, number, known, check)
    _delete_unfinished(output, known, check)
    for part in pack(_lacking(output, known, source, inspect), part_s, known.next_part):
        facts = publish(output, part, check)
        known.put(part.number, entries.to_table(part.number, part.entries), facts)
    for number in known.parts_with_old():
        remove_old(output, number, known, check)


def _lacking(
    output: Output, known: Catalogue, source: Source, inspect: Inspect
) -> Iterator[Recording]:
    """Rows that no part has, recording by recording; a recording may be in a part half."""
    if known.is_due(NO_RECORDING):
        yield _rest(known, NO_RECORDING, ([], source.rejected))
    due = (one for one in source.recordings() if known.is_due(one[0]))
    gone = RetiredIds(output, known) if source.gives_ids else None
    names: deque[str] = deque()

    def named() -> Iterator[Any]:
        for name, recordings in due:
            names.append(name)
            yield recordings

    for inspected in inspect(named()):
        yield _rest(known, names.popleft(), gone.refuse(inspected) if gone else inspected)


def _rest(known: Catalogue, name: str, inspected: Inspected) -> Recording:
    rows, rejected = inspected
    held, held_rejected = known.held(name)
    return Recording(name, known.version(name), rows[held:], rejected[held_rejected:])


def _delete_unfinished(output: Output, known: Catalogue, check: Callable[[], None]) -> None:
    """Delete what an attempt that died published of its last part, before the part was whole."""
    whole = known.parts()
    for folder in (output.parts_uri, output.quarantine_uri):
        check()
        files.delete_all(folder, [n for n in parquet.list_parts(folder) if n not in whole])


def _index(output: Output, known: Catalogue, run: str, check: Callable[[], None]) -> None:
    """Write what the next ingest and the jobs after this one read, in place of loose files."""
    check()
    catalogue.save(known, output, run)
    loose = parquet.list_parts(output.recordings_uri)
    check()
    files.delete_all(output.recordings_uri, loose)
    check()


def _counts(known: Catalogue) -> dict[str, Any]:
    """Counts of a whole manifest."""
    parts, quarantined = known.facts.values(), known.reasons()
    rows = sum(part.rows for part in parts)
    return {
        "rows_in": rows + sum(quarantined.values()),
        "rows": rows,
        "quarantined": quarantined,
        "parts": len(parts),
        "audio_hours": round(sum(part.audio_s for part in parts) / 3600, 4),
    }
