"""What makes the encoders faster on a CPU, and what that does to scores: bfloat16, fewer layers.

    python -m benchmarks.science.precision --data DIR --work DIR [--parts 4]

Encodes some parts of the degraded pairs (seed 7) in each setting, with one thread. Three DAF heads,
trained on float32 embeddings, score the result: the table has the lowest correlation with their
scores in float32. Where top layers are left out, heads are trained again without these
layers, and the table has their MAE on all test rows.
"""

import time

import numpy as np
import pyarrow as pa
import torch

from benchmarks.command_line import parser_for
from benchmarks.science.make_pairs import degraded_pairs
from daf_core.embeddings.columns import ColumnShapes
from daf_core.heads import build
from daf_core.measures.metrics import regression_metrics
from daf_core.stages import trained_head
from daf_core.stages.decode import decode_part
from daf_core.stages.embed import Embed
from daf_core.stages.score import score
from daf_core.storage.output import embeddings_output, manifest_output
from daf_core.training.dataset import labelled_corpus, load_rows
from daf_core.training.loop import fit, predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows
from jobs.settings import EmbedSettings, IngestSettings, TrainSettings
from jobs.verbs import embed, ingest, train

SEEDS = 3
ALL_LAYERS: ColumnShapes = {"text": (7, 384), "audio": (5, 768)}
CUTS = ({"text": 5}, {"audio": 4}, {"text": 5, "audio": 4})  # column → first layers that are kept


def main() -> None:
    parser = parser_for(__doc__, data=True, work="pairs, embeddings and heads")
    parser.add_argument("--parts", type=int, default=4)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    manifest, embeddings = (
        str(asked.work / f"precision-{name}") for name in ("manifest", "embeddings")
    )
    pairs = degraded_pairs(asked.data, asked.work, 7)
    ingest.run(IngestSettings(source=str(pairs), out=manifest))
    embed.run(EmbedSettings(manifest=manifest, out=embeddings, precision="float32", local=True))
    heads = [trained(embeddings, seed) for seed in range(SEEDS)]
    source = manifest_output(manifest)
    decoded = pa.concat_tables(
        decode_part(source.read(name)) for name in source.part_names()[: asked.parts]
    )
    base_s = show_formats(heads, decoded)
    show_cuts(heads[0], decoded, base_s, embeddings)


def show_formats(heads: list[trained_head.TrainedHead], decoded: pa.Table) -> float:
    """Print a line for float32 and one for bfloat16; returns the seconds of float32."""
    encoders = heads[0].encoders
    base_s, base = timed(Embed(encoders), decoded)
    print(f"{'float32':28} {base_s:6.1f} s")
    seconds, table = timed(Embed(encoders, precision="bfloat16"), decoded)
    agree = [agreement(score(head, base)[0], score(head, table)[0]) for head in heads]
    sentiment, weight = np.min(agree, axis=0)
    print(
        f"{'bfloat16':28} {seconds:6.1f} s  {base_s / seconds:4.2f} × as fast, r of scores "
        f"{sentiment:.5f}, of weights {weight:.5f}",
        flush=True,
    )
    return base_s


def show_cuts(
    head: trained_head.TrainedHead, decoded: pa.Table, base_s: float, embeddings: str
) -> None:
    """Print the MAE with all layers, and a line for each of CUTS."""
    rows = load_rows(labelled_corpus(embeddings_output(embeddings)), ALL_LAYERS)
    print(f"{'all layers':28} {'':30} MAE {test_mae(rows, ALL_LAYERS)}", flush=True)
    for cut in CUTS:
        seconds, _ = timed(Embed(head.encoders, layers=cut), decoded)
        kept = {
            column: (cut.get(column, layers), width)
            for column, (layers, width) in ALL_LAYERS.items()
        }
        name = ", ".join(f"{column} {number}" for column, number in cut.items())
        print(
            f"{'layers: ' + name:28} {seconds:6.1f} s  {base_s / seconds:4.2f} × as fast"
            f"{'':9} MAE {test_mae(rows, kept)}",
            flush=True,
        )


def trained(embeddings: str, seed: int) -> trained_head.TrainedHead:
    """A DAF head, trained as by `daf train`."""
    out = f"{embeddings}-daf-{seed}"
    train.run(TrainSettings(embeddings=embeddings, out=out, seed=seed))
    return trained_head.load(out)


def timed(embed: Embed, decoded: pa.Table) -> tuple[float, pa.Table]:
    """Seconds to embed once everything is loaded, and the embeddings."""
    embed(decoded.slice(0, 8))
    started = time.perf_counter()
    table, _ = embed(decoded)
    return time.perf_counter() - started, table


def agreement(one: pa.Table, other: pa.Table) -> tuple[float, float]:
    """Correlations of sentiment and of audio_weight."""
    sentiment, weight = (
        float(np.corrcoef(one[name].to_numpy(), other[name].to_numpy())[0, 1])
        for name in ("sentiment", "audio_weight")
    )
    return sentiment, weight


def test_mae(rows: dict[str, Rows], shapes: ColumnShapes) -> str:
    """MAE on the test rows, mean ± deviation, of heads that read the first layers only."""
    cut = {
        split: Rows(
            {name: part.values[name][:, :layers] for name, (layers, _) in shapes.items()},
            part.present,
            part.labels,
        )
        for split, part in rows.items()
    }
    found = []
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        head = build("daf", shapes, Recipe().width)
        fit(head, cut["train"], cut["valid"], Recipe(), seed=seed)
        said = predict(head, cut["test"]).sentiment.numpy()
        found.append(regression_metrics(said, cut["test"].labels.numpy())["mae"])
    return f"{np.mean(found):.3f} ± {np.std(found):.3f}"


if __name__ == "__main__":
    main()
