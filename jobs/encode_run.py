"""manifest → embeddings or scores: what the verbs that encode a whole manifest share."""

from dataclasses import asdict, replace
from typing import Any

from daf_core import index, runs
from daf_core.index import PartFacts
from daf_core.precision import Precision, fastest_precision
from daf_core.runs import Output
from daf_core.trained_head import TrainedHead
from daf_core.weights.specs import EncoderSpec
from jobs.encoding import Encoding
from jobs.resumable import run_missing_parts
from jobs.settings import PartsRun
from jobs.stages import PublishPart, ReadPart
from jobs.workplace import workplace


def encode_manifest(
    verb: str,
    settings: PartsRun,
    source: Output,
    output: Output,
    encoders: dict[str, EncoderSpec],
    head: TrainedHead | None = None,
    facts: dict[str, Any] | None = None,
    frame_steps: int = 0,
) -> str:
    """Embed the missing parts of the manifest `source`, or with a head score them; returns the
    summary line. Frames are of at most `frame_steps` steps, or of those that the head reads.
    """
    record = runs.complete_record(source)
    asked = _parts_of(source, record)
    with workplace(settings, len(asked)) as place:
        precision: Precision = settings.precision or fastest_precision(place.device)
        identity = _embeddings_identity(record, encoders, precision)
        if frame_steps:
            identity["frames"] = frame_steps
        if head is not None:
            identity["head"] = head.identity
        encoding = Encoding(encoders, place.device, precision, settings.offline, head, frame_steps)
        read = ReadPart(source, encoding.audio)
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


def _parts_of(manifest: Output, record: dict[str, Any]) -> list[PartFacts]:
    """What is asked of the parts of a complete manifest: all rows that they hold."""
    parts = index.read(manifest.index_uri, record["fingerprint"]).values()
    return [replace(part, rows_in=part.rows, rows=0, reasons={}) for part in parts]


def _embeddings_identity(
    manifest: dict[str, Any], encoders: dict[str, EncoderSpec], precision: Precision
) -> dict[str, Any]:
    """What decides the bytes of embeddings of the manifest with this record."""
    return {
        "manifest": manifest["fingerprint"],
        "encoders": {column: asdict(spec) for column, spec in encoders.items()},
        "precision": precision,
    }
