"""Settings of the verbs that train heads: train, evaluate."""

from dataclasses import dataclass, field
from typing import Annotated

from cyclopts import Parameter

from daf_core.errors import SettingsError, check_once, check_seed, check_whole
from daf_core.training.classes import Classes
from daf_core.training.recipe import Recipe
from jobs.settings.cluster import WhereAndHowLong
from jobs.settings.options import DATA, INPUT, RESOURCES, TRAINING, Items, Pairs

COMPARED_HEADS = ("daf", "stacked", "text", "audio", "concat", "static", "late")


@dataclass(frozen=True, kw_only=True)
class Training(WhereAndHowLong):
    """Which rows heads are trained on, and how."""

    embeddings: Annotated[str, Parameter(group=INPUT)]
    """Folder made by `daf embed`."""

    also: Annotated[Items, Parameter(group=DATA)] = field(default_factory=list)
    """Embeddings of additional corpora by the same encoders. --also-rows of their training rows
    join every step. They may lack a modality."""

    train_rows: Annotated[int | None, Parameter(group=DATA)] = None
    """Train on N rows of a fixed shuffle (a smaller N is a subset), for learning curves."""

    layers: Annotated[Pairs, Parameter(group=DATA)] = field(default_factory=dict)
    """Read only the first layers of an encoder, as text=5,audio=4: scoring is faster and
    may be less accurate. Default: all."""

    all_layers: Annotated[bool, Parameter(group=DATA)] = False
    """Read all layers of an encoder side by side instead of their learned mix."""

    speaker_normalise: Annotated[bool, Parameter(group=DATA)] = False
    """Also read each audio embedding minus the mean of its speaker within the part."""

    recipe: Annotated[Recipe, Parameter(name="*", group=TRAINING)] = field(default_factory=Recipe)

    fresh: Annotated[bool, Parameter(group=RESOURCES)] = False
    """Delete an earlier run in --out and start over."""

    local: Annotated[bool | None, Parameter(group=RESOURCES, negative="--ray")] = None
    """Train on this machine, or on Ray. Default: Ray where --address or RAY_ADDRESS names one; for
    `daf train` also where --workers is more than 1."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole("train_rows", self.train_rows, least=1)
        check_once("also", self.also)
        for column, number in self.layers.items():
            if not number.isdecimal() or int(number) < 1:
                raise SettingsError(
                    f"`layers` {column}={number}: expected COLUMN=NUMBER, such as text=5,audio=4"
                )
        if self.recipe.weigh_labels and not self.also:
            raise SettingsError("`weigh_labels`: expected `also`, whose rows it weights")

    @property
    def first_layers(self) -> dict[str, int]:
        """Column → how many layers are read, from the first."""
        return {column: int(number) for column, number in self.layers.items()}


@dataclass(frozen=True, kw_only=True)
class TrainSettings(Training):
    """Fit a head on embeddings of a labelled corpus."""

    out: Annotated[str, Parameter(group=INPUT)]
    """Folder for the head, local or s3://."""

    head: Annotated[str, Parameter(group=INPUT)] = "daf"
    """Kind of head. Baselines: text, audio, concat, static, late, stacked. Other fusions: daf-late,
    daf-attention, tfn, lmf, gmu, agfn, avad; gatedx (previous turns). On --frames: pool, drw, mult,
    mods."""

    seed: Annotated[int, Parameter(group=TRAINING)] = 0
    """Seed of initial weights, batches and dropout."""

    workers: Annotated[int, Parameter(group=RESOURCES)] = 1
    """Processes that share the training, on Ray Train."""

    gpu: Annotated[bool, Parameter(group=RESOURCES)] = False
    """Use one GPU per worker."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_seed(self.seed)
        check_whole("workers", self.workers, least=1, most=10_000)
        if self.local and self.workers > 1:
            raise SettingsError(
                f"`workers` {self.workers}: expected 1 with `local`, which trains in one process"
            )


@dataclass(frozen=True, kw_only=True)
class EvaluateSettings(Training):
    """Compare heads on a labelled corpus: means over seeds, intervals and p-values. With --classes
    at telling emotions or other categories apart, else at sentiment.

    Each training uses one CPU and stops by the validation rows; the test rows measure it. Run the
    command again to continue after an interruption.
    """

    out: Annotated[str, Parameter(group=INPUT)]
    """Folder for the tables and all trials."""

    heads: Annotated[Items, Parameter(group=INPUT)] = field(
        default_factory=lambda: [*COMPARED_HEADS]
    )
    """Kinds of heads to compare, as `daf train --head` takes them."""

    baseline: Annotated[str | None, Parameter(group=INPUT)] = None
    """The head that errors of the others are compared with. Default: concat, or the first of
    --heads where concat is not among them."""

    classes: Annotated[str | None, Parameter(group=DATA)] = None
    """Tell apart the values of a column of the source, such as emotion, in place of sentiment; or
    only these, as emotion=ang,hap+exc,neu,sad, where + merges. Rows of other values are not
    used."""

    seeds: Annotated[int, Parameter(group=TRAINING)] = 5
    """Number of seeds per head."""

    search: Annotated[int, Parameter(group=TRAINING)] = 0
    """Search each head's recipe first: try N recipes, stop poor ones early (ASHA), keep the best on
    the validation rows. 0: off."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_once("heads", self.heads)
        check_whole("seeds", self.seeds, least=1, most=1000)
        check_whole("search", self.search, least=0, most=10_000)
        if self.local and self.search:
            raise SettingsError("`local`: expected no `search`, which needs Ray")
        if self.classes is not None:
            Classes.from_text(self.classes)
            if self.search:
                raise SettingsError("`classes`: expected no `search`, which goes by the MAE")
            if self.recipe.calibrate_for is not None:
                raise SettingsError(
                    "`classes`: expected no `calibrate_for`, as classes have no intervals"
                )

    @property
    def asked_classes(self) -> Classes | None:
        """The classes to tell apart; None: sentiment is predicted."""
        return None if self.classes is None else Classes.from_text(self.classes)


@dataclass(frozen=True, kw_only=True)
class ExplainHeadSettings:
    """Say how a trained head does on labelled rows, and how it uses words and voice: the spread of
    its weights, what permuted, mean and best weights would give, what each modality adds.
    """

    head: str = field(kw_only=False)
    """Folder made by `daf train` or `daf adapt`, or a head of the package: fast, accurate."""

    embeddings: str
    """Folder made by `daf embed` with the head's encoders, of a labelled corpus."""

    split: str = "test"
    """Which labelled rows: train, valid, test; or all."""

    out: str | None = None
    """Folder for the tables, as Parquet, Markdown and LaTeX. Default: they are only printed."""

    def __post_init__(self) -> None:
        if self.split not in ("train", "valid", "test", "all"):
            raise SettingsError(f"`split` {self.split}: expected train, valid, test or all")
