"""Which classes heads take for which others."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daf_core.evaluation.rendering import ResultTable, shown_table
from daf_core.evaluation.results import by_head
from daf_core.evaluation.trial import PREDICTED, TrialResult
from daf_core.storage.run_record import Json


@dataclass(frozen=True)
class Confusion:
    """What one head takes the test rows of one class for, the mean over seeds.

    rows: of the class; shares: class → share of these rows that are predicted as it, in the order
    of the classes.
    """

    head: str
    name: str
    rows: int
    shares: dict[str, float]

    @property
    def recall(self) -> float:
        """The share of rows that are predicted as what they are."""
        return self.shares[self.name]

    def as_row(self) -> Json:
        """For `rendering.arrow_table`."""
        row = {"head": self.head, "class": self.name, "rows": self.rows, "recall": self.recall}
        return row | {f"as_{name}": share for name, share in self.shares.items()}

    def shown(self) -> dict[str, str]:
        """Its cells for people."""
        row = {"head": self.head, "class": self.name, "rows": f"{self.rows:,}"}
        row["recall"] = f"{self.recall:.3f}"
        return row | {f"as {name}": f"{share:.3f}" for name, share in self.shares.items()}


def confusions(trials: Sequence[TrialResult], names: Sequence[str]) -> list[Confusion]:
    """The confusion of each head, in the order of the trials, and of each of the classes that test
    rows have.

    names: of all classes, in their order.
    """
    found = []
    for head, own in by_head(trials).items():
        predicted = np.stack([trial.rows[PREDICTED].to_numpy() for trial in own])
        labels = own[0].rows["label"].to_numpy()
        for name in names:
            of_class = predicted[:, labels == name]
            if of_class.size:
                shares = {other: float((of_class == other).mean()) for other in names}
                found.append(Confusion(head, name, of_class.shape[1], shares))
    return found


def confusion_table(trials: Sequence[TrialResult], names: Sequence[str]) -> ResultTable:
    """The confusions of trials of classes with these names."""
    found = confusions(trials, names)
    return ResultTable(
        "confusion",
        [one.as_row() for one in found],
        lambda style: shown_table([one.shown() for one in found], style),
        "Test rows of each class: how many, the share that is recognised, and the share that is "
        "predicted as each class, means over seeds.",
    )
