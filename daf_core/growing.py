"""Make a manifest hold what its source does: new recordings are added, changed ones replaced.

What changed is added anew first, at the end, and then taken out of the parts where it was: no row
is ever missing. Rows of recordings that are gone from the source stay.
"""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain, islice
from typing import Any

from daf_core import attempts, catalogue, entries, runs, tables
from daf_core.catalogue import Catalogue, Comparison
from daf_core.entries import NO_RECORDING, NOTHING
from daf_core.gone import IdsOfGone
from daf_core.inspection import Inspected
from daf_core.manifest import Recording, pack, publish
from daf_core.removal import finish_removal, remove_old
from daf_core.runs import Output, fingerprint
from daf_core.sources import Source

Inspect = Callable[[Iterator[Any]], Iterator[Inspected]]
_FILES_AT_ONCE = 16


def compare(source: Source, known: Catalogue) -> Comparison:
    """Compare what the source holds with what the manifest does."""
    rejected = fingerprint(source.rejected) if source.rejected else NOTHING
    return known.compare(chain([(NO_RECORDING, rejected)], _versions(source)))


def _versions(source: Source) -> Iterator[tuple[str, str]]:
    recordings: Iterator[tuple[str, Any]] = source.recordings()
    if not source.check_contents:
        yield from ((name, source.version(name, held)) for name, held in recordings)
        return
    with ThreadPoolExecutor(_FILES_AT_ONCE) as pool:
        while some := list(islice(recordings, 16 * _FILES_AT_ONCE)):
            names = [name for name, _ in some]
            yield from zip(names, pool.map(lambda one: source.version(*one), some), strict=True)


def grow(
    output: Output, attempt: str, known: Catalogue, source: Source, part_s: float, inspect: Inspect
) -> None:
    """Publish what the manifest lacks of the source, then take out what is older than it.

    `known` is compared with the source, and follows. `inspect` turns recordings of the source into
    rows, in order.

    Raises:
        NotDone: another attempt took over, or the manifest is not as ingest left it.
    """
    check = partial(attempts.check, output, attempt)
    for number in known.parts_with_removed():
        finish_removal(output, number, known, check)
    _delete_unfinished(output, known, check)
    for part in pack(_lacking(output, known, source, inspect), part_s, known.next_part):
        facts = publish(output, part, check)
        known.put(part.number, entries.to_table(part.number, part.entries), facts)
    for number in known.parts_with_old():
        remove_old(output, number, known, check)
    check()


def _lacking(
    output: Output, known: Catalogue, source: Source, inspect: Inspect
) -> Iterator[Recording]:
    """Rows that no part has, recording by recording; a recording may be in a part half."""
    if known.is_due(NO_RECORDING):
        yield _rest(known, NO_RECORDING, ([], source.rejected))
    due = (one for one in source.recordings() if known.is_due(one[0]))
    gone = IdsOfGone(output, known) if source.gives_ids else None
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
        tables.delete_all(folder, [n for n in tables.list_parts(folder) if n not in whole])


def finish(
    output: Output, identity: dict[str, Any], attempt: str, known: Catalogue, facts: dict[str, Any]
) -> None:
    """Write what the next ingest and the jobs after this one read; mark the manifest complete."""
    catalogue.save(known, output, fingerprint(identity))
    loose = tables.list_parts(output.recordings_uri)
    attempts.check(output, attempt)
    tables.delete_all(output.recordings_uri, loose)
    runs.finish(output, identity, facts | {"attempt": attempt})
