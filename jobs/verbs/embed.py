"""manifest → embeddings: frozen encoders over every utterance, or features that came in a file."""

from dataclasses import replace

from daf_core.embeddings.columns import MODALITIES, Column
from daf_core.errors import SettingsError
from daf_core.recordings.synthesizer import Synthesizer
from daf_core.storage import run_record
from daf_core.storage.output import embeddings_output, manifest_output
from daf_core.stress.labelled_sample import labelled_texts
from daf_core.weights.specs import DESCRIPTORS, EncoderSpec, resolve
from jobs.parts.encode import EncodePlan
from jobs.parts.encode_manifest import encode_manifest
from jobs.parts.precomputed import embed_precomputed
from jobs.settings import EmbedSettings


def run(settings: EmbedSettings) -> str:
    """Embed a manifest; returns the summary line."""
    source = manifest_output(settings.manifest)
    run_record.read_complete(source)  # before a hub is asked for weights
    output = embeddings_output(settings.out)
    if settings.features is not None:
        return embed_precomputed(settings, settings.features, source, output)
    damage = None
    if settings.damage:
        from daf_core.damage.rows import asked_for  # loads scipy, which takes a second

        damage = asked_for(settings.damage, labelled_texts(source), settings.seed)
    encoders = resolve_encoders(settings)
    synthesizer = None
    if settings.synthesize is not None:
        synthesizer = Synthesizer(settings.synthesize)
        synthesizer.check()
    plan = EncodePlan(
        encoders,
        settings.offline,
        frame_steps=settings.frames,
        damage=damage,
        synthesizer=synthesizer,
    )
    return encode_manifest("embedded", settings, source, output, plan)


def resolve_encoders(settings: EmbedSettings) -> dict[str, EncoderSpec]:
    """Embedding column → encoder: "text", and "audio", "audio_2" … in the order given; with
    `frames` also "text_frames" and "audio_frames", of the first two.

    Raises:
        SettingsError: an encoder is not to be had, or frames are asked of one that has none.
    """
    audio = settings.audio_encoder
    columns = [Column("audio", number).name for number in range(1, len(audio) + 1)]
    names = {"text": settings.text_encoder, **dict(zip(columns, audio, strict=True))}
    found = {column: resolve(name, settings.offline) for column, name in names.items()}
    found["text"] = replace(found["text"], context=settings.context)
    if not settings.frames:
        return found
    if found["audio"].name == DESCRIPTORS:
        raise SettingsError(
            f"`frames` {settings.frames}: expected a first audio encoder with hidden layers, got "
            f"{DESCRIPTORS}; name it after another one"
        )
    return found | {Column(name, view="frames").name: found[name] for name in MODALITIES}
