"""Pack recordings into the parts of a manifest, and publish the parts.

manifest/part-00000.parquet …          5 to 20 minutes of audio each
quarantine/part-00000.parquet …
index/recordings/part-00000.parquet …  catalogue entries; published last: the part is whole
run.json                               published first and last; `complete` tells them apart
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa

from daf_core.errors import NotDone
from daf_core.manifest.entries import Entry, counted_as, entries_table
from daf_core.redaction.marks import REDACTED
from daf_core.redaction.redact import marks_in
from daf_core.schemas import MANIFEST, QUARANTINE, TIME_FLAGS, Row
from daf_core.storage import files
from daf_core.storage.files import join
from daf_core.storage.output import Output
from daf_core.storage.parquet import parquet_bytes, part_name
from daf_core.storage.part_index import PartFacts, count_flags
from daf_core.storage.run_record import fingerprint

ROWS_PER_PART = 4_096
QUARANTINED_PER_PART = 65_536
WORDS_PER_MINUTE = 150.0
SHORTEST_S, LONGEST_S = 300.0, 1200.0  # default seconds of a part
SHORT_PARTS = 16
_NO_AUDIO = TIME_FLAGS | {"missing_audio", "empty_audio", "unreadable_audio", "outside_recording"}


class PendingRecording(NamedTuple):
    """Rows of a recording that no part holds yet."""

    name: str
    version: str
    rows: list[Row]
    quarantined: list[Row]


@dataclass
class Part:
    """A part of a manifest as it is filled: its rows, quarantine and catalogue entries."""

    number: int
    rows: list[Row] = field(default_factory=list)
    quarantined: list[Row] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    _filled_s: float = 0.0

    def fits(self, rows: list[Row], part_s: float) -> bool:
        """Whether there is room for all these rows; an empty part takes any."""
        seconds = self._filled_s + sum(map(speech_s, rows))
        return not self.rows or (seconds <= part_s and len(self.rows) + len(rows) <= ROWS_PER_PART)

    def continues_speaker(self, recording: PendingRecording) -> bool:
        """Whether `recording` is a clip (one row) by the speaker of the part's last row."""
        if not self.rows or len(recording.rows) != 1:
            return False
        speaker = recording.rows[0]["speaker"]
        return speaker is not None and speaker == self.rows[-1]["speaker"]

    def add(self, row: Row) -> None:
        """Add a row of the recording that was entered last."""
        self.rows.append(row)
        self._filled_s += speech_s(row)
        self.entries[-1].rows += 1

    def quarantine(self, row: Row) -> None:
        """Add a quarantine row of the recording that was entered last."""
        self.quarantined.append(row)
        self.entries[-1].reasons[counted_as(row)] += 1


def speech_s(row: Row) -> float:
    """Seconds of audio of a row; without audio an estimate, at 150 words per minute."""
    if row["audio_uri"] is not None and row["start_s"] is not None:
        return float(row["end_s"] - row["start_s"])
    return len((row["text"] or "").split()) / WORDS_PER_MINUTE * 60


def part_length(number: int, part_s: float | None) -> float:
    """Seconds of audio that part `number` may hold: `part_s`, or a default where that is None.

    The default is 5 minutes for the first 16 parts, then 10, 15, and 20 minutes from part 48 on.
    So a source of one hour makes enough parts to keep several cores busy, and a source of a million
    hours does not make too many files.
    """
    return min(LONGEST_S, SHORTEST_S * (1 + number // SHORT_PARTS)) if part_s is None else part_s


def pack(
    recordings: Iterable[PendingRecording], part_s: float | None, first: int = 0
) -> Iterator[Part]:
    """Fill parts, one at a time, numbered from `first`: at most 4,096 rows, `part_length` seconds.

    A recording that does not fit into the rest of a part starts the next part; one that is longer
    than a part spans several. Consecutive clips of one speaker stay together, in a part of up to
    twice the length: a speaker's mean embedding is taken over the rows of one part.
    """
    part = Part(first)
    for recording in recordings:
        times = 2 if part.continues_speaker(recording) else 1
        if not part.fits(recording.rows, times * part_length(part.number, part_s)):
            yield part
            part = Part(part.number + 1)
        part.entries.append(Entry(recording.name, recording.version))
        for row in recording.rows:
            if not part.fits([row], times * part_length(part.number, part_s)):
                yield part
                part = _continuation(part)
            part.add(row)
        for row in recording.quarantined:
            if len(part.quarantined) == QUARANTINED_PER_PART:
                yield part
                part = _continuation(part)
            part.quarantine(row)
        part.entries[-1].complete = True
    if part.entries:
        yield part


def _continuation(part: Part) -> Part:
    """The part in which the recording that was entered last continues."""
    last = part.entries[-1]
    return Part(part.number + 1, entries=[Entry(last.recording, last.version)])


def publish(output: Output, part: Part, check: Callable[[], None]) -> PartFacts | None:
    """Publish the files of a part, its entries last; returns its facts, None if it has no rows.

    `check` is called before each file and raises if another attempt has taken over.

    Raises:
        NotDone: a file of the part exists with other contents: another ingest is at work.
    """
    table = rows_as_table(part.rows)
    quarantined = quarantine_as_table(part.quarantined)
    facts, contents = part_files(output, part.number, table, quarantined, part.entries)
    for uri, data in contents:
        check()
        if data is not None and not files.create(uri, data) and files.read_bytes(uri) != data:
            raise NotDone(
                f"{uri}: exists with other contents: another ingest is at work on this manifest; "
                f"run the command again when it has ended"
            )
    return facts


def rows_as_table(rows: list[Row]) -> pa.Table:
    """Rows as a source gives them, as a table of a manifest."""
    return pa.Table.from_pylist(
        [{**row, "meta": list(row["meta"].items())} for row in rows], schema=MANIFEST
    )


def quarantine_as_table(rows: list[Row]) -> pa.Table:
    """Quarantine rows as a source gives them, as a table of quarantine."""
    metas = [row.get("meta") for row in rows]
    return pa.Table.from_pylist(
        [
            {**row, "meta": None if meta is None else list(meta.items())}
            for row, meta in zip(rows, metas, strict=True)
        ],
        schema=QUARANTINE,
    )


def part_files(
    output: Output, number: int, rows: pa.Table, quarantined: pa.Table, entries: list[Entry]
) -> tuple[PartFacts | None, list[tuple[str, bytes | None]]]:
    """Facts of a part, None if it has no rows, and its files as (URI, bytes).

    The files are quarantine, part and entries, in the order in which they are published. The bytes
    are None for a file that would be empty.
    """
    name = part_name(number)
    facts = _facts(name, rows, quarantined) if len(rows) else None
    contents = [
        (
            join(output.quarantine_uri, name),
            parquet_bytes(quarantined, "quarantine") if len(quarantined) else None,
        ),
        (
            output.part_uri(name),
            parquet_bytes(rows, "manifest", facts.footer()) if facts else None,
        ),
        (
            join(output.recordings_uri, name),
            parquet_bytes(
                entries_table(number, entries), "recordings", facts.footer() if facts else None
            ),
        ),
    ]
    return facts, contents


def _facts(name: str, table: pa.Table, quarantined: pa.Table) -> PartFacts:
    metas = table["meta"].to_pylist()
    refused = quarantined["meta"].to_pylist() if "meta" in quarantined.column_names else []
    rows = table.drop_columns(["meta"]).to_pylist()
    heard = [row for row in rows if _is_heard(row["audio_uri"], row["flags"])]
    return PartFacts(
        name=name,
        rows_fingerprint=fingerprint(rows),
        metadata=fingerprint([metas, refused] if any(refused) else metas),
        rows_in=len(rows),
        rows=len(rows),
        audio_s=sum(map(speech_s, heard)),
        reasons={},
        flags=manifest_flags(table),
    )


def _is_heard(audio_uri: str | None, flags: list[str] | None) -> bool:
    """Whether a row has audio that can be read, as far as ingest knows."""
    return audio_uri is not None and not _NO_AUDIO.intersection(flags or ())


def manifest_flags(table: pa.Table) -> dict[str, int]:
    """Rows by flag, and those that have no text, or no audio that can be read; and marks of what
    was redacted, such as "redacted [CARD]", by how often they stand in the words.
    """
    flags = Counter(count_flags(table))
    if flags[REDACTED]:
        marks = marks_in(table["text"].to_pylist())
        flags |= Counter({f"{REDACTED} {mark}": count for mark, count in marks.items()})
    flags["no_text"] = table["text"].null_count
    named = zip(table["audio_uri"].to_pylist(), table["flags"].to_pylist(), strict=True)
    flags["no_audio"] = sum(not _is_heard(uri, own) for uri, own in named)
    return {flag: count for flag, count in sorted(flags.items()) if count}
