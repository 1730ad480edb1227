"""Embeddings of few rows of a manifest: only the parts that hold them are read."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import fields, replace

from daf_core.adaptation.chosen_rows import ChosenRows
from daf_core.embeddings.columns import select
from daf_core.errors import TooManyBad
from daf_core.manifest.parts import speech_s
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage import part_index, run_record
from daf_core.storage.origins import checked_roots, of_manifest
from daf_core.storage.output import Output, embeddings_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import RunRecord
from daf_core.weights.precision import Precision, fastest_precision
from daf_core.weights.specs import locate
from jobs.parts.encode import EncodePlan
from jobs.parts.executor import open_executor
from jobs.parts.read_and_publish import PublishPart, ReadPart
from jobs.parts.resume import run_missing_parts
from jobs.parts.run import Run
from jobs.settings import AdaptSettings, EncodeResources, PartsRun

READERS = 16


def encode_chosen(
    settings: AdaptSettings,
    manifest: Output,
    record: RunRecord,
    ids: Collection[str],
    head: TrainedHead,
    precision: Precision | None,
    out: str,
) -> Output:
    """Embed the rows with these ids by the encoders of the head, as an output in the folder `out`;
    returns it. Rows that cannot be embedded are in its quarantine.

    record: of the finished `manifest`; precision: None for the fastest one.
    """
    for spec in head.encoders.values():
        locate(spec, settings.offline)  # missing weights stop the job here, not on its workers
    sample = ChosenRows(tuple(sorted(ids)), head.reads_others)
    parts = _parts(manifest, record, sample)
    output = embeddings_output(out)
    steps = select(head.shapes, lambda column: column.view == "frames").values()
    plan = EncodePlan(
        head.encoders,
        settings.offline,
        frame_steps=max((number for number, _ in steps), default=0),
        sample=sample,
    )
    own = {one.name: getattr(settings, one.name) for one in fields(EncodeResources)}
    with open_executor(settings, parts) as executor:
        precision = precision or settings.precision or fastest_precision(executor.device)
        plan = replace(plan, device=executor.device, precision=precision)
        identity = {"manifest": record.fingerprint, **plan.identity}
        read = ReadPart(
            manifest,
            plan.reads_audio,
            sample=sample,
            context=plan.context,
            origins=of_manifest(record, checked_roots(settings.allow_root)),
        )
        publish = PublishPart(output, run_record.fingerprint(identity))
        run = Run("embedded", parts, output, identity, {"manifest": manifest.root}, manifest)
        how = PartsRun(**own, fresh=_is_of_no_use(output, identity), other_versions=True)
        with suppress(TooManyBad):  # `daf adapt` says of each label why it is not used
            run_missing_parts(
                run, how, lambda missing: executor.encode(missing, read, plan, publish)
            )
    return output


def _is_of_no_use(output: Output, identity: object) -> bool:
    """Whether an interrupted run left embeddings of other rows, which nobody needs, or rows that
    could not be used, whose cause may be mended.
    """
    record = run_record.read(output)
    if record is None or record.identity != identity:
        return record is not None
    return any(len(output.read_quarantine(name, ["reason"])) for name in output.part_names())


def _parts(manifest: Output, record: RunRecord, sample: ChosenRows) -> list[PartFacts]:
    """Facts about the parts that hold a chosen row."""
    found = part_index.of_finished(manifest, record)

    def with_rows(part: PartFacts) -> PartFacts | None:
        if not len(sample.select(manifest.read(part.name, ["utterance_id"]))):
            return None
        rows = sample.select(manifest.read(part.name)).to_pylist()
        audio_s = sum(speech_s(row) for row in rows if row["audio_uri"] is not None)
        return replace(part, rows_in=len(rows), rows=0, audio_s=audio_s, reasons={}, flags={})

    with ThreadPoolExecutor(READERS) as pool:
        return [part for part in pool.map(with_rows, found.values()) if part is not None]
