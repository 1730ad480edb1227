"""What a head is worth on the test rows of each corpus, with 95 % intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow.compute as pc

from daf_core.schemas import Row, polarity_number
from daf_core.stages.score import score
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage.output import Output

RESAMPLES = 1000
Numbers: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Measured:
    """Scores and labels of the test rows of one corpus, each (rows,)."""

    sentiment: Numbers
    label: Numbers
    low: Numbers
    high: Numbers
    duration_s: Numbers
    unfamiliar: npt.NDArray[Any]  # bool

    def select(self, rows: npt.NDArray[np.intp]) -> "Measured":
        """These rows, in their order."""
        return Measured(**{name: value[rows] for name, value in vars(self).items()})


def mean_absolute_error(rows: Measured) -> float:
    """MAE of the sentiment."""
    return float(np.abs(rows.sentiment - rows.label).mean())


def correlation(rows: Measured) -> float:
    """Pearson's r of sentiment and label."""
    return float(np.corrcoef(rows.sentiment, rows.label)[0, 1])


def non0_accuracy(rows: Measured) -> float:
    """How often the sign is right, of rows whose label is not 0."""
    signed = rows.label != 0
    return float(((rows.sentiment > 0) == (rows.label > 0))[signed].mean())


def unweighted_recall(rows: Measured) -> float:
    """The mean over polarities of how often rows of this polarity have it."""
    true, found = polarity_number(rows.label), polarity_number(rows.sentiment)
    return float(np.mean([(found[true == one] == one).mean() for one in np.unique(true)]))


def weighted_f1(rows: Measured) -> float:
    """F1 of the polarities, weighted by how frequent they are."""
    from sklearn.metrics import f1_score

    true, found = polarity_number(rows.label), polarity_number(rows.sentiment)
    return float(f1_score(true, found, average="weighted"))


def coverage(rows: Measured) -> float:
    """The share of rows whose label is within the interval."""
    return float(((rows.low <= rows.label) & (rows.label <= rows.high)).mean())


def width(rows: Measured) -> float:
    """The mean width of the intervals."""
    return float((rows.high - rows.low).mean())


def unfamiliar_share(rows: Measured) -> float:
    """The share of rows that are flagged `unfamiliar`."""
    return float(rows.unfamiliar.mean())


METRICS: dict[str, Callable[[Measured], float]] = {
    "MAE": mean_absolute_error,
    "r": correlation,
    "Non0": non0_accuracy,
    "UAR": unweighted_recall,
    "wF1": weighted_f1,
    "coverage": coverage,
    "width": width,
    "unfamiliar": unfamiliar_share,
}


def with_interval(
    metric: Callable[[Measured], float], rows: Measured
) -> tuple[float, float, float]:
    """A metric and its 95 % bootstrap interval over rows."""
    rng = np.random.default_rng(0)
    count = len(rows.label)
    drawn = [metric(rows.select(rng.integers(0, count, count))) for _ in range(RESAMPLES)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return metric(rows), float(low), float(high)


def measured_by_corpus(head: TrainedHead, embeddings: Output) -> dict[str, Measured]:
    """The test rows of each corpus, scored by `head`, by the value of `corpus` in their meta."""
    pieces: dict[str, list[tuple[Row, float]]] = {}
    for name in embeddings.part_names():
        table = embeddings.read(name)
        test = table.filter(pc.equal(table["split"], "test"))
        labels = dict(zip(test["utterance_id"].to_pylist(), test["label"].to_pylist(), strict=True))
        scored, _ = score(head, test)
        for row in scored.to_pylist():
            pieces.setdefault(dict(row["meta"])["corpus"], []).append(
                (row, labels[row["utterance_id"]])
            )
    return {corpus: _measured(rows) for corpus, rows in sorted(pieces.items())}


def _measured(rows: list[tuple[Row, float]]) -> Measured:
    def column(name: str) -> Numbers:
        return np.array([np.nan if row[name] is None else row[name] for row, _ in rows], float)

    return Measured(
        sentiment=column("sentiment"),
        label=np.array([label for _, label in rows]),
        low=column("interval_low"),
        high=column("interval_high"),
        duration_s=column("end_s") - column("start_s"),
        unfamiliar=np.array(["unfamiliar" in row["flags"] for row, _ in rows]),
    )
