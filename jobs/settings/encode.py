"""Settings of the verbs that run encoders: embed and stress, and what score shares with them."""

from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from daf_core.errors import (
    REASONS,
    SettingsError,
    check_once,
    check_range,
    check_seed,
    check_whole,
)
from daf_core.weights.known import AUDIO_ENCODER, LONGEST_WINDOW_S, TEXT_ENCODER
from daf_core.weights.precision import Precision
from jobs.settings.cluster import WhereAndHowLong
from jobs.settings.options import ENCODERS, INPUT, RESOURCES, Items

# Clips of speech corpora are mostly shorter, so embeddings of longer utterances look like theirs.
WINDOW_S = 4
MOST_CONTEXT = 1000  # as `head.json` may hold
MOST_FRAMES = 500  # a part of 4,096 rows then takes 2 GB


@dataclass(frozen=True, kw_only=True)
class EncodeResources(WhereAndHowLong):
    """What encoders may use."""

    actors: Annotated[str | None, Parameter(group=RESOURCES)] = None
    """Encoder processes: a number, or MIN,MAX. Default: one per GPU, else one per CPU core."""

    gpus_per_actor: Annotated[float | None, Parameter(group=RESOURCES)] = None
    """GPUs per encoder process on Ray; .5 puts two on one GPU. Default: 1 where there are GPUs."""

    precision: Annotated[Precision | None, Parameter(group=RESOURCES)] = None
    """Number format of the encoders. Default: bfloat16 where the hardware computes in it."""

    local: Annotated[bool | None, Parameter(group=RESOURCES, negative="--ray")] = None
    """Use processes of this machine, or Ray. Default: Ray where --address or RAY_ADDRESS names one,
    or there is an hour of audio or more to encode."""

    offline: Annotated[bool, Parameter(group=RESOURCES, env_var="HF_HUB_OFFLINE")] = False
    """Use only weights that are on this machine."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("gpus_per_actor", self.gpus_per_actor, least=0, most=64)
        if self.local and self.gpus_per_actor is not None:
            raise SettingsError(
                f"`gpus_per_actor` {self.gpus_per_actor:g}: goes with Ray, and with `local` "
                f"nothing runs there; leave one of the two out"
            )

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
            f"`actors` {self.actors}: expected a number, or MIN,MAX with 1 ≤ MIN ≤ MAX, such as 1,4"
        )


@dataclass(frozen=True, kw_only=True)
class PartsRun(EncodeResources):
    """How a run over all parts of a manifest goes."""

    max_error_rate: Annotated[float, Parameter(group=RESOURCES)] = 1.0
    """Exit status 3 when more than this share (0 to 1) of the rows is quarantined, or all are. From
    1,000 rows on the run stops at once."""

    retry: Annotated[Items, Parameter(group=RESOURCES)] = field(default_factory=list)
    """Make again the parts that hold rows quarantined for these reasons, such as missing_audio, or
    flagged with them as they went on without."""

    allow_root: Annotated[Items, Parameter(group=INPUT)] = field(default_factory=list)
    """Another folder, or bucket as s3://BUCKET, in which recordings may lie; repeat the option for
    more. Default: where the manifest says. cluster/SECURITY.md says why."""

    strict: Annotated[bool, Parameter(group=RESOURCES)] = False
    """Exit status 1 if any row is quarantined, or goes on with less than it came with."""

    fresh: Annotated[bool, Parameter(group=RESOURCES)] = False
    """Delete an earlier run in --out and start over."""

    other_versions: Annotated[bool, Parameter(group=RESOURCES)] = False
    """Continue a run whose last attempt had other versions of daf, torch, transformers, av, soxr or
    numpy, though its parts may then differ in the last digits."""

    price_per_hour: Annotated[float | None, Parameter(group=RESOURCES)] = None
    """What all machines of the run together cost an hour, in any currency. The summary and run.json
    then say what an hour of speech cost."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range("max_error_rate", self.max_error_rate, least=0, most=1)
        check_range("price_per_hour", self.price_per_hour, least=0)
        for reason in self.retry:
            if reason not in REASONS:
                raise SettingsError(
                    f"`retry` {reason}: expected one of {', '.join(sorted(REASONS))}"
                )


@dataclass(frozen=True, kw_only=True)
class EmbedSettings(PartsRun):
    """Run frozen encoders over a manifest and store the embedding of every utterance."""

    manifest: Annotated[str, Parameter(group=INPUT)]
    """Folder made by `daf ingest`."""

    out: Annotated[str, Parameter(group=INPUT)]
    """Folder for the embeddings, local or s3://."""

    features: Annotated[str | None, Parameter(group=INPUT)] = None
    """Use features that a corpus came with instead of encoders, found by utterance id: MMSA's
    pickle, a folder of .csd files, or NumPy's .npz (`ids`, and arrays text, audio, audio_2 …)."""

    text_encoder: Annotated[str, Parameter(group=ENCODERS)] = TEXT_ENCODER
    """Hugging Face id (ID@REVISION to pin) or local folder."""

    audio_encoder: Annotated[Items, Parameter(group=ENCODERS)] = field(
        default_factory=lambda: [AUDIO_ENCODER]
    )
    """Whisper, wav2vec 2.0, HuBERT or WavLM, one or several; `descriptors` adds pitch, level and
    spectral shape, `speaker` who speaks."""

    audio_window: Annotated[int, Parameter(group=ENCODERS)] = WINDOW_S
    """Longest stretch, in seconds (1 to 30), that the speech encoder reads at once. Longer
    utterances are cut into equal windows, whose statistics are merged. With long windows,
    embeddings reveal how long an utterance is."""

    context: Annotated[int, Parameter(group=ENCODERS)] = 0
    """Read each text with up to N previous turns of the same recording; turns in another part are
    not read."""

    frames: Annotated[int, Parameter(group=ENCODERS)] = 0
    """Also store one layer as at most N averages over time, for the heads pool, drw, mult and
    mods."""

    damage: Annotated[Items, Parameter(group=ENCODERS)] = field(default_factory=list)
    """Damage each utterance before encoding, for `daf train --also`. Kind and severity are drawn at
    random, the kind from those given: all, or some of white noise, speech-shaped noise,
    reverberation, telephone, packet loss, spectrogram masks, word error."""

    seed: Annotated[int, Parameter(group=ENCODERS)] = 0
    """Seed of --damage."""

    synthesize: Annotated[str | None, Parameter(group=ENCODERS)] = None
    """Read out text without a recording by a command: sentence on standard input, sound on
    standard output, such as 'espeak-ng --stdout'."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("context", self.context, least=0, most=MOST_CONTEXT)
        check_whole("frames", self.frames, least=0, most=MOST_FRAMES)
        check_whole("audio_window", self.audio_window, least=1, most=LONGEST_WINDOW_S)
        check_seed(self.seed)
        check_once("audio_encoder", self.audio_encoder)
        check_once("damage", self.damage)
        if self.features is None:
            return
        defaults = EmbedSettings(manifest=self.manifest, out=self.out)
        for name in (
            *("text_encoder", "audio_encoder", "audio_window", "precision", "context", "frames"),
            *("damage", "synthesize"),
        ):
            if getattr(self, name) != getattr(defaults, name):
                raise SettingsError(
                    f"`{name}` {getattr(self, name)}: goes with encoders, and with `features` "
                    f"nothing is encoded; leave one of the two out"
                )


@dataclass(frozen=True, kw_only=True)
class StressSettings(PartsRun):
    """Measure how the error of heads grows with damage: noise, reverberation, telephone, packet
    loss, misheard words.

    Takes the labelled test rows of a manifest that have all modalities the heads read, damages the
    audio or the text in graded severity, and writes tables, a figure and all predictions.
    """

    manifest: Annotated[str, Parameter(group=INPUT)]
    """Folder made by `daf ingest`."""

    heads: Annotated[Items, Parameter(group=INPUT)]
    """Folders made by `daf train`, or names of default heads; all read the same encoders."""

    out: Annotated[str, Parameter(group=INPUT)]
    """Folder for robustness.md, .tex, .parquet, .png and predictions/."""

    rows: Annotated[int | None, Parameter(group=INPUT)] = None
    """Take a sample of this many rows. Default: all."""

    seed: Annotated[int, Parameter(group=INPUT)] = 0
    """Seed of the damage and of the sample."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("rows", self.rows, least=2)
        check_seed(self.seed)
        check_once("heads", self.heads)
