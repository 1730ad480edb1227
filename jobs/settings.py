"""What each verb can be told. One class a verb: the command line is made from it (jobs/cli.py),
and Python callers construct it. Its docstring is the verb's help; defaults suit a laptop."""

from dataclasses import dataclass, field
from typing import Annotated

import typer

from daf_core.errors import REASONS, SettingsError
from daf_core.precision import Precision
from daf_core.training.recipe import Unheard

TEXT_ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
AUDIO_ENCODER = "openai/whisper-tiny.en"
COMPARED_HEADS = "daf,text,audio,concat,static,late"

Manifest = Annotated[str, typer.Option(help="Folder that `daf ingest` made.")]
Fresh = Annotated[
    bool, typer.Option("--fresh", help="Delete an earlier run in --out and start over.")
]
Offline = Annotated[
    bool,
    typer.Option("--offline", envvar="HF_HUB_OFFLINE", help="Use only weights that are here."),
]


@dataclass(frozen=True, kw_only=True)
class IngestSettings:
    """Turn recordings and transcripts into a manifest: one row an utterance, in parts.

    Bad rows go to MANIFEST/_quarantine, each with its reason; nothing is dropped in silence. Run it
    again after an interruption to go on, or when there is more: new recordings are added, changed
    ones (size, time or ETag, rows, labels) replaced; rows of recordings that are gone stay.
    """

    source: Annotated[
        str,
        typer.Argument(
            help="A table (.csv, .jsonl, .parquet) with the columns text, audio_path or audio_uri, "
            "a folder of recordings with transcripts (.vtt, .srt) of the same names, or a labelled "
            "corpus as it came: MMSA's pickle, MMSA-FET's label.csv and Raw/, MELD, IEMOCAP, or a "
            "folder of .csd files."
        ),
    ]
    out: Annotated[str, typer.Option(help="Folder of the manifest to write.")]
    part_minutes: Annotated[
        float | None,
        typer.Option(
            help="Minutes of audio in a part, the unit of work. Default: 5, and 20 in archives of "
            "more than some hours.",
            min=0.1,
        ),
    ] = None
    rename: Annotated[
        list[str],
        typer.Option(help="THEIRS=OURS: a table's column and the name it has here. Repeatable."),
    ] = field(default_factory=list)
    channels: Annotated[
        str | None,
        typer.Option(
            help="Who speaks on which channel, as 0=agent,1=customer (folders). "
            "Without it channels are mixed."
        ),
    ] = None
    labels: Annotated[
        str | None,
        typer.Option(
            help="Table of labels for a folder: recording_id, start_s, label, and channel, split."
        ),
    ] = None
    check_contents: Annotated[
        bool,
        typer.Option(
            "--check-contents",
            help="Files have changed where their SHA-256 has, not size and time. Reads all audio.",
        ),
    ] = False
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Replace a manifest that was made otherwise.")
    ] = False


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

    def __post_init__(self) -> None:
        if self.features is None:
            return
        for option in (
            *("text_encoder", "audio_encoder", "precision", "context", "frames", "damaged"),
        ):
            if given := getattr(self, option):
                raise SettingsError(
                    f"--{option.replace('_', '-')} {given}: goes with encoders; with --features "
                    f"nothing is encoded, leave one of the two out"
                )


@dataclass(frozen=True, kw_only=True)
class Training:
    """What heads are trained on and how: shared by train and evaluate."""

    embeddings: Annotated[str, typer.Option(help="Folder that `daf embed` made.")]
    train_rows: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Only so many of the train rows, always the same ones; fewer are among more: how "
            "many labels are needed? Default: all.",
        ),
    ] = None
    also: Annotated[
        str | None,
        typer.Option(
            help="More embeddings by the same encoders: of their labelled train rows --also-rows "
            "join each step. They may lack a modality, as sentences without a recording do."
        ),
    ] = None
    also_rows: Annotated[int, typer.Option(min=1, help="Rows of --also a step.")] = 128
    batch_rows: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Rows a step, over all workers. Default: 128; of 10,000 train rows and more 512.",
        ),
    ] = None
    epochs: Annotated[int, typer.Option(min=1, help="At most so many passes.")] = 100
    patience: Annotated[
        int, typer.Option(min=1, help="Stop after so many epochs without a better validation MAE.")
    ] = 15
    learning_rate: Annotated[
        float | None,
        typer.Option(
            help="Of AdamW. Default: 3e-4, of more than 128 rows a step as their square root."
        ),
    ] = None
    width: Annotated[int, typer.Option(min=1, help="Of the head's layers.")] = 128
    modality_dropout: Annotated[
        float, typer.Option(min=0, max=1, help="Share of rows that lose one modality in a step.")
    ] = 0.1
    balance: Annotated[
        bool,
        typer.Option(
            "--balance",
            help="Rows of each polarity count the same in all, however many there are: for UAR.",
        ),
    ] = False
    adversarial: Annotated[
        float,
        typer.Option(
            min=0,
            help="Virtual adversarial training: answers shall not change where embeddings move by "
            "so many standard deviations, at twice the passes and more. 0: none.",
        ),
    ] = 0.0
    importance: Annotated[
        bool,
        typer.Option(
            "--importance",
            help="Rows of --also, whose labels may be wrong or made up, count as far as a head "
            "believes them that is trained without them first.",
        ),
    ] = False
    relative: Annotated[
        bool,
        typer.Option(
            "--relative",
            help="Also read how an utterance sounds against the mean of its voice: of the same "
            "speaker on the same channel of the recording, in a corpus of clips of the speaker "
            "whom the table names; as far as they are in the same part. Scoring then does too.",
        ),
    ] = False
    wide: Annotated[
        bool,
        typer.Option(
            "--wide",
            help="Read all layers of an encoder side by side instead of their learned mix: more to "
            "learn from and, where few voices say much, more to learn by heart.",
        ),
    ] = False
    unheard: Annotated[
        Unheard | None,
        typer.Option(
            help="Intervals and probabilities shall hold for recordings, or for speakers, that are "
            "not among the labelled ones: learned from five more heads, each trained without a "
            "fifth of them, in six times the time. Default: learned from the validation rows."
        ),
    ] = None
    layers: Annotated[
        str | None,
        typer.Option(
            help="The first layers to read of a column's encoder, as text=5,audio=4. Scoring then "
            "computes no others, which saves time and costs accuracy. Default: all."
        ),
    ] = None
    fresh: Fresh = False

    @property
    def first_layers(self) -> dict[str, int]:
        """`layers` as column → how many."""
        try:
            pairs = [pair.split("=") for pair in (self.layers or "").split(",") if pair]
            found = {column.strip(): int(number) for column, number in pairs}
        except ValueError:
            found = {"": 0}
        if any(number < 1 for number in found.values()):
            raise SettingsError(
                f"--layers {self.layers}: expected COLUMN=NUMBER, for example text=5,audio=4"
            )
        return found


@dataclass(frozen=True, kw_only=True)
class TrainSettings(Training):
    """Fit a head on embeddings of a labelled corpus."""

    out: Annotated[str, typer.Option(help="Folder for the head.")]
    head: Annotated[
        str,
        typer.Option(
            help="daf, or a baseline: text, audio, concat, static, late; or another fusion: tfn "
            "(tensor), lmf (low-rank), gmu (gated), agfn (entropy and importance gates), avad "
            "(words and a gated residual), gatedx (the turns before, gated); or one of embeddings "
            "with --frames: pool (attention), drw (looks again), mult (cross-attention), mods (one "
            "modality leads)."
        ),
    ] = "daf"
    seed: Annotated[int, typer.Option(help="One seed gives one result.")] = 0
    workers: Annotated[int, typer.Option(min=1, help="Ray Train workers.")] = 1
    gpu: Annotated[bool, typer.Option("--gpu", help="One GPU per worker.")] = False


@dataclass(frozen=True, kw_only=True)
class EvaluateSettings(Training):
    """Compare heads on a labelled corpus: tables with means over seeds, intervals and p-values.

    Every head is trained with every seed, each on one CPU of the cluster, on the train rows; stops
    by the validation rows; is judged on the test rows. An interrupted comparison goes on where it
    was.
    """

    out: Annotated[str, typer.Option(help="Folder for the tables and all trials.")]
    heads: Annotated[
        str, typer.Option(help="Which to compare, with commas; any that `daf train --head` takes.")
    ] = COMPARED_HEADS
    seeds: Annotated[int, typer.Option(min=1, help="Trials a head, of seeds 0, 1 …")] = 5
    baseline: Annotated[
        str, typer.Option(help="The head that the others' errors are compared with.")
    ] = "concat"
    search: Annotated[
        int,
        typer.Option(
            min=0,
            metavar="N",
            help="Try N settings for each head first (learning rate, weight decay, width, batch, "
            "modality dropout, side loss; the given ones and random ones, of which ASHA stops the "
            "worse early) and take those best on the validation rows, which should be many. 0: "
            "those given.",
        ),
    ] = 0


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
            raise SettingsError("daf score: give --manifest or --embeddings, one of them")


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
    rows: Annotated[int | None, typer.Option(min=1, help="Only so many rows, drawn by --seed.")] = (
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


@dataclass(frozen=True, kw_only=True)
class VerifySettings:
    """Check that every manifest row is in scores xor quarantine, once; exit status 1 if not."""

    manifest: Manifest
    scores: Annotated[str, typer.Option(help="Folder that `daf score` made.")]


@dataclass(frozen=True, kw_only=True)
class ReportSettings:
    """Make one HTML page about scored recordings; it opens in any browser and loads nothing."""

    scores: Annotated[str, typer.Option(help="Folder that daf score wrote.")]
    out: Annotated[str, typer.Option(help="File to write the page to.")] = "report.html"
    manifest: Annotated[
        str | None,
        typer.Option(help="Manifest to take the words from.", show_default="the one scored"),
    ] = None
    text: Annotated[
        bool,
        typer.Option("--text/--no-text", help="Show words; leave them out to share the page."),
    ] = True


@dataclass(frozen=True, kw_only=True)
class DemoSettings:
    """Run everything on a small bundled corpus of synthesized speech, on this machine's CPU."""

    out: Annotated[str, typer.Option(help="Folder for all that the demo makes.")] = "daf-demo"


@dataclass(frozen=True, kw_only=True)
class ModelsSettings:
    """List the encoders daf was made with and where their weights are; get more, check them."""

    get: Annotated[
        str | None,
        typer.Option(
            metavar="ID", help="Hugging Face id, or id@revision, to bring into the hub cache first."
        ),
    ] = None
    check: Annotated[
        bool, typer.Option("--check", help="Read the weights that are here and compare their sums.")
    ] = False
