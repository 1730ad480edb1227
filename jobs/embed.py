"""manifest → embeddings: frozen encoders over every utterance, on Ray Data."""

from daf_core import runs
from daf_core.weights.specs import EncoderSpec, resolve
from jobs.encode_run import encode_manifest
from jobs.settings import EmbedSettings


def run(settings: EmbedSettings) -> str:
    """Embed a manifest; returns the summary line."""
    source = runs.manifest_output(settings.manifest)
    runs.complete_record(source)  # before a hub is asked for weights
    encoders = resolve_encoders(settings)
    output = runs.embeddings_output(settings.out)
    return encode_manifest("embedded", settings, source, output, encoders)


def resolve_encoders(settings: EmbedSettings) -> dict[str, EncoderSpec]:
    """Embedding column → encoder: "text", and "audio", "audio_2" … in the order given."""
    audio = [name.strip() for name in settings.audio_encoder.split(",")]
    columns = ["audio", *(f"audio_{number}" for number in range(2, len(audio) + 1))]
    names = {"text": settings.text_encoder, **dict(zip(columns, audio, strict=True))}
    return {column: resolve(name, settings.offline) for column, name in names.items()}
