"""manifest → embeddings, scores or predictions: what the verbs that encode it share."""

from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from daf_core import index, runs, tables
from daf_core.index import PartFacts
from daf_core.manifest.parts import speech_s
from daf_core.precision import Precision, fastest_precision
from daf_core.recordings.synthesizer import Synthesizer
from daf_core.runs import Output
from daf_core.stress.grid import Grid
from daf_core.stress.labelled_sample import LabelledSample
from daf_core.trained_head import TrainedHead
from daf_core.weights.specs import EncoderSpec
from jobs.encoding import Encoding
from jobs.resumable import run_missing_parts
from jobs.settings import PartsRun
from jobs.stages import PublishPart, ReadPart
from jobs.workplace import workplace

if TYPE_CHECKING:
    from daf_core.damage.rows import Damage


def encode_manifest(
    verb: str,
    settings: PartsRun,
    source: Output,
    output: Output,
    encoders: dict[str, EncoderSpec],
    head: TrainedHead | Grid | None = None,
    facts: dict[str, Any] | None = None,
    only: LabelledSample | None = None,
    frame_steps: int = 0,
    damage: "Damage | None" = None,
    synthesizer: Synthesizer | None = None,
) -> str:
    """Embed the missing parts of the manifest `source`, or with a head or a grid of heads score
    them, all their rows or `only` some; returns the summary line. Frames are of at most
    `frame_steps` steps, or of those that the heads read. `synthesizer` reads out rows without a
    recording, `damage` is done to the rows, before they are encoded.
    """
    record = runs.complete_record(source)
    asked = parts_of(source, record, only)
    with workplace(settings, len(asked)) as place:
        precision: Precision = settings.precision or fastest_precision(place.device)
        identity = _embeddings_identity(record, encoders, precision)
        if frame_steps:
            identity["frames"] = frame_steps
        if damage is not None:
            identity["damage"] = damage.identity
        if synthesizer is not None:
            identity["synthesizer"] = synthesizer.command
        if head is not None:
            identity["head"] = head.identity
        if only is not None:
            identity["rows"] = asdict(only)
        encoding = Encoding(
            encoders, place.device, precision, settings.offline, head, frame_steps, damage
        )
        read = ReadPart(
            source,
            encoding.audio,
            only=only,
            context=encoding.context,
            synthesizer=synthesizer,
        )
        publish = PublishPart(output, runs.fingerprint(identity))
        return run_missing_parts(
            verb,
            asked,
            output,
            identity,
            {"manifest": source.root, **(facts or {})},
            settings,
            lambda missing: place.encode(missing, read, encoding, publish),
        )


def parts_of(
    manifest: Output, record: dict[str, Any], only: LabelledSample | None = None
) -> list[PartFacts]:
    """What is asked of the parts of a complete manifest: all their rows, or `only` some."""
    found = index.of_finished(manifest, record).values()
    parts = [replace(part, rows_in=part.rows, rows=0, reasons={}) for part in found]
    if only is None:
        return parts
    chosen = (_chosen(manifest, part, only) for part in parts)
    return [part for part in chosen if part.rows_in]


def _chosen(manifest: Output, part: PartFacts, only: LabelledSample) -> PartFacts:
    """Facts of the rows of a part that are in the sample."""
    uri = tables.join(manifest.parts_uri, part.part)
    rows = only.of(tables.read(uri, manifest.kind)[0]).to_pylist()
    audio_s = sum(speech_s(row) for row in rows if row["audio_uri"] is not None)
    return replace(part, rows_in=len(rows), audio_s=audio_s)


def _embeddings_identity(
    manifest: dict[str, Any], encoders: dict[str, EncoderSpec], precision: Precision
) -> dict[str, Any]:
    """What decides the bytes of embeddings of the manifest with this record."""
    return {
        "manifest": manifest["fingerprint"],
        "encoders": {column: spec.as_dict() for column, spec in encoders.items()},
        "precision": precision,
    }
