"""Cut recordings into the parts of a manifest, and publish these.

MANIFEST/part-00000.parquet …              5 to 20 minutes of audio each
MANIFEST/_quarantine/part-00000.parquet …  leading underscore: readers of a folder pass it by
MANIFEST/_recordings/part-00000.parquet …  what is in the two; the part is whole once it is there
MANIFEST/_run.json                         first and last: `complete` says which
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa

from daf_core.errors import NotDone
from daf_core.manifest import entries
from daf_core.manifest.entries import Entry
from daf_core.schemas import MANIFEST, QUARANTINE
from daf_core.sources.manifest_rows import Row
from daf_core.storage import files
from daf_core.storage.files import join
from daf_core.storage.output import Output
from daf_core.storage.parquet import parquet_bytes, part_name
from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import fingerprint

ROWS_PER_PART = 4_096
REJECTED_PER_PART = 65_536
WORDS_PER_MINUTE = 150.0
SHORTEST_S, LONGEST_S = 300.0, 1200.0
SHORT_PARTS = 16


class Recording(NamedTuple):
    """What a part is filled with: rows of a recording that no part has yet."""

    name: str
    version: str
    rows: list[Row]
    rejected: list[Row]


@dataclass
class Part:
    """What goes into one part of a manifest, its quarantine, and its entries."""

    number: int
    rows: list[Row] = field(default_factory=list)
    rejected: list[Row] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    _filled_s: float = 0.0

    def fits(self, rows: list[Row], part_s: float) -> bool:
        """Whether there is room for all these rows; a part without any takes what comes."""
        seconds = self._filled_s + sum(map(speech_s, rows))
        return not self.rows or (seconds <= part_s and len(self.rows) + len(rows) <= ROWS_PER_PART)

    def goes_on(self, recording: Recording) -> bool:
        """Whether it is a clip, a recording of one row, by the speaker of the row before."""
        if not self.rows or len(recording.rows) != 1:
            return False
        speaker = recording.rows[0]["speaker"]
        return speaker is not None and speaker == self.rows[-1]["speaker"]

    def add(self, row: Row) -> None:
        """Take a row of the recording that was entered last."""
        self.rows.append(row)
        self._filled_s += speech_s(row)
        self.entries[-1].rows += 1

    def reject(self, row: Row) -> None:
        """Take a rejected row of the recording that was entered last."""
        self.rejected.append(row)
        self.entries[-1].reasons[row["reason"]] += 1


def speech_s(row: Row) -> float:
    """Seconds of audio of a row; of one without audio, how long its words take to say."""
    if row["audio_uri"] is not None and row["start_s"] is not None:
        return float(row["end_s"] - row["start_s"])
    return len((row["text"] or "").split()) / WORDS_PER_MINUTE * 60


def part_length(number: int, part_s: float | None) -> float:
    """Seconds that part `number` may hold: `part_s`, or if that is None what suits any archive.

    That is 5 minutes for the first 16 parts, then 10, 15, and 20 from part 48 on: an archive of an
    hour has parts enough to keep some cores busy to the end, one of a million hours not many more
    files than it had anyway.
    """
    return min(LONGEST_S, SHORTEST_S * (1 + number // SHORT_PARTS)) if part_s is None else part_s


def pack(recordings: Iterable[Recording], part_s: float | None, first: int = 0) -> Iterator[Part]:
    """Fill parts, one at a time, numbered from `first`: 4,096 rows at most, `part_length` seconds.

    A recording that does not fit into what is left of a part begins the next; one longer than a
    part spans several. Clips of one speaker, one after the other, stay together in a part of up to
    twice the length: what is known of a voice is what its part holds.
    """
    part = Part(first)
    for recording in recordings:
        times = 2 if part.goes_on(recording) else 1
        if not part.fits(recording.rows, times * part_length(part.number, part_s)):
            yield part
            part = Part(part.number + 1)
        part.entries.append(Entry(recording.name, recording.version))
        for row in recording.rows:
            if not part.fits([row], times * part_length(part.number, part_s)):
                yield part
                part = _next(part)
            part.add(row)
        for row in recording.rejected:
            if len(part.rejected) == REJECTED_PER_PART:
                yield part
                part = _next(part)
            part.reject(row)
        part.entries[-1].complete = True
    if part.entries:
        yield part


def _next(part: Part) -> Part:
    """The part in which the recording that was entered last goes on."""
    last = part.entries[-1]
    return Part(part.number + 1, entries=[Entry(last.recording, last.version)])


def publish(output: Output, part: Part, check: Callable[[], None]) -> PartFacts | None:
    """Publish the files of a part, its entries last; gives the facts of a part with rows.

    `check` is called before each file and raises where this attempt is out of date.

    Raises:
        NotDone: other files of this name are there, so that another ingest is at work.
    """
    rows = [{**row, "meta": list(row["meta"].items())} for row in part.rows]
    table = pa.Table.from_pylist(rows, schema=MANIFEST)
    rejected = pa.Table.from_pylist(part.rejected, schema=QUARANTINE)
    facts, contents = part_files(output, part.number, table, rejected, part.entries)
    for uri, data in contents:
        check()
        if data is not None and not files.create(uri, data) and files.read_bytes(uri) != data:
            raise NotDone(
                f"{uri}: is there, with other contents: another ingest is at work on this "
                f"manifest; run the command again when it has ended"
            )
    return facts


def part_files(
    output: Output, number: int, rows: pa.Table, rejected: pa.Table, held: list[Entry]
) -> tuple[PartFacts | None, list[tuple[str, bytes | None]]]:
    """Facts of a part with rows, and where its files go with their bytes, None for those it lacks.

    Quarantine, part and entries, in the order in which they are published.
    """
    name = part_name(number)
    facts = _facts(name, rows) if len(rows) else None
    contents = [
        (
            join(output.quarantine_uri, name),
            parquet_bytes(rejected, "quarantine") if len(rejected) else None,
        ),
        (
            output.part_uri(name),
            parquet_bytes(rows, "manifest", facts.footer()) if facts else None,
        ),
        (
            join(output.recordings_uri, name),
            parquet_bytes(
                entries.to_table(number, held), "recordings", facts.footer() if facts else None
            ),
        ),
    ]
    return facts, contents


def _facts(name: str, table: pa.Table) -> PartFacts:
    rows = table.to_pylist()
    audio_s = sum(speech_s(row) for row in rows if row["audio_uri"] is not None)
    return PartFacts(
        name=name,
        rows_fingerprint=fingerprint(rows),
        rows_in=len(rows),
        rows=len(rows),
        audio_s=audio_s,
        reasons={},
    )
