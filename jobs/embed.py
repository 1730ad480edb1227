"""manifest → embeddings: frozen encoders over every utterance, on Ray Data."""

from dataclasses import asdict, replace
from typing import Any

from daf_core import index, runs
from daf_core.encoders.weights import EncoderSpec, resolve
from daf_core.index import PartFacts
from daf_core.runs import Output
from jobs.encoding import Encoding
from jobs.flow import encode_parts
from jobs.pool import Pool
from jobs.resumable import run_missing_parts
from jobs.session import ray_session
from jobs.settings import EmbedSettings
from jobs.stages import PublishPart, ReadPart


def run(settings: EmbedSettings) -> str:
    """Embed a manifest; returns the summary line."""
    source = runs.manifest_output(settings.manifest)
    manifest = runs.complete_record(source)
    encoders = resolve_encoders(settings)
    output, asked = runs.embeddings_output(settings.out), parts_of(source, manifest)
    with ray_session():
        pool = Pool.plan(settings.actor_range, settings.gpus_per_actor, len(asked))
        identity = embeddings_identity(manifest, encoders, pool)
        encoding = Encoding(encoders, pool.device, settings.offline)
        read = ReadPart(source, encoding.audio)
        publish = PublishPart(output, runs.fingerprint(identity))
        return run_missing_parts(
            "embedded",
            asked,
            output,
            identity,
            {"manifest": source.root},
            settings,
            lambda missing: encode_parts(missing, read, encoding, publish, pool),
        )


def parts_of(manifest: Output, record: dict[str, Any]) -> list[PartFacts]:
    """What is asked of the parts of a complete manifest: all rows that they hold."""
    parts = index.read(manifest.index_uri, record["fingerprint"]).values()
    return [replace(part, rows_in=part.rows, rows=0, reasons={}) for part in parts]


def embeddings_identity(
    manifest: dict[str, Any], encoders: dict[str, EncoderSpec], pool: Pool
) -> dict[str, Any]:
    """What decides the bytes of embeddings of the manifest with this record."""
    return {
        "manifest": manifest["fingerprint"],
        "encoders": {column: asdict(spec) for column, spec in encoders.items()},
        "precision": pool.precision,
    }


def resolve_encoders(settings: EmbedSettings) -> dict[str, EncoderSpec]:
    """Embedding column → encoder: "text", and "audio", "audio_2" … in the order given."""
    audio = [name.strip() for name in settings.audio_encoder.split(",")]
    columns = ["audio", *(f"audio_{number}" for number in range(2, len(audio) + 1))]
    names = {"text": settings.text_encoder, **dict(zip(columns, audio, strict=True))}
    return {column: resolve(name, settings.offline) for column, name in names.items()}
