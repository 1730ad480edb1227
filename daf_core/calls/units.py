"""Which parts hold the rows of a recording.

A part of the tables of calls and speakers has the name of a part of the scores, and holds the
recordings that begin in it. A recording that is longer than a part spans several.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.calls.summary import summarise
from daf_core.errors import FILE_REASONS, LINE_REASONS
from daf_core.schemas import QUARANTINE, SCORES
from daf_core.storage.output import Output


@dataclass(frozen=True)
class Unit:
    """The recordings that begin in one part of the scores.

    further: the other parts that hold rows of them; begun: recordings of the part that began in an
    earlier one, and are not among them.
    """

    further: tuple[str, ...] = ()
    begun: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Source:
    """Scores, and the manifest that they are of, None where it is gone."""

    scores: Output
    manifest: Output | None

    def part_names(self) -> list[str]:
        """Names of the parts that hold scored or quarantined rows, in order."""
        refused = [] if self.manifest is None else self.manifest.quarantine_names()
        return sorted({*self.scores.part_names(), *refused})

    def recordings(self, name: str) -> set[str]:
        """Ids of the recordings of a part."""
        tables = (self.rows(name, ["recording_id"]), self.quarantine(name))
        return {one for table in tables for one in table["recording_id"].unique().to_pylist()}

    def rows(self, name: str, columns: list[str] | None = None) -> pa.Table:
        """The scored rows of a part; none where all are quarantined."""
        if not self.scores.has(name):
            return SCORES.empty_table().select(columns or SCORES.names)
        return self.scores.read(name, columns)

    def quarantine(self, name: str) -> pa.Table:
        """What ingest and scoring quarantined of the recordings of a part: no files, and no lines
        of tables about recordings, as these are no utterances, and often of no recording.
        """
        outputs = [self.scores, *([] if self.manifest is None else [self.manifest])]
        found = [QUARANTINE.empty_table()]
        for output in outputs:
            if output.has_quarantine(name):
                found.append(output.read_quarantine(name).select(QUARANTINE.names))
        table = pa.concat_tables(found, promote_options="permissive")
        others = pa.array([*FILE_REASONS, *LINE_REASONS], pa.string())
        of_other = pc.is_in(table["reason"], value_set=others)
        return table.filter(pc.and_(table["recording_id"].is_valid(), pc.invert(of_other)))

    def summarise(
        self, name: str, unit: Unit, correlation: float | None
    ) -> tuple[pa.Table, pa.Table]:
        """The tables of calls and of speakers of the recordings that begin in a part."""
        own = self.recordings(name) - unit.begun
        names = (name, *unit.further)
        rows = pa.concat_tables(
            (_of(self.rows(one), own) for one in names), promote_options="default"
        )
        quarantined = pa.concat_tables(_of(self.quarantine(one), own) for one in names)
        return summarise(rows, quarantined, correlation)


def units_of(recordings: Iterable[tuple[str, set[str]]]) -> dict[str, Unit]:
    """Part → its unit, from the names of parts in order, each with the recordings in it."""
    first: dict[str, str] = {}
    further: dict[str, set[str]] = {}
    begun: dict[str, set[str]] = {}
    for name, own in recordings:
        further[name], begun[name] = set(), set()
        for one in own:
            start = first.setdefault(one, name)
            if start != name:
                further[start].add(name)
                begun[name].add(one)
    return {name: Unit(tuple(sorted(further[name])), frozenset(begun[name])) for name in further}


def _of(table: pa.Table, recordings: set[str]) -> pa.Table:
    ids = pa.array(sorted(recordings), pa.string())
    return table.filter(pc.is_in(table["recording_id"], value_set=ids))
