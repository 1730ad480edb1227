"""How much sentiment changes if words are recognized instead of written.

    python -m benchmarks.science.two_texts --table TABLE [--written text]
        [--recognized whisper_text] [--head fast]

TABLE is a CSV table with both texts of each utterance, and labels in [-3, 3] where it has them. The
words alone are scored. Prints the word error rate (jiwer, as benchmarks/science/word_error_rate.py
compares texts), r and mean absolute difference of the two sentiments, and r and MAE of each against
the labels, with 95 % bootstrap intervals over utterances.
"""

from collections.abc import Callable
from pathlib import Path

import jiwer
import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.command_line import parser_for
from benchmarks.science.word_error_rate import spelled
from daf_core import Scorer, open_head

RESAMPLES = 1000
Numbers = npt.NDArray[np.float64]


def main() -> None:
    parser = parser_for(__doc__)
    parser.add_argument("--table", type=Path, required=True)
    parser.add_argument("--written", default="text", help="column of the written words")
    parser.add_argument("--recognized", default="whisper_text", help="column of the others")
    parser.add_argument("--head", default="fast")
    asked = parser.parse_args()
    rows = pd.read_csv(asked.table)
    rows = rows[rows[asked.written].notna() & rows[asked.recognized].notna()]
    texts = {"written": rows[asked.written], "recognized": rows[asked.recognized]}
    said = [[spelled(text) for text in column] for column in texts.values()]
    heard = [(one, other) for one, other in zip(*said, strict=True) if one]
    rate = jiwer.wer([one for one, _ in heard], [other for _, other in heard])
    print(f"{len(rows)} utterances, word error rate {rate:.3f}")
    scorer = Scorer(open_head(asked.head), offline=True)
    found = {name: sentiment(scorer, column) for name, column in texts.items()}
    both = found["written"].notna() & found["recognized"].notna()
    one, other = (column[both].to_numpy(float) for column in found.values())
    show("recognized against written", one, other)
    if "label" in rows:
        for name, column in found.items():
            usable = column.notna() & rows["label"].notna()
            label = rows["label"][usable].to_numpy(float)
            show(f"{name} against labels", label, column[usable].to_numpy(float))


def sentiment(scorer: Scorer, texts: "pd.Series[str]") -> "pd.Series[float]":
    """The sentiment of each text, missing where a text cannot be scored."""
    scores: pd.Series[float] = scorer.score(texts.to_frame("text")).scores["sentiment"]
    return scores.reindex(texts.index)


def show(what: str, one: Numbers, other: Numbers) -> None:
    """Print r and the mean absolute difference of two columns, with intervals."""
    metrics: dict[str, Callable[[Numbers, Numbers], float]] = {
        "r": lambda a, b: float(np.corrcoef(a, b)[0, 1]),
        "MAE": lambda a, b: float(np.abs(a - b).mean()),
    }
    rng = np.random.default_rng(0)
    drawn = [rng.integers(0, len(one), len(one)) for _ in range(RESAMPLES)]
    told = []
    for name, metric in metrics.items():
        low, high = np.quantile([metric(one[own], other[own]) for own in drawn], [0.025, 0.975])
        told.append(f"{name} {metric(one, other):.3f} [{low:.3f}, {high:.3f}]")
    print(f"{what}, {len(one)} utterances: {', '.join(told)}")


if __name__ == "__main__":
    main()
