"""Fit and measure a head: what every worker of a training does."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import nn

from daf_core.distributed import rank_and_workers, sum_over_workers
from daf_core.embeddings.columns import Column, ColumnShapes, select
from daf_core.heads import build, columns_read
from daf_core.heads.familiarity import Familiarity
from daf_core.measures.calibration_values import Calibrations
from daf_core.schemas import SPLITS
from daf_core.training.dataset import Corpus, load_rows, load_strange
from daf_core.training.familiarity import fit_familiarity
from daf_core.training.fusion import fit_fusion
from daf_core.training.group_folds import group_folds
from daf_core.training.held_out import (
    Reliability,
    calibrate_on,
    error_correlation_of,
    label_interval,
    measure,
)
from daf_core.training.label_confidence import label_likelihood
from daf_core.training.loop import fit, predict, row_weights, seen_in_epoch
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows
from daf_core.training.state import State


@dataclass(frozen=True)
class Fitted:
    """A trained head with its calibration and metrics; the same on every worker.

    shapes: the columns that it reads.
    familiarity: by column, of the corpus; not of those that joined it.
    label_interval: that holds nine of ten labels of the train rows of the corpus.
    error_correlation: of the validation rows of one recording (`error_correlation`).
    metrics: split → name → value.
    reliability: on the test rows, or on the validation rows where there are no test rows.
    state: the last state of the training.
    """

    module: nn.Module
    shapes: ColumnShapes
    calibrations: Calibrations
    familiarity: dict[str, Familiarity]
    label_interval: tuple[float, float]
    error_correlation: float | None
    metrics: dict[str, dict[str, float]]
    reliability: Reliability
    state: State


@dataclass(frozen=True)
class Learned:
    """A trained head of which nothing is measured yet.

    plan: how it was trained; rows: of each split of `corpus`; also: what joined them, of which
    `joining` are the train rows; strange: rows that shall never be familiar; familiarity: by
    column, of the corpus; state: the last of the training.
    """

    plan: "Plan"
    module: nn.Module
    rows: dict[str, Rows]
    corpus: Corpus
    also: Sequence[Corpus]
    joining: list[Rows]
    strange: Rows | None
    familiarity: dict[str, Familiarity]
    state: State

    def joined_as(self, kind: str) -> "Learned":
        """The same trained parts in a head of another kind, which joins them in another way
        (`heads.SAME_PARTS`): equal to what `learn` makes of that kind, without its training.
        """
        plan = replace(self.plan, kind=kind)
        head = plan.new_head()
        trained = self.module.state_dict()
        own = head.state_dict()
        head.load_state_dict({name: trained.get(name, value) for name, value in own.items()})
        plan.join(head, self.rows, self.joining, self.strange)
        return replace(self, plan=plan, module=head)

    def fitted(self) -> Fitted:
        """Calibrate and measure a head for sentiment. Every worker calls it.

        With `recipe.calibrate_for` the head is calibrated by further heads, each fitted without a
        fold of the train rows (`group_folds`), instead of on the validation rows.
        """
        plan, head, rows = self.plan, self.module, self.rows
        held_out: Iterable[tuple[nn.Module, Rows]] = [(head, rows["valid"])]
        if plan.recipe.calibrate_for is not None:
            folds = group_folds(self.corpus, self.also, plan.recipe.calibrate_for)
            held_out = plan.fit_folds(folds, self.strange)
        calibrations = calibrate_on(held_out)
        measured = {split: measure(head, rows[split], calibrations) for split in SPLITS}
        metrics = {split: metrics for split, (metrics, _) in measured.items()}
        reliability = measured["test" if metrics["test"] else "valid"][1]
        return Fitted(
            head.cpu(),
            plan.shapes,
            calibrations,
            self.familiarity,
            label_interval(rows["train"]),
            error_correlation_of(head, rows["valid"], calibrations),
            metrics,
            reliability,
            self.state,
        )


def learn(
    kind: str,
    corpus: Corpus,
    shapes: ColumnShapes,
    recipe: Recipe,
    device: torch.device,
    *,
    seed: int = 0,
    also: Sequence[Corpus] = (),
    resume: State | None = None,
    after_epoch: Callable[[State], None] = lambda state: None,
) -> Learned:
    """Train a head of this kind on embeddings, for sentiment or for the classes of the corpus.
    Every worker calls it with the same arguments.

    The head reads those columns of its kind that any train row has: trained on text alone, it
    ignores audio. The train rows of each of `also` join each step (`fit`).

    With `recipe.weigh_labels` a reference head is fitted first, without `also`, to weight the rows
    of `also` (`label_confidence`).

    Args:
        seed: of initial weights, batches and dropout.
        resume, after_epoch: as in `fit`.
    """
    shapes = columns_read(kind, shapes)
    rows, joining = _load(corpus, also, shapes, device)
    trained_shapes = _columns_of_rows([rows["train"], *joining], shapes)
    if trained_shapes != shapes:
        rows, joining = _load(corpus, also, trained_shapes, device)
    plan = Plan(kind, trained_shapes, recipe, seed, device)
    joining = plan.with_label_likelihood(rows, joining)
    head = plan.new_head()
    state = fit(
        head,
        rows["train"],
        rows["valid"],
        recipe,
        seed=seed,
        also=joining,
        resume=resume,
        after_epoch=after_epoch,
    )
    strange = load_strange(corpus, trained_shapes, *rank_and_workers())
    strange = None if strange is None else strange.to(device)
    familiarity = plan.join(head, rows, joining, strange)
    return Learned(plan, head, rows, corpus, also, joining, strange, familiarity, state)


@dataclass(frozen=True)
class Plan:
    """What the head, its reference head and the heads of folds have in common."""

    kind: str
    shapes: ColumnShapes
    recipe: Recipe
    seed: int
    device: torch.device

    def new_head(self) -> nn.Module:
        torch.manual_seed(self.seed)
        recipe = self.recipe
        return build(self.kind, self.shapes, recipe.width, recipe.members).to(self.device)

    def with_label_likelihood(self, rows: dict[str, Rows], joining: list[Rows]) -> list[Rows]:
        """The joining rows with the likelihoods of their labels by a reference head, where the
        recipe weights them.
        """
        if not self.recipe.weigh_labels:
            return joining
        reference = self.new_head()
        fit(reference, rows["train"], rows["valid"], self.recipe, seed=self.seed)
        logits = [predict(reference, one).logits for one in joining]
        return [
            replace(one, label_likelihood=label_likelihood(own, one.labels))
            for one, own in zip(joining, logits, strict=True)
        ]

    def join(
        self, head: nn.Module, rows: dict[str, Rows], joining: list[Rows], strange: Rows | None
    ) -> dict[str, Familiarity]:
        """Fit the familiarity of columns, and how a trained head joins modalities that learned
        apart; returns the familiarity, by column.
        """
        train, valid = rows["train"], rows["valid"]
        familiarity = fit_familiarity(train, valid, self.shapes, strange)
        seen = seen_in_epoch(train, joining, self.recipe)
        fit_fusion(head, seen, valid, row_weights(train, self.recipe), familiarity)
        return familiarity

    def fit_folds(
        self, folds: list[tuple[Corpus, list[Corpus]]], strange: Rows | None
    ) -> Iterator[tuple[nn.Module, Rows]]:
        """A head for each fold, with the rows that it was trained without."""
        for corpus, also in folds:
            rows, joining = _load(corpus, also, self.shapes, self.device)
            joining = self.with_label_likelihood(rows, joining)
            head = self.new_head()
            fit(head, rows["train"], rows["valid"], self.recipe, seed=self.seed, also=joining)
            self.join(head, rows, joining, strange)
            yield head, rows["test"]


def _load(
    corpus: Corpus, also: Sequence[Corpus], shapes: ColumnShapes, device: torch.device
) -> tuple[dict[str, Rows], list[Rows]]:
    """This worker's rows of each split, and the train rows of each of `also`."""
    worker = rank_and_workers()
    rows = {name: part.to(device) for name, part in load_rows(corpus, shapes, *worker).items()}
    joining = [load_rows(other, shapes, *worker)["train"].to(device) for other in also]
    return rows, joining


def _columns_of_rows(train: list[Rows], shapes: ColumnShapes) -> ColumnShapes:
    """The columns of modalities that a train row of any worker has, text before audio."""
    present = torch.cat([rows.present for rows in train])
    has = (sum_over_workers(present.sum(dim=0)) > 0).tolist()
    read = select(shapes, lambda column: has[column.modality_index])
    return dict(sorted(read.items(), key=lambda item: Column.from_name(item[0]).modality_index))
