"""daf embed: manifest → embeddings, by frozen encoders or from precomputed features."""

from dataclasses import replace
from typing import TYPE_CHECKING

from daf_core.embeddings.columns import MODALITIES, Column
from daf_core.errors import SettingsError
from daf_core.recordings.synthesizer import Synthesizer
from daf_core.storage import run_record
from daf_core.storage.output import Output, embeddings_output, manifest_output
from daf_core.stress.labelled_sample import labelled_texts
from daf_core.weights.known import DESCRIPTORS, SPEAKER
from daf_core.weights.specs import EncoderSpec, resolve
from jobs.parts.encode import EncodePlan
from jobs.parts.encode_manifest import encode_manifest
from jobs.parts.precomputed import embed_precomputed
from jobs.settings import EmbedSettings

if TYPE_CHECKING:
    from daf_core.damage.rows import Damage


def run(settings: EmbedSettings) -> str:
    """Embed a manifest; returns the summary line.

    Raises:
        SettingsError: a setting or an input is wrong.
        NotDone: not all parts are made.
    """
    source = manifest_output(settings.manifest)
    run_record.read_complete(source)  # an unfinished manifest stops the job before downloads
    output = embeddings_output(settings.out)
    if settings.features is not None:
        return embed_precomputed(settings, settings.features, source, output)
    damage = _damage(settings, source)
    plan = EncodePlan(
        resolve_encoders(settings),
        settings.offline,
        frame_steps=settings.frames,
        damage=damage,
        synthesizer=_synthesizer(settings),
    )
    return encode_manifest("embedded", settings, source, output, plan)


def _damage(settings: EmbedSettings, manifest: Output) -> "Damage | None":
    if not settings.damage:
        return None
    from daf_core.damage.rows import Damage  # loads SciPy, which takes a second

    return Damage.from_kinds(settings.damage, labelled_texts(manifest), settings.seed)


def _synthesizer(settings: EmbedSettings) -> Synthesizer | None:
    if settings.synthesize is None:
        return None
    synthesizer = Synthesizer(settings.synthesize)
    synthesizer.check()
    return synthesizer


def resolve_encoders(settings: EmbedSettings) -> dict[str, EncoderSpec]:
    """Embedding column → encoder: "text", then "audio", "audio_2" … in the given order.

    With `frames` also "text_frames" and "audio_frames", by the encoders of "text" and "audio".

    Raises:
        SettingsError: weights cannot be found, or the first audio encoder has no frames.
    """
    audio = settings.audio_encoder
    columns = [Column("audio", number).name for number in range(1, len(audio) + 1)]
    names = {"text": settings.text_encoder, **dict(zip(columns, audio, strict=True))}
    found = {column: resolve(name, settings.offline) for column, name in names.items()}
    found["text"] = replace(found["text"], context=settings.context)
    for column in columns:
        if found[column].name not in (DESCRIPTORS, SPEAKER):
            found[column] = replace(found[column], window_s=settings.audio_window)
    if not settings.frames:
        return found
    if found["audio"].name in (DESCRIPTORS, SPEAKER):
        raise SettingsError(
            f"`frames` {settings.frames}: expected a first `audio_encoder` with hidden layers, got "
            f"{found['audio'].name}; name it second"
        )
    return found | {Column(name, view="frames").name: found[name] for name in MODALITIES}
