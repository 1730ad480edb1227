"""How the errors of heads grow with damage: a robustness grid on the undamaged pairs.

    python -m benchmarks.science.robustness --data DIR --work DIR [--corpus 7] [--rows 600]
        [--seeds 3] [--heads daf concat static] [--damage all]

Runs `daf stress` on the test rows of the degraded pairs (make_pairs.py) that are not damaged yet,
so that the damage of the grid is the only one. The heads are trained as in heads_table.py, on all
train rows: two thirds of them have noise at -10 to -2 dB with lost packets, or 80 % exchanged
words. So the heads know noise and word errors, mostly worse than those of the grid, but neither
reverberation nor telephones. With --damage the heads are trained a second time, with damaged copies
of the train rows beside them (the kinds of `daf embed --damage`).

Prints the grid by kind of head, with intervals over recordings and trainings, and the first head
against the others under each condition.
"""

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from benchmarks.command_line import parser_for
from benchmarks.corpora import read_rows, write_rows
from benchmarks.science.embedded import TEST_ROWS, embed_mosei, embed_table, pairs_name
from benchmarks.science.make_pairs import degraded_pairs
from daf_core.evaluation.comparison import paired_difference
from daf_core.evaluation.rendering import shown_interval, shown_table
from daf_core.stress.figure import figure_png
from daf_core.stress.table import errors, recordings, render, robustness
from jobs.ray_session import ray_session
from jobs.settings import IngestSettings, StressSettings, TrainSettings
from jobs.verbs import ingest, stress, train

DAMAGED = ", damaged"  # ends the name of a head that was also trained on damaged copies


def main() -> None:
    parser = parser_for(__doc__, data=True, work="pairs, embeddings, heads and the grid")
    parser.add_argument("--corpus", type=int, default=7, help="seed of the pairs")
    parser.add_argument("--rows", type=int, default=600, help="at most so many test rows")
    parser.add_argument("--seeds", type=int, default=3, help="trainings per head")
    parser.add_argument("--heads", nargs="+", default=["daf", "concat", "static"])
    parser.add_argument("--damage", nargs="+", default=[], help="kinds of damage to train on")
    asked = parser.parse_args()
    name = pairs_name(asked.corpus)
    pairs = degraded_pairs(asked.data, asked.work, asked.corpus, TEST_ROWS)
    with ray_session():
        embeddings = embed_table(pairs, asked.work, name)
        also = {"": [embed_mosei(asked.data, asked.work)]}
        if asked.damage:
            copies = embed_table(pairs, asked.work, f"{name}-damaged", damage=asked.damage)
            also[DAMAGED] = [*also[""], copies]
        manifest = str(asked.work / f"{name}-undamaged-manifest")
        table = undamaged_test_rows(pairs, asked.work / f"{name}-undamaged.csv")
        print(ingest.run(IngestSettings(source=str(table), out=manifest, allow_root=["/"])))
        heads = {}
        for kind, way, seed in product(asked.heads, also, range(asked.seeds)):
            out = str(asked.work / f"{name}-{kind}{way.replace(', ', '-')}-{seed}")
            settings = TrainSettings(
                embeddings=embeddings, also=also[way], out=out, head=kind, seed=seed
            )
            print(f"{kind}{way} {seed}: {train.run(settings)}", flush=True)
            heads[out] = kind + way
        out = str(asked.work / f"{name}-grid{'-damaged' * bool(asked.damage)}")
        grid = StressSettings(manifest=manifest, heads=[*heads], rows=asked.rows, out=out)
        print(stress.run(grid).splitlines()[-1], flush=True)
    show(by_kind(stress.predictions(grid), heads), asked.heads, [*also], Path(f"{out}-kinds.png"))


def show(predictions: pa.Table, kinds: Sequence[str], ways: Sequence[str], figure: Path) -> None:
    """Print the grid and the differences between heads; draw the grid."""
    rows = robustness(predictions)
    figure.write_bytes(figure_png(rows))
    print(f"\n{render(rows, 'github')}\n\n{figure}")
    first, *others = kinds
    compared = [(kind + DAMAGED, kind) for kind in kinds if DAMAGED in ways]
    compared += [(first + way, other + way) for way in ways for other in others]
    print(f"\n{shown_table(differences(predictions, compared), 'github')}")


def by_kind(predictions: pa.Table, heads: dict[str, str]) -> pa.Table:
    """The predictions with the kind of a head in place of its folder (`heads`: folder → kind)."""
    number = predictions.schema.get_field_index("head")
    kinds = [heads.get(head, head) for head in predictions["head"].to_pylist()]
    return predictions.set_column(number, "head", pa.array(kinds))


def differences(predictions: pa.Table, compared: Sequence[tuple[str, str]]) -> list[dict[str, str]]:
    """Rows of a table: under each condition the MAE of the two heads of each pair, and how the
    errors of the first differ from those of the second.
    """
    found = []
    for condition in predictions["condition"].unique().to_pylist():
        under = predictions.filter(pc.equal(predictions["condition"], condition))
        for pair in compared:
            own, others = (errors(under.filter(pc.equal(under["head"], head))) for head in pair)
            apart = paired_difference(own, others, recordings(under))
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


def undamaged_test_rows(pairs: Path, out: Path) -> Path:
    """Write the test rows of the pairs in which nothing is damaged; returns the table."""
    rows = [row for row in read_rows(pairs) if row["split"] == "test" and row["degraded"] == "none"]
    for row in rows:
        row["audio_path"] = str((pairs.parent / row["audio_path"]).resolve())
    return write_rows(out, rows)


if __name__ == "__main__":
    main()
