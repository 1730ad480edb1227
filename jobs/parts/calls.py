"""Scores → the tables of calls and speakers beside them, part by part."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pyarrow as pa

from daf_core.calls.listed import gathered, keep_listed
from daf_core.calls.units import Source, Unit, units_of
from daf_core.decimals import how_many_of
from daf_core.errors import NotDone
from daf_core.storage import files, parquet, part_index, run_record
from daf_core.storage.output import Output, calls_output, speakers_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.places import manifest_of
from daf_core.storage.publish_part import FINGERPRINT_FOOTER
from daf_core.storage.run_record import RunRecord
from jobs.parts.executor import open_executor
from jobs.parts.message import PartTables, StageResult, run_stage
from jobs.progress import PartProgress
from jobs.settings import EncodeResources

ROWS_HERE = 100_000  # of fewer, this process makes the tables in the time that others would start
VERSION = 5  # of how the tables are made


@dataclass(frozen=True)
class MakeCalls:
    """Part of the scores → the calls that begin in it, and their speakers, published."""

    source: Source
    units: dict[str, Unit]
    correlation: float | None
    fingerprint: str

    def __call__(self, message: pa.Table) -> pa.Table:
        return run_stage(self._make, message)

    def _make(self, facts: PartFacts, _: PartTables) -> StageResult:
        return self.make(facts), {}

    def make(self, facts: PartFacts) -> PartFacts:
        """Publish the speakers of a part and then its calls, after which the part is whole."""
        unit = self.units[facts.name]
        calls, speakers = self.source.summarise(facts.name, unit, self.correlation)
        statuses = Counter(calls["status"].to_pylist())
        facts = replace(facts, rows=len(calls), flags=dict(sorted(statuses.items())))
        footer = {FINGERPRINT_FOOTER: self.fingerprint, **facts.footer()}
        root = self.source.scores.root
        for output, table in ((speakers_output(root), speakers), (calls_output(root), calls)):
            data = parquet.parquet_bytes(table, output.kind, footer)
            uri = output.part_uri(facts.name)
            if not files.create(uri, data) and files.read_bytes(uri) != data:
                files.publish(uri, data)
        return facts


def ensure_calls(scores: Output) -> None:
    """Make the tables where an older daf, or one that was stopped, left none. One look at names and
    index tells, for any number of parts: `daf score` makes them anew with every part of the scores
    that it makes.

    Raises:
        SettingsError: the scores are not finished.
        NotDone: a part cannot be read or written.
    """
    record = run_record.read_complete(scores)
    output = calls_output(scores.root)
    names = {*Source(scores, manifest_of(scores)).part_names()}
    made = {*part_index.read(output.index_uri, _fingerprint(record))}
    tables = (output, speakers_output(scores.root))
    if not (names == made and all(made == {*one.part_names()} for one in tables)):
        make_calls(scores, EncodeResources())


def _fingerprint(record: RunRecord) -> str:
    """Of the tables that this daf makes of the scores of a run."""
    return run_record.fingerprint({"scores": record.fingerprint, "calls": VERSION})


def make_calls(scores: Output, resources: EncodeResources) -> dict[str, int]:
    """Make the parts of both tables that the finished scores lack; returns status → calls.

    Raises:
        SettingsError: the scores are not finished.
        NotDone: a part cannot be read or written.
    """
    record = run_record.read_complete(scores)
    scored = part_index.of_finished(scores, record)
    source = Source(scores, manifest_of(scores))
    fingerprint = _fingerprint(record)
    output = calls_output(scores.root)
    units = _units(source)
    parts = [_facts(source, scored, name, units[name]) for name in units]
    finished = _finished(output, parts, fingerprint)
    tables = (output, speakers_output(scores.root))
    gone = {name for one in tables for name in one.part_names()} - {part.name for part in parts}
    for name in gone:
        for one in tables:
            files.delete(one.part_uri(name))
    missing = [part for part in parts if part.name not in finished]
    if missing:
        head = record.identity.get("head") or {}
        stage = MakeCalls(source, units, head.get("error_correlation"), fingerprint)
        for facts in _made(missing, stage, resources):
            finished[facts.name] = facts
        if len(finished) < len(parts):
            made = (
                f"of the calls {how_many_of(len(finished), len(parts), 'part', 'is', 'are')} made"
            )
            raise NotDone(f"{made}; run again")
    if missing or gone:
        part_index.write(output.index_uri, finished.values(), fingerprint)
        keep_listed(output, gathered(output))  # so that the first `daf browse` starts fast
    statuses: Counter[str] = Counter()
    for facts in finished.values():
        statuses.update(facts.flags)
    return dict(statuses)


def _made(
    missing: list[PartFacts], stage: MakeCalls, resources: EncodeResources
) -> Iterator[PartFacts]:
    if sum(part.rows_in for part in missing) < ROWS_HERE:
        yield from map(stage.make, missing)
        return
    with (
        PartProgress("summarised", len(missing)) as progress,
        open_executor(resources, missing) as executor,
    ):
        for facts in executor.publish(missing, stage):
            progress.add(facts)
            yield facts


def _units(source: Source) -> dict[str, Unit]:
    names = source.part_names()
    with ThreadPoolExecutor(part_index.READERS) as pool:
        return units_of(zip(names, pool.map(source.recordings, names), strict=True))


def _facts(source: Source, scored: dict[str, PartFacts], name: str, unit: Unit) -> PartFacts:
    """What the part is made from: rows and quarantine of the parts of its unit."""
    own = [scored[one] for one in (name, *unit.further) if one in scored]
    made_from = {
        "scores": {
            part.name: [part.rows_fingerprint, part.rows, part.reasons, part.metadata]
            for part in own
        },
        "refused": {one: _refused(source, one) for one in (name, *unit.further)},
        "begun": sorted(unit.begun),
    }
    return PartFacts(
        name=name,
        rows_fingerprint=run_record.fingerprint(made_from),
        rows_in=sum(part.rows for part in own),
        rows=0,
        audio_s=0.0,
        reasons={},
    )


def _refused(source: Source, name: str) -> list[list[Any]]:
    """Recording, reason and metadata of each quarantined row of a part."""
    rows = source.quarantine(name).select(["recording_id", "reason", "meta"]).to_pylist()
    return sorted([row["recording_id"], row["reason"], row["meta"] or []] for row in rows)


def _finished(output: Output, parts: list[PartFacts], fingerprint: str) -> dict[str, PartFacts]:
    """The parts that are there, made by this daf from the same rows, by name."""
    indexed = part_index.read(output.index_uri, fingerprint)
    there = {*output.part_names()} & {*speakers_output(output.root).part_names()}

    def finished(part: PartFacts) -> PartFacts | None:
        if part.name not in there:
            return None
        found = indexed.get(part.name)
        if found is None or found.rows_fingerprint != part.rows_fingerprint:
            footer = output.footer(part.name)
            ours = footer.get(FINGERPRINT_FOOTER) == fingerprint
            found = PartFacts.from_footer(footer) if ours else None
        same = found is not None and found.rows_fingerprint == part.rows_fingerprint
        return found if same else None

    with ThreadPoolExecutor(part_index.READERS) as pool:
        found = pool.map(finished, parts)
        return {facts.name: facts for facts in found if facts is not None}
