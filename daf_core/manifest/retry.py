"""Recordings that are inspected again though their files are unchanged, as the user asks."""

from collections.abc import Callable, Collection
from dataclasses import replace

from daf_core.manifest.catalogue import Catalogue
from daf_core.manifest.entries import NO_RECORDING, entries_table
from daf_core.storage import parquet
from daf_core.storage.files import join
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name, part_number

RETRIED = "retried"  # a version that no file has


def to_retry(output: Output, known: Catalogue, reasons: Collection[str]) -> dict[int, set[int]]:
    """Part → positions of its entries that hold rows quarantined for one of `reasons`, or flagged
    with it as they went on without.
    """
    wanted = set(reasons)
    found: dict[int, set[int]] = {}
    for number in known.numbers() if wanted else ():
        entries = known.entries(number)
        flagged = _flagged(output, known, number, wanted)
        first = 0
        for position, entry in enumerate(entries):
            quarantined = {reason.partition(" ")[0] for reason in entry.reasons} & wanted
            own = any(first <= row < first + entry.rows for row in flagged)
            first += entry.rows
            if (quarantined or own) and entry.recording != NO_RECORDING:
                found.setdefault(number, set()).add(position)
    return found


def _flagged(output: Output, known: Catalogue, number: int, wanted: set[str]) -> list[int]:
    """Numbers of the rows of a part that have one of the flags."""
    facts = known.facts.get(part_name(number))
    if facts is None or not facts.flags.keys() & wanted:
        return []
    flags = output.read(part_name(number), ["flags"])["flags"].to_pylist()
    return [row for row, own in enumerate(flags) if wanted & set(own)]


def to_read_again(known: Catalogue, parts: Collection[str]) -> dict[int, set[int]]:
    """As `to_retry`, of all entries of the recordings that these parts hold, wherever they are."""
    if not parts:
        return {}
    numbers = [part_number(name) for name in parts]
    recordings = {entry.recording for number in numbers for entry in known.entries(number)}
    recordings.discard(NO_RECORDING)
    return {
        number: positions
        for number in known.numbers()
        if (
            positions := {
                position
                for position, entry in enumerate(known.entries(number))
                if entry.recording in recordings
            }
        )
    }


def mark(
    output: Output, known: Catalogue, found: dict[int, set[int]], check: Callable[[], None]
) -> None:
    """Give these entries a version that no file has: they are replaced as if their files had
    changed. The mark is stored first, so that an interrupted ingest goes on with it.
    """
    for number, positions in found.items():
        entries = [
            replace(entry, version=RETRIED) if position in positions else entry
            for position, entry in enumerate(known.entries(number))
        ]
        facts = known.facts.get(part_name(number))
        table = entries_table(number, entries)
        check()
        footer = facts.footer() if facts else None
        parquet.write(join(output.recordings_uri, part_name(number)), table, "recordings", footer)
        known.put(number, table, facts)
