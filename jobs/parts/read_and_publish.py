"""What comes before and after the encoders of a part: read and decode it, publish what is made.

Each is a callable over parcels, shipped to Ray workers; none raises for a bad row. Their processes
do without torch, which takes a second and 150 MB to load: what needs it is in encoding.py.
"""

from collections import Counter
from dataclasses import dataclass, replace

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.recordings.synthesizer import Synthesizer
from daf_core.stages.decode import decode_part, give_up
from daf_core.stages.previous_text import with_turns_before
from daf_core.storage import files, parquet
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part, replace_part
from daf_core.stress.labelled_sample import LabelledSample
from jobs.parts.message import Made, Tables, passed_on

KILLS = 3  # a part that kills its process so often is not tried again


@dataclass(frozen=True)
class Retry:
    """The quarantined rows of a part that are tried again: all, or those with these reasons."""

    output: Output
    reasons: frozenset[str]

    def of(self, rows: pa.Table, part: str) -> pa.Table:
        """Those of the manifest `rows` that are tried again."""
        bad = parquet.read(files.join(self.output.quarantine_uri, part), "quarantine")[0]
        if self.reasons:
            bad = bad.filter(pc.is_in(bad["reason"], pa.array(sorted(self.reasons))))
        return rows.filter(pc.is_in(rows["utterance_id"], bad["utterance_id"].combine_chunks()))


@dataclass(frozen=True)
class ReadPart:
    """Part of the manifest → its rows, decoded; or given up, where no process survives it."""

    manifest: Output
    audio: bool
    give_up: bool = False
    only: Retry | LabelledSample | None = None
    context: int = 0  # turns before an utterance
    synthesizer: Synthesizer | None = None

    def __call__(self, parcel: pa.Table) -> pa.Table:
        return passed_on(self._read, parcel)

    def _read(self, facts: PartFacts, _: Tables) -> Made:
        rows, _footer = parquet.read(files.join(self.manifest.parts_uri, facts.part), "manifest")
        if self.context:
            rows = with_turns_before(rows, self.context)
        if self.only is not None:
            rows = self.only.of(rows, facts.part)
        if self.give_up:
            message = f"{facts.part} killed the process that worked on it {KILLS} times"
            return facts, {"rows": give_up(rows, "poison", message)}
        return facts, {"rows": decode_part(rows, self.audio, self.synthesizer)}


@dataclass(frozen=True)
class PublishPart:
    """Publish the quarantine, then the part: a part that is there is finished."""

    output: Output
    fingerprint: str

    def __call__(self, parcel: pa.Table) -> pa.Table:
        return passed_on(self._publish, parcel)

    def _publish(self, facts: PartFacts, made: Tables) -> Made:
        rows, quarantine = made["rows"], made["quarantine"]
        facts = _counted(facts, rows, quarantine)
        publish_part(self.output, facts, rows, quarantine, self.fingerprint)
        return facts, {}


@dataclass(frozen=True)
class PublishRetried:
    """Put rows that work now into their part, then leave them out of its quarantine.

    Killed in between, a row is in both; the next try finds it in the part.
    """

    output: Output
    manifest: Output
    fingerprint: str

    def __call__(self, parcel: pa.Table) -> pa.Table:
        return passed_on(self._publish, parcel)

    def _publish(self, facts: PartFacts, made: Tables) -> Made:
        place = files.join(self.manifest.parts_uri, facts.part)
        order = parquet.read(place, "manifest", ["utterance_id"])[0]["utterance_id"].to_pylist()
        scored = parquet.read(files.join(self.output.parts_uri, facts.part), self.output.kind)[0]
        bad = parquet.read(files.join(self.output.quarantine_uri, facts.part), "quarantine")[0]
        rows = _merged(order, scored, made["rows"])
        tried = _merged(order, bad, made["quarantine"])
        quarantine = tried.filter(pc.invert(_among(tried, rows)))
        facts = _counted(facts, rows, quarantine)
        replace_part(self.output, facts, rows, quarantine, self.fingerprint)
        return facts, {}


Publish = PublishPart | PublishRetried


def _counted(facts: PartFacts, rows: pa.Table, quarantine: pa.Table) -> PartFacts:
    reasons = Counter(quarantine["reason"].to_pylist())
    return replace(facts, rows=len(rows), reasons=dict(sorted(reasons.items())))


def _merged(order: list[str], old: pa.Table, new: pa.Table) -> pa.Table:
    """Rows of both in the manifest's order; a new one takes an old one's place."""
    both = pa.concat_tables([new, old.filter(pc.invert(_among(old, new)))])
    places = pc.index_in(both["utterance_id"], pa.array(order, pa.string()))
    return both.take(pc.sort_indices(places))


def _among(rows: pa.Table, others: pa.Table) -> pa.ChunkedArray:
    """Whether each row's utterance is one of the others'."""
    return pc.is_in(rows["utterance_id"], others["utterance_id"].combine_chunks())
