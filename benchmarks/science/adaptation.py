"""What `daf adapt` gains with 50 and 500 labelled rows of a corpus that the head never saw.

    python -m benchmarks.science.adaptation --data DIR --work DIR [--draws 10] [--rows 50 500]
                                            [--corpora mosi meld]

A head is trained on CMU-MOSEI (words, default encoder) and adapted to CMU-MOSI, whose words are in
upper case without punctuation, and to MELD, whose labels are -1, 0 and 1. Labelled rows are drawn
as `daf label` draws them, from half of the recordings, drawn anew each time; the adapted heads are
measured on the other half: MAE, r, coverage of 90 % intervals. Compared with the head as it is, and
with a head trained from scratch on the same rows (a fifth of their recordings validates and
calibrates it). The interval of a difference is over recordings and draws.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import torch
from tabulate import tabulate

from benchmarks.command_line import parser_for
from benchmarks.corpora import corpus_table
from benchmarks.science.corpora_table import with_recording_ids
from benchmarks.science.embedded import RENAME, embed_mosei, embed_table
from daf_core.adaptation.adapt import adapt
from daf_core.adaptation.choose import choose
from daf_core.adaptation.fine_tune import folds
from daf_core.adaptation.label_table import Label
from daf_core.adaptation.labelled_rows import Index, LabelledRows, labelled_rows
from daf_core.arrays import FloatArray
from daf_core.heads import build
from daf_core.measures.calibration import certainty, modality_set
from daf_core.measures.reliability import calibrate
from daf_core.stages import trained_head
from daf_core.stages.score import score
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage.output import embeddings_output
from daf_core.training.loop import fit, predict
from daf_core.training.recipe import Recipe
from jobs.ray_session import ray_session
from jobs.settings import TrainSettings
from jobs.verbs import train

SCRATCH = Recipe(batch_rows=32)
RESAMPLES = 2000


@dataclass(frozen=True)
class Measured:
    """Errors (rows,) and whether intervals hold (rows,) on the test rows; r; way, as adapt says."""

    errors: FloatArray
    inside: FloatArray
    r: float
    way: str


def main() -> None:
    parser = parser_for(__doc__, data=True, work="embeddings and the head")
    parser.add_argument("--draws", type=int, default=10, help="sets of labelled rows")
    parser.add_argument("--rows", type=int, nargs="+", default=[50, 500])
    parser.add_argument("--corpora", nargs="+", default=["mosi", "meld"])
    asked = parser.parse_args()
    with ray_session():
        embeddings = embed_mosei(asked.data, asked.work)
        folder = str(asked.work / "mosei-head")
        print(train.run(TrainSettings(embeddings=embeddings, out=folder)), flush=True)
        corpora = {name: embedded(name, asked.data, asked.work) for name in asked.corpora}
    torch.set_num_threads(1)
    head = trained_head.load(folder)
    lines = [
        line
        for name, table in corpora.items()
        for number in asked.rows
        for line in compare(name, head, table, number, asked.draws)
    ]
    print(tabulate(lines, headers="keys", tablefmt="github", disable_numparse=True))


def embedded(name: str, data: Path, work: Path) -> pa.Table:
    """The labelled rows of a corpus, embedded."""
    table = corpus_table(data, name)
    table = with_recording_ids(table, work / "meld.csv") if name == "meld" else table
    rows = pa.concat_tables(
        embeddings_output(embed_table(table, work, name, RENAME[name])).read_all()
    )
    return rows.filter(pc.is_valid(rows["label"])).combine_chunks()


def compare(
    name: str, head: TrainedHead, table: pa.Table, number: int, draws: int
) -> list[dict[str, str]]:
    """Lines of the table: the head as it is, from scratch, adapted."""
    names, number_of = np.unique(table["recording_id"].to_pylist(), return_inverse=True)
    before, adapted, scratch, tested = [], [], [], []
    for seed in range(draws):
        order = np.random.default_rng(seed).permutation(len(names))
        is_test = order[number_of] < len(names) // 2
        test, rest = table.filter(pa.array(is_test)), table.filter(pa.array(~is_test))
        labelled = chosen_rows(rest, score(head, rest)[0], number, seed, head)
        made, outcome = adapt(head, labelled, seed=seed)
        before.append(measured(head, test, ""))
        adapted.append(measured(made, test, outcome.name))
        scratch.append(from_scratch(head, labelled, test, seed))
        tested.append(number_of[is_test])
        print(
            f"{name}, {number} rows, draw {seed}: {outcome.name}; said "
            f"{outcome.difference.value:+.3f}, is "
            f"{(adapted[-1].errors - before[-1].errors).mean():+.3f}; coverage "
            f"{adapted[-1].inside.mean():.3f}",
            flush=True,
        )
    ways = {"as it is": before, "from scratch": scratch, "adapted": adapted}
    return [
        {"corpus": name, "labels": str(number), "head": way} | line(found, before, adapted, tested)
        for way, found in ways.items()
    ]


def line(
    found: Sequence[Measured],
    before: Sequence[Measured],
    adapted: Sequence[Measured],
    tested: Sequence[Index],
) -> dict[str, str]:
    """The cells of one line; `tested` are the recordings of the test rows of each draw."""
    coverage = [float(one.inside.mean()) for one in found]
    gain = [one.errors - base.errors for one, base in zip(found, before, strict=True)]
    behind = [one.errors - base.errors for one, base in zip(adapted, found, strict=True)]
    chosen = sorted({one.way for one in found} - {""})
    return {
        "MAE": f"{np.mean([one.errors.mean() for one in found]):.3f}",
        "difference from the head as it is": interval(gain, tested),
        "adapted minus this": interval(behind, tested),
        "r": f"{np.mean([one.r for one in found]):.3f}",
        "in 90 %": f"{np.mean(coverage):.3f} ± {np.std(coverage):.3f}",
        "in 88–92 %": f"{np.mean([0.88 <= one <= 0.92 for one in coverage]):.0%}",
        "chosen": ", ".join(f"{one} {sum(f.way == one for f in found)}" for one in chosen),
    }


def interval(off: Sequence[FloatArray], tested: Sequence[Index]) -> str:
    """Mean of differences (rows,) of each draw, with a 95 % bootstrap interval over draws and
    recordings.
    """
    if not any(one.any() for one in off):
        return ""
    size = max(int(one.max()) for one in tested) + 1
    sums = np.stack([np.bincount(t, o, size) for t, o in zip(tested, off, strict=True)])
    counts = np.stack([np.bincount(one, minlength=size) for one in tested])
    generator, means = np.random.default_rng(0), []
    for _ in range(RESAMPLES):
        draws = generator.integers(0, len(sums), len(sums))
        own = generator.integers(0, size, size)
        means.append(sums[draws][:, own].sum() / counts[draws][:, own].sum())
    low, high = np.percentile(means, [2.5, 97.5])
    return f"{sums.sum() / counts.sum():+.3f} [{low:+.3f}, {high:+.3f}]"


def chosen_rows(
    rest: pa.Table, scored: pa.Table, number: int, seed: int, head: TrainedHead
) -> LabelledRows:
    """So many rows as `daf label` chooses them, with their labels."""
    chosen = choose(scored, number, seed)
    stands_for = dict(
        zip(chosen["utterance_id"].to_pylist(), chosen["stands_for"].to_pylist(), strict=True)
    )
    rows = rest.filter(pc.is_in(rest["utterance_id"], chosen["utterance_id"].combine_chunks()))
    labels = {
        row["utterance_id"]: Label(
            row["utterance_id"], row["label"], stands_for[row["utterance_id"]], ""
        )
        for row in rows.select(["utterance_id", "label"]).to_pylist()
    }
    return labelled_rows([rows], labels, head.shapes)[0]


def measured(head: TrainedHead, test: pa.Table, way: str) -> Measured:
    """A head on the test rows."""
    scores, _ = score(head, test)
    labels = test["label"].to_numpy().astype(np.float64)
    low, high = scores["interval_low"].to_numpy(), scores["interval_high"].to_numpy()
    return _measured(scores["sentiment"].to_numpy(), low, high, labels, way)


def _measured(
    sentiment: FloatArray, low: FloatArray, high: FloatArray, labels: FloatArray, way: str
) -> Measured:
    inside = ((low <= labels + 1e-4) & (labels <= high + 1e-4)).astype(np.float64)
    r = float(np.corrcoef(sentiment, labels)[0, 1])
    return Measured(np.abs(sentiment - labels), inside, r, way)


def from_scratch(head: TrainedHead, labelled: LabelledRows, test: pa.Table, seed: int) -> Measured:
    """A head of the same kind trained on the labelled rows alone, on the test rows."""
    torch.manual_seed(seed)
    module = build(head.kind, head.shapes, head.record.width, head.record.members)
    valid, rest = next(folds(labelled.clusters, 5, seed))
    held_out = labelled.select(valid).rows
    fit(module, labelled.select(rest).rows, held_out, SCRATCH, seed=seed)
    calibration = calibrate(predict(module, held_out).logits, held_out.labels)
    labels = {
        row["utterance_id"]: Label(row["utterance_id"], row["label"], None, "")
        for row in test.select(["utterance_id", "label"]).to_pylist()
    }
    rows = labelled_rows([test], labels, head.shapes)[0].rows
    predicted = predict(module, rows)
    found = certainty({modality_set(rows.present[0]): calibration}, predicted.logits, rows.present)
    sentiment = predicted.sentiment.numpy()
    return _measured(sentiment, found.low, found.high, rows.labels.numpy(), "")


if __name__ == "__main__":
    main()
