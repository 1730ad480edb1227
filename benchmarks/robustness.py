"""How heads bear damage: the robustness grid of daf, concat and static on undamaged pairs.

    python benchmarks/robustness.py --work /tmp/daf-bench [--corpus 7] [--rows 600] [--seeds 3]
                                    [--damaged all]

The degraded pairs are damaged already: in each row nothing, the words or the voice, at random. The
grid takes the test rows in which nothing is, so that its damage is all there is. The heads train as
in heads_table.py on all train rows, of which two thirds are damaged: noise at -10 to -2 dB with
lost packets, or 80 % of the words replaced. So they have met noise and word errors, stronger than
most of the grid's, and neither rooms nor telephones. All trainings go through one `daf stress`;
then those of a kind are taken together: intervals are over rows and seeds. The first of the heads
is compared with the others. With --damaged they are also trained with copies of the train rows
under such damage beside MOSEI's sentences.
"""

import argparse
import csv
from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from heads_table import TEST_ROWS, pairs_name, prepare, prepared_mosei
from pairs import degraded_pairs, write_rows

from daf_core.evaluation.comparison import paired_difference
from daf_core.evaluation.rendering import shown_interval, shown_table
from daf_core.stress.figure import figure_png
from daf_core.stress.table import errors, render, robustness
from jobs.ray_session import ray_session
from jobs.settings import IngestSettings, StressSettings, TrainSettings
from jobs.verbs import ingest, stress, train

DAMAGED = ", damaged"  # ends the name of a head that is trained on such rows, too


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for corpora and results")
    parser.add_argument("--corpus", type=int, default=7, help="seed of the pairs")
    parser.add_argument("--rows", type=int, default=600, help="at most so many")
    parser.add_argument("--seeds", type=int, default=3, help="trainings a head")
    parser.add_argument("--heads", nargs="+", default=["daf", "concat", "static"])
    parser.add_argument("--damaged", help="kinds of damage to train on, as of daf embed --damaged")
    asked = parser.parse_args()
    name = pairs_name(asked.corpus)
    pairs = degraded_pairs(asked.work, asked.corpus, TEST_ROWS)
    with ray_session():
        embeddings = prepare(pairs, asked.work, name, [])
        mosei = prepared_mosei(asked.work)
        beside = {"": [mosei]}
        if asked.damaged:
            copies = prepare(pairs, asked.work, f"{name}-damaged", [], damaged=asked.damaged)
            beside[DAMAGED] = [mosei, copies]
        manifest = str(asked.work / f"{name}-undamaged-manifest")
        table = undamaged(pairs, asked.work / f"{name}-undamaged.csv")
        print(ingest.run(IngestSettings(source=str(table), out=manifest)))
        heads = {}
        for kind, way, seed in product(asked.heads, beside, range(asked.seeds)):
            out = str(asked.work / f"{name}-{kind}{way.replace(', ', '-')}-{seed}")
            how = TrainSettings(
                embeddings=embeddings, also=beside[way], out=out, head=kind, seed=seed
            )
            print(f"{kind}{way} {seed}: {train.run(how)}", flush=True)
            heads[out] = kind + way
        out = str(asked.work / f"{name}-grid{'-damaged' * bool(asked.damaged)}")
        settings = StressSettings(manifest=manifest, head=[*heads], rows=asked.rows, out=out)
        print(stress.run(settings).splitlines()[-1], flush=True)
    predictions = of_kinds(stress.predictions(settings), heads)
    rows = robustness(predictions)
    Path(f"{out}-kinds.png").write_bytes(figure_png(rows))
    print(f"\n{render(rows, 'github')}\n\n{out}-kinds.png")
    first, *others = asked.heads
    pairs = [(kind + DAMAGED, kind) for kind in asked.heads] if asked.damaged else []
    pairs += [(first + way, other + way) for way in beside for other in others]
    print(f"\n{shown_table(differences(predictions, pairs), 'github')}")


def of_kinds(predictions: pa.Table, heads: dict[str, str]) -> pa.Table:
    """Predictions whose head is a kind, not one training of it."""
    number = predictions.schema.get_field_index("head")
    kinds = [heads.get(head, head) for head in predictions["head"].to_pylist()]
    return predictions.set_column(number, "head", pa.array(kinds))


def differences(predictions: pa.Table, pairs: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """MAE under each condition of a head and of another that it is compared with."""
    found = []
    for condition in predictions["condition"].unique().to_pylist():
        said = predictions.filter(pc.equal(predictions["condition"], condition))
        for pair in pairs:
            own, others = (errors(said.filter(pc.equal(said["head"], head))) for head in pair)
            apart = paired_difference(own, others)
            found.append(
                {
                    "condition": condition,
                    "head": pair[0],
                    "MAE": f"{own.mean():.3f}",
                    "against": pair[1],
                    "its MAE": f"{others.mean():.3f}",
                    "difference [95 %]": shown_interval(apart.mean, apart.low, apart.high),
                }
            )
    return found


def undamaged(pairs: Path, table: Path) -> Path:
    """The test rows of the pairs that are as they were, as a table of their own."""
    with pairs.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["degraded"] == "none"]
    rows = [row for row in rows if row["split"] == "test"]
    for row in rows:
        row["audio_path"] = str((pairs.parent / row["audio_path"]).resolve())
    return write_rows(table, rows)


if __name__ == "__main__":
    main()
