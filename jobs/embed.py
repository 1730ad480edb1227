"""manifest → embeddings: frozen encoders over every utterance, on Ray Data."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from daf_core import runs, tables
from daf_core.encoders.weights import EncoderSpec, resolve
from jobs.flow import Pool, encode_parts
from jobs.progress import Counts
from jobs.resumable import run_missing_parts
from jobs.session import ray_session
from jobs.settings import EmbedSettings


def run(settings: EmbedSettings) -> str:
    """Embed a manifest; returns the summary line."""
    source = runs.manifest_output(settings.manifest)
    manifest = runs.complete_record(source)
    encoders = resolve_encoders(settings)
    output = runs.embeddings_output(settings.out)
    names = tables.list_parts(source.parts_uri)
    with ray_session():
        pool = Pool.plan(settings.actor_range, settings.gpus_per_actor, len(names))
        identity = embeddings_identity(manifest, encoders, pool)

        def make(missing: list[str]) -> Iterator[Counts]:
            encode = {"encoders": encoders, "offline": settings.offline}
            footer = {"daf.fingerprint": runs.fingerprint(identity)}
            return encode_parts(missing, source, encode, output, footer, pool)

        facts = {"manifest": source.root}
        return run_missing_parts("embedded", names, output, identity, facts, settings.fresh, make)


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
