"""The stages of `daf transcribe`: read the rows of a part, recognize their words, publish both."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

import pyarrow as pa

from daf_core.arrays import Samples
from daf_core.asr.redacted import with_flags, without_numbers
from daf_core.asr.rows import give_up, transcribe
from daf_core.manifest.parts import manifest_flags
from daf_core.privacy.words import check_words
from daf_core.redaction.quarantine import without_names
from daf_core.redaction.redact import VERSION as REDACTION
from daf_core.schemas import QUARANTINE, WORDS
from daf_core.storage.origins import NOWHERE, Origins
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from daf_core.storage.run_record import Json
from daf_core.weights.precision import Precision
from daf_core.weights.specs import EncoderSpec
from jobs.parts.message import PartTables, StageResult, run_stage
from jobs.parts.read_and_publish import KILLS
from jobs.reading.readers import readers

if TYPE_CHECKING:
    from daf_core.asr.recognizer import Recognized, Recognizer


@dataclass(frozen=True)
class RecognizePlan:
    """How words are recognized. Picklable; the executor fills in the device."""

    recognizer: EncoderSpec
    offline: bool
    again: bool
    language: str | None
    redact: bool = False
    origins: Origins = NOWHERE
    precision: Precision | None = None
    device: str = "cpu"

    @property
    def compute_type(self) -> str:
        """Number format, as CTranslate2 names it: by default int8, on a GPU float16."""
        return self.precision or ("int8" if self.device == "cpu" else "float16")

    @property
    def identity(self) -> Json:
        """What decides the bytes that are made of given manifest rows."""
        return {
            "recognizer": self.recognizer.as_dict(),
            "precision": self.compute_type,
            "again": self.again,
            "language": self.language,
            **({"redact": REDACTION} if self.redact else {}),
        }


@dataclass(frozen=True)
class ReadRows:
    """Read the manifest rows of a part, and the quarantine that ingest left beside them.

    give_up: quarantine the rows that want words as `poison`, as no process survives the part.
    """

    manifest: Output
    again: bool
    give_up: bool = False

    def __call__(self, message: pa.Table) -> pa.Table:
        return run_stage(self._read, message)

    def _read(self, facts: PartFacts, _: PartTables) -> StageResult:
        rows, quarantine = self.manifest.read(facts.name), QUARANTINE.empty_table()
        check_words(rows, self.manifest.part_uri(facts.name))
        if self.manifest.has_quarantine(facts.name):
            quarantine = self.manifest.read_quarantine(facts.name).replace_schema_metadata(None)
        if not self.give_up:
            return facts, {"rows": rows, "quarantine": quarantine}
        reason = f"{facts.name} killed the process that worked on it {KILLS} times"
        rows, lost = give_up(rows, reason, self.again)
        facts = replace(facts, reasons=dict(Counter(lost["reason"].to_pylist())))
        quarantine = pa.concat_tables([quarantine, lost])
        return facts, {"rows": rows, "quarantine": quarantine, "words": WORDS.empty_table()}


class Recognize:
    """Rows of a part → the same with words, and a table of the words."""

    def __init__(self, plan: RecognizePlan) -> None:
        self.plan = plan

    @cached_property
    def recognizer(self) -> "Recognizer":
        """Loaded at the first wave, as Ray reports an actor that fails to start by its traceback
        alone, and as there may be nothing to recognize."""
        from daf_core.asr.recognizer import Recognizer

        plan = self.plan
        return Recognizer(plan.recognizer, plan.device, plan.compute_type, plan.offline)

    def __call__(self, message: pa.Table) -> pa.Table:
        return run_stage(self._recognize, message)

    def _recognize(self, facts: PartFacts, tables: PartTables) -> StageResult:
        if "words" in tables:  # given up
            return facts, tables
        rows, words = transcribe(
            tables["rows"],
            self._recognized,
            self.plan.again,
            self.plan.language,
            self.plan.origins,
            readers(),
        )
        rows = with_flags(rows) if self.plan.redact else rows
        return facts, {"rows": rows, "words": words, "quarantine": tables["quarantine"]}

    def _recognized(self, waves: Sequence[Samples], language: str | None) -> "list[Recognized]":
        found = self.recognizer(waves, language)
        return [*map(without_numbers, found)] if self.plan.redact else found


@dataclass(frozen=True)
class PublishTranscribed:
    """Publish words, then quarantine, then rows of a part: a part that is there is finished."""

    output: Output
    fingerprint: str
    names_hidden: bool = False

    def __call__(self, message: pa.Table) -> pa.Table:
        return run_stage(self._publish, message)

    def _publish(self, facts: PartFacts, tables: PartTables) -> StageResult:
        rows = tables["rows"]
        facts = replace(facts, rows=len(rows), flags=manifest_flags(rows))
        quarantine = tables["quarantine"]
        if self.names_hidden:
            quarantine = without_names(quarantine)
        publish_part(self.output, facts, rows, quarantine, self.fingerprint, tables["words"])
        return facts, {}
