"""The stages before and after the encoders: read and decode a part, publish what was made of it.

Each stage is a callable over messages that is shipped to workers; none raises for a bad row. The
processes of these stages do without torch, which takes a second and 150 MB to load: stages that
need it are in encode.py.
"""

from collections import Counter
from dataclasses import dataclass, replace

import pyarrow as pa

from daf_core.adaptation.chosen_rows import ChosenRows
from daf_core.privacy.words import check_words
from daf_core.recordings.synthesizer import Synthesizer
from daf_core.redaction.quarantine import without_names
from daf_core.stages.decode import decode_part
from daf_core.stages.decoded import give_up
from daf_core.stages.previous_text import with_previous_text
from daf_core.storage.origins import NOWHERE, Origins
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts, count_flags
from daf_core.storage.publish_part import publish_part
from daf_core.stress.labelled_sample import LabelledSample
from jobs.parts.message import PartTables, StageResult, run_stage
from jobs.reading.readers import readers

KILLS = 3  # a part that kills its process this often is not tried again


@dataclass(frozen=True)
class ReadPart:
    """Read the manifest rows of a part, all of them or a `sample`, and decode their audio.

    audio: whether recordings are opened; give_up: quarantine all rows as `poison` instead, as no
    process survives the part; context: turns before an utterance that are read with it;
    origins: where recordings may lie.
    """

    manifest: Output
    audio: bool
    give_up: bool = False
    sample: LabelledSample | ChosenRows | None = None
    context: int = 0
    synthesizer: Synthesizer | None = None
    origins: Origins = NOWHERE

    def __call__(self, message: pa.Table) -> pa.Table:
        return run_stage(self._read, message)

    def _read(self, facts: PartFacts, _: PartTables) -> StageResult:
        rows = self.manifest.read(facts.name)
        check_words(rows, self.manifest.part_uri(facts.name))
        if self.context:
            rows = with_previous_text(rows, self.context)
        if self.sample is not None:
            rows = self.sample.select(rows)
        if self.give_up:
            reason = f"{facts.name} killed the process that worked on it {KILLS} times"
            return facts, {"rows": give_up(rows, "poison", reason)}
        decoded = decode_part(rows, self.audio, self.synthesizer, self.origins, readers())
        return facts, {"rows": decoded}


@dataclass(frozen=True)
class PublishPart:
    """Publish the quarantine and then the rows of a part: a part that is there is finished.

    names_hidden: messages of the quarantine name no file, as ids are hashed.
    """

    output: Output
    fingerprint: str
    names_hidden: bool = False

    def __call__(self, message: pa.Table) -> pa.Table:
        return run_stage(self._publish, message)

    def _publish(self, facts: PartFacts, tables: PartTables) -> StageResult:
        rows, quarantine = tables["rows"], tables["quarantine"]
        if self.names_hidden:
            quarantine = without_names(quarantine)
        reasons = Counter(quarantine["reason"].to_pylist())
        facts = replace(
            facts,
            rows=len(rows),
            reasons=dict(sorted(reasons.items())),
            flags=count_flags(rows),
        )
        publish_part(self.output, facts, rows, quarantine, self.fingerprint)
        return facts, {}
