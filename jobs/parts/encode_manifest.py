"""manifest → embeddings, scores or predictions: shared by the verbs that run encoders."""

from collections.abc import Iterator
from dataclasses import replace

from daf_core.adaptation.chosen_rows import ChosenRows
from daf_core.manifest.parts import speech_s
from daf_core.storage import part_index, run_record
from daf_core.storage.origins import checked_roots, of_manifest
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import Json, RunRecord
from daf_core.stress.labelled_sample import LabelledSample
from daf_core.weights.precision import fastest_precision
from jobs.parts.encode import EncodePlan
from jobs.parts.executor import open_executor
from jobs.parts.read_and_publish import PublishPart, ReadPart
from jobs.parts.resume import run_missing_parts
from jobs.parts.run import Run
from jobs.settings import PartsRun


def encode_manifest(
    verb: str,
    settings: PartsRun,
    source: Output,
    output: Output,
    plan: EncodePlan,
    facts: Json | None = None,
) -> str:
    """Encode the parts of the manifest `source` that `output` lacks; returns the summary line.

    verb: what was done to rows, as in "97 rows in, 97 scored"; facts: further entries of the run
    record. The executor fills in the plan's device and precision.
    """
    record = run_record.read_complete(source)
    parts = parts_to_make(source, record, plan.sample)
    with open_executor(settings, parts) as executor:
        precision = settings.precision or fastest_precision(executor.device)
        plan = replace(plan, device=executor.device, precision=precision)
        identity = {"manifest": record.fingerprint, **plan.identity}
        read = ReadPart(
            source,
            plan.reads_audio,
            sample=plan.sample,
            context=plan.context,
            synthesizer=plan.synthesizer,
            origins=of_manifest(record, checked_roots(settings.allow_root)),
        )
        publish = PublishPart(output, run_record.fingerprint(identity), hides_names(record))
        on = ""

        def make(missing: list[PartFacts]) -> Iterator[PartFacts]:
            nonlocal on
            on = f", {executor.name}" if executor.name else ""
            return executor.encode(missing, read, plan, publish)

        line = run_missing_parts(
            Run(verb, parts, output, identity, {"manifest": source.root, **(facts or {})}, source),
            settings,
            make,
        )
        return line + on


def hides_names(manifest: RunRecord) -> bool:
    """Whether the ids of a manifest are hashed, or those of the manifest that it was made of."""
    return "hash_ids" in manifest.identity or bool(manifest.facts.get("hash_ids"))


def parts_to_make(
    manifest: Output, record: RunRecord, sample: LabelledSample | ChosenRows | None = None
) -> list[PartFacts]:
    """Facts about the parts that a run makes of a complete manifest: of all rows, or of a sample;
    parts without any row of the sample are left out.
    """
    found = part_index.of_finished(manifest, record).values()
    parts = [replace(part, rows_in=part.rows, rows=0, reasons={}, flags={}) for part in found]
    if sample is None:
        return parts
    sampled = (_sampled(manifest, part, sample) for part in parts)
    return [part for part in sampled if part.rows_in]


def _sampled(manifest: Output, part: PartFacts, sample: LabelledSample | ChosenRows) -> PartFacts:
    rows = sample.select(manifest.read(part.name)).to_pylist()
    audio_s = sum(speech_s(row) for row in rows if row["audio_uri"] is not None)
    return replace(part, rows_in=len(rows), audio_s=audio_s)
