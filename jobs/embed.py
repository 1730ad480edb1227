"""manifest → embeddings: frozen encoders over every utterance, or features that came in a file."""

from daf_core import runs
from daf_core.weights.specs import EncoderSpec, resolve
from jobs.encode_run import encode_manifest
from jobs.extracted import embed_features
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER, EmbedSettings


def run(settings: EmbedSettings) -> str:
    """Embed a manifest; returns the summary line."""
    source = runs.manifest_output(settings.manifest)
    runs.complete_record(source)  # before a hub is asked for weights
    output = runs.embeddings_output(settings.out)
    if settings.features is not None:
        return embed_features(settings, settings.features, source, output)
    encoders = resolve_encoders(settings)
    return encode_manifest("embedded", settings, source, output, encoders)


def resolve_encoders(settings: EmbedSettings) -> dict[str, EncoderSpec]:
    """Embedding column → encoder: "text", and "audio", "audio_2" … in the order given."""
    audio = [name.strip() for name in (settings.audio_encoder or AUDIO_ENCODER).split(",")]
    columns = ["audio", *(f"audio_{number}" for number in range(2, len(audio) + 1))]
    names = {
        "text": settings.text_encoder or TEXT_ENCODER,
        **dict(zip(columns, audio, strict=True)),
    }
    return {column: resolve(name, settings.offline) for column, name in names.items()}
