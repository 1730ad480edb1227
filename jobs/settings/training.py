"""What the verbs can be told that fit heads: train, evaluate."""

from dataclasses import dataclass, field
from typing import Annotated

import typer

from daf_core.errors import SettingsError
from daf_core.training.recipe import Unheard
from jobs.settings.options import Fresh

COMPARED_HEADS = "daf,text,audio,concat,static,late"


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
        list[str],
        typer.Option(
            help="More embeddings by the same encoders: of their labelled train rows --also-rows "
            "join each step. They may lack a modality, as sentences without a recording do. "
            "Repeatable: then so many of each."
        ),
    ] = field(default_factory=list)
    also_rows: Annotated[int, typer.Option(min=1, help="Rows of each --also a step.")] = 128
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

    def __post_init__(self) -> None:
        if self.learning_rate is not None and not 0 < self.learning_rate <= 1:
            raise SettingsError(
                f"--learning-rate {self.learning_rate}: expected more than 0 and at most 1"
            )

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
