"""Every head on the degraded pairs, several seeds: mean and deviation, and do the weights find the
damage?

    python benchmarks/heads_table.py --work /tmp/daf-bench [--seeds 3] [--mosei]

Runs the jobs as a user would: ingest → embed → train → score, with the default encoders. AUC is the
area under the ROC curve of audio_weight, rows with damaged text against rows with damaged audio, on
the test split (which modality was damaged is known to this script alone, never to a head).
With --mosei also the text of CMU-MOSEI, which has no audio in any row.
"""

import argparse
from pathlib import Path

import numpy as np
import pyarrow as pa
from pairs import SHARED, degraded_pairs
from sklearn.metrics import roc_auc_score

from daf_core import runs, tables
from daf_core.heads import HEADS
from jobs import embed, ingest, score, train
from jobs.session import ray_session
from jobs.settings import EmbedSettings, IngestSettings, ScoreSettings, TrainSettings

METRICS = ("mae", "r", "non0_accuracy", "non0_f1", "acc7")


def prepare(source: Path, work: Path, name: str, rename: list[str]) -> str:
    """Ingest and embed; returns the embeddings folder."""
    manifest, embeddings = str(work / f"{name}-manifest"), str(work / f"{name}-embeddings")
    print(ingest.run(IngestSettings(source=str(source), out=manifest, rename=rename)), flush=True)
    print(embed.run(EmbedSettings(manifest=manifest, out=embeddings)), flush=True)
    return embeddings


def trained(embeddings: str, head: str, seed: int) -> dict[str, float]:
    """Test metrics of one head and seed."""
    out = f"{embeddings}-{head}-{seed}"
    print(
        head, seed, train.run(TrainSettings(embeddings=embeddings, out=out, head=head, seed=seed))
    )
    facts = tables.read_json(tables.join(out, "head.json"))
    return facts["metrics"]["test"]


def damage_auc(embeddings: str, head: str, seed: int, work: Path) -> float:
    """Area under the ROC curve of audio_weight; NaN for a head without weights."""
    trained_head, out = f"{embeddings}-{head}-{seed}", f"{embeddings}-{head}-{seed}-scores"
    score.run(ScoreSettings(embeddings=embeddings, head=trained_head, out=out))
    scores = everything(runs.scores_output(out))
    weight = dict(
        zip(scores["utterance_id"].to_pylist(), scores["audio_weight"].to_pylist(), strict=True)
    )
    manifest = everything(runs.manifest_output(str(work / "pairs-7-manifest")))
    rows = [
        (dict(row["meta"])["degraded"], weight[row["utterance_id"]])
        for row in manifest.select(["utterance_id", "split", "meta"]).to_pylist()
        if row["split"] == "test" and row["utterance_id"] in weight
    ]
    damaged = [(kind == "text", value) for kind, value in rows if kind != "none"]
    if any(value is None for _, value in damaged):
        return float("nan")
    truth, values = zip(*damaged, strict=True)
    return float(roc_auc_score(truth, values))


def everything(output: runs.Output) -> pa.Table:
    """All parts as one table."""
    names = tables.list_parts(output.parts_uri)
    return pa.concat_tables(
        tables.read(tables.join(output.parts_uri, name), output.kind)[0] for name in names
    )


def print_table(title: str, results: dict[str, list[dict[str, float]]]) -> None:
    """Mean ± deviation over seeds, Markdown."""
    columns = [name for name in (*METRICS, "auc") if any(name in r for r in results["daf"])]
    print(f"\n{title}\n\n| head | {' | '.join(columns)} |\n|---|{'---|' * len(columns)}")
    for head, seeds in results.items():
        cells = []
        for name in columns:
            values = np.array([metrics[name] for metrics in seeds])
            cell = f"{values.mean():.3f} ± {values.std(ddof=1):.3f}"
            cells.append("–" if np.isnan(values).any() else cell)
        print(f"| {head} | {' | '.join(cells)} |")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for corpora and results")
    parser.add_argument("--seeds", type=int, default=3, help="seeds a head")
    parser.add_argument("--mosei", action="store_true", help="also MOSEI, text only")
    args = parser.parse_args()
    with ray_session():
        embeddings = prepare(degraded_pairs(args.work, 7), args.work, "pairs-7", [])
        results: dict[str, list[dict[str, float]]] = {}
        for head in HEADS:
            for seed in range(args.seeds):
                auc = {"auc": float("nan")}
                metrics = trained(embeddings, head, seed)
                if head not in ("text", "audio"):
                    auc = {"auc": damage_auc(embeddings, head, seed, args.work)}
                results.setdefault(head, []).append(metrics | auc)
        print_table(f"Degraded pairs, seed 7, test rows, {args.seeds} seeds", results)
        if args.mosei:
            rename = ["video_id=recording_id", "start=start_s", "end=end_s"]
            source = SHARED / "data" / "mosei" / "manifest.csv"
            embeddings = prepare(source, args.work, "mosei", rename)
            mosei = {"daf": [trained(embeddings, "daf", seed) for seed in range(args.seeds)]}
            print_table(f"MOSEI, text only, test rows, {args.seeds} seeds", mosei)


if __name__ == "__main__":
    main()
