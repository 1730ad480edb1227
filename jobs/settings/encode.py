"""What the verbs can be told that run encoders: embed, score, stress, retry-quarantine."""

from dataclasses import dataclass, field
from typing import Annotated

import typer

from daf_core.errors import REASONS, SettingsError
from daf_core.weights.precision import Precision
from jobs.settings.options import Fresh, Manifest, Offline

TEXT_ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
AUDIO_ENCODER = "openai/whisper-tiny.en"


@dataclass(frozen=True, kw_only=True)
class EncodeResources:
    """What the encoders may use: shared by every verb that encodes."""

    actors: Annotated[
        str | None,
        typer.Option(
            help="Encoder processes, as MIN,MAX or one number. Default: one per GPU, "
            "or one per CPU core where there is no GPU."
        ),
    ] = None
    gpus_per_actor: Annotated[
        float | None,
        typer.Option(help="GPUs each holds; .5 puts two on one. Default: 1 where there are GPUs."),
    ] = None
    precision: Annotated[
        Precision | None,
        typer.Option(
            help="What the encoders compute in. Default: bfloat16 on GPUs and on processors that "
            "have it, else float32."
        ),
    ] = None
    local: Annotated[
        bool,
        typer.Option("--local", help="In processes of this machine, without starting Ray."),
    ] = False
    offline: Offline = False

    @property
    def actor_range(self) -> tuple[int, int] | None:
        """`actors` as (least, most)."""
        if self.actors is None:
            return None
        try:
            least, *most = (int(number) for number in self.actors.split(","))
            if len(most) <= 1 and 1 <= least <= (most or [least])[0]:
                return least, (most or [least])[0]
        except ValueError:
            pass
        raise SettingsError(
            f"--actors {self.actors}: expected MIN,MAX or one number, for example 1,4"
        )


@dataclass(frozen=True, kw_only=True)
class PartsRun(EncodeResources):
    """How a run over all parts of a manifest goes: embed, score and stress."""

    max_error_rate: Annotated[
        float,
        typer.Option(
            min=0, max=1, help="Stop where a larger share of the rows than this is quarantined."
        ),
    ] = 1.0
    fresh: Fresh = False


@dataclass(frozen=True, kw_only=True)
class EmbedSettings(PartsRun):
    """Run frozen encoders over a manifest: embeddings of every utterance, ready to train on."""

    manifest: Manifest
    out: Annotated[str, typer.Option(help="Folder for the embeddings, local or s3://.")]
    text_encoder: Annotated[
        str | None,
        typer.Option(
            help="Hugging Face id (ID@REVISION to pin) or local folder.", show_default=TEXT_ENCODER
        ),
    ] = None
    audio_encoder: Annotated[
        str | None,
        typer.Option(
            help="Whisper, wav2vec 2.0, HuBERT or WavLM, as above; several with commas; "
            "`descriptors` adds pitch, level and spectral shape without a network.",
            show_default=AUDIO_ENCODER,
        ),
    ] = None
    features: Annotated[
        str | None,
        typer.Option(
            help="Instead of encoders: text and audio features that a corpus came with (MMSA's "
            "pickle, or a folder of .csd files), found by utterance id."
        ),
    ] = None
    context: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="The text encoder reads an utterance with the N turns of its recording before it, "
            "whoever spoke; as many as fit. The head that is trained on it scores so too. Of a "
            "recording that is cut into parts the first turns of a part have fewer before them.",
        ),
    ] = 0
    frames: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Keep also what one layer, two thirds up, says along the utterance: tokens and "
            "speech in at most N equal spans, for the heads pool, drw, mult, mods. Takes N × width "
            "× 2 bytes an utterance and modality: with the default encoders and N = 16 25 kB, "
            "beside 13 kB for all layers pooled. 0: none.",
        ),
    ] = 0

    damaged: Annotated[
        str | None,
        typer.Option(
            metavar="KINDS",
            help="Embed utterances as if they had been damaged, for `daf train --also`, that a "
            "head learns to bear it: white noise, speech-shaped noise, reverberation, telephone, "
            "packet loss, spectrogram masks, word error; several with commas, or all. Which, and "
            "how severe, is drawn for each utterance.",
        ),
    ] = None
    seed: Annotated[int, typer.Option(help="Of --damaged: another one draws anew.")] = 0
    synthesize: Annotated[
        str | None,
        typer.Option(
            metavar="COMMAND",
            help="Have rows of text without a recording read out, to train on both: the command "
            "gets a sentence on standard input and writes its sound to standard output, as "
            "'espeak-ng --stdout' does. It must be on every machine and always say a sentence the "
            "same way.",
        ),
    ] = None

    def __post_init__(self) -> None:
        if self.features is None:
            return
        for option in (
            *("text_encoder", "audio_encoder", "precision", "context", "frames", "damaged"),
            "synthesize",
        ):
            if given := getattr(self, option):
                raise SettingsError(
                    f"--{option.replace('_', '-')} {given}: goes with encoders; with --features "
                    f"nothing is encoded, leave one of the two out"
                )


@dataclass(frozen=True, kw_only=True)
class ScoreSettings(PartsRun):
    """Score a manifest with a head: sentiment and modality weights of every utterance."""

    manifest: Annotated[str | None, typer.Option(help="Folder that `daf ingest` made.")] = None
    embeddings: Annotated[
        str | None, typer.Option(help="Folder that `daf embed` made, instead of --manifest.")
    ] = None
    head: Annotated[str, typer.Option(help="Folder that `daf train` made.")]
    out: Annotated[
        str, typer.Option(help="Folder for scores/, quarantine/ and run.json, local or s3://.")
    ]

    def __post_init__(self) -> None:
        if (self.manifest is None) == (self.embeddings is None):
            raise SettingsError("expected --manifest or --embeddings, one of the two")


@dataclass(frozen=True, kw_only=True)
class StressSettings(PartsRun):
    """Measure heads on damaged rows: noise, reverberation, telephone, lost packets, misheard words.

    Takes the labelled test rows of a manifest (where it has no splits, those that training leaves
    for testing) that have all that the heads read; damages the audio or the text of each, in graded
    strength, and writes how the error grows, as tables and a picture, with all predictions.
    """

    manifest: Manifest
    head: Annotated[
        list[str],
        typer.Option(help="Folder that `daf train` made. Repeatable: heads of the same encoders."),
    ]
    out: Annotated[
        str,
        typer.Option(help="Folder for robustness.md, .tex, .parquet, .png and predictions/."),
    ]
    rows: Annotated[int | None, typer.Option(min=2, help="Only so many rows, drawn by --seed.")] = (
        None
    )
    seed: Annotated[int, typer.Option(help="Of the damage and the sample.")] = 0


@dataclass(frozen=True, kw_only=True)
class RetryQuarantineSettings(EncodeResources):
    """Try quarantined rows of finished scores again, after their cause is mended."""

    scores: Annotated[str, typer.Argument(help="Folder that `daf score` made.")]
    reason: Annotated[
        list[str],
        typer.Option(help="Only rows quarantined for this reason. Repeatable. Default: all."),
    ] = field(default_factory=list)

    def __post_init__(self) -> None:
        for unknown in set(self.reason) - REASONS.keys():
            raise SettingsError(f"--reason {unknown}: expected one of {', '.join(sorted(REASONS))}")
