"""Every head on the degraded pairs, several corpora and seeds: errors, and do weights find damage?

    python benchmarks/heads_table.py --work /tmp/daf-bench [--corpora 7 43 101] [--seeds 5]
                                     [--train-rows 500] [--patience 15] [--unheard speakers]
                                     [--heads daf,concat,static,tfn,lmf,gmu,agfn,avad]
                                     [--baseline daf]
                                     [--frames 16 --heads concat,pool,drw,mult,mods]

Runs the jobs as a user would: ingest → embed → evaluate, with the default encoders; in every step
of training 128 CMU-MOSEI sentences without audio join. Means and paired differences are over the
test rows of all corpora together. AUC is the area under the ROC curve of audio_weight, rows with
damaged text against rows with damaged audio (which modality was damaged is known to this script
alone, never to a head). With --mosei also the text of CMU-MOSEI alone.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from pairs import SHARED, degraded_pairs
from sklearn.metrics import roc_auc_score

from daf_core.evaluation.results import (
    Made,
    rendered,
    rendered_controls,
    standings,
    weight_controls,
)
from daf_core.measures.metrics import regression_metrics
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import Output, embeddings_output, manifest_output
from jobs.ray_session import ray_session
from jobs.settings import COMPARED_HEADS, EmbedSettings, EvaluateSettings, IngestSettings
from jobs.verbs import embed, evaluate, ingest

TEST_ROWS = 3000
CHANGES = ("train_rows", "patience", "unheard")  # of how all heads are trained
MOSEI = SHARED / "data" / "mosei" / "manifest.csv"
MOSEI_COLUMNS = ["video_id=recording_id", "start=start_s", "end=end_s"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for corpora and results")
    parser.add_argument("--corpora", type=int, nargs="+", default=[7, 43, 101])
    parser.add_argument("--seeds", type=int, default=5, help="seeds a head")
    parser.add_argument("--train-rows", type=int, help="only so many; all: 4,500 a corpus")
    parser.add_argument("--patience", type=int, default=15, help="epochs without a better MAE")
    parser.add_argument("--unheard", help="of what else intervals shall hold: speakers")
    parser.add_argument("--heads", default=COMPARED_HEADS, help="concat among them")
    parser.add_argument("--baseline", default="concat", help="head that others are compared with")
    parser.add_argument("--frames", type=int, default=0, help="for heads that read sequences")
    parser.add_argument("--mosei", action="store_true", help="also MOSEI, text only")
    asked = parser.parse_args()
    with ray_session():
        mosei = prepared_mosei(asked.work, asked.frames)
        options = options_of(asked)
        found = [
            of_corpus(asked.work, seed, mosei, asked.heads, options, asked.frames)
            for seed in asked.corpora
        ]
        show(together(found), asked.baseline)
        if asked.mosei:
            alone = {"also": [], "train_rows": None, "unheard": None}
            show(evaluated(mosei, "daf", options | alone), "daf")


def options_of(asked: argparse.Namespace) -> dict[str, Any]:
    """How all heads are trained."""
    return {name: getattr(asked, name) for name in ("seeds", *CHANGES)}


def of_corpus(
    work: Path, corpus: int, mosei: str, heads: str, options: dict[str, Any], frames: int = 0
) -> list[Made]:
    """Trials on one corpus, with the AUC of each in its facts."""
    name = with_frames(pairs_name(corpus), frames)
    pairs = degraded_pairs(work, corpus, TEST_ROWS)
    embeddings = prepare(pairs, work, name, [], frames=frames)
    trials = evaluated(embeddings, heads, options | {"also": [mosei]})
    damaged = damage(manifest_output(places(work, name)[0]))
    for table, facts in trials:
        facts["test"] |= damage_auc(table, damaged)
    return trials


def pairs_name(corpus: int) -> str:
    """The degraded pairs of this seed."""
    return f"pairs-{corpus}-{TEST_ROWS}"


def with_frames(name: str, frames: int) -> str:
    """What a corpus is called whose embeddings hold frames."""
    return f"{name}-frames-{frames}" if frames else name


def places(work: Path, name: str) -> tuple[str, str]:
    """Where manifest and embeddings of a corpus are."""
    return str(work / f"{name}-manifest"), str(work / f"{name}-embeddings")


def prepared_mosei(work: Path, frames: int = 0) -> str:
    """Embeddings of the sentences of CMU-MOSEI."""
    return prepare(MOSEI, work, with_frames("mosei", frames), MOSEI_COLUMNS, frames=frames)


def prepare(source: Path, work: Path, name: str, rename: list[str], **options: Any) -> str:
    """Ingest and embed, if that is not done; returns the embeddings folder."""
    manifest, embeddings = places(work, name)
    if run_record.read_if_complete(embeddings_output(embeddings)) is None:
        print(ingest.run(IngestSettings(source=str(source), out=manifest, rename=rename)))
        print(embed.run(EmbedSettings(manifest=manifest, out=embeddings, **options)), flush=True)
    return embeddings


def evaluated(embeddings: str, heads: str, options: dict[str, Any]) -> list[Made]:
    """Trials of some heads, the first of which is the baseline; in a folder for these options."""
    changed = [f"{name}-{options[name]}" for name in CHANGES if options.get(name)]
    out = "-".join([embeddings, "evaluation", *changed])
    baseline = heads.split(",")[0]
    settings = EvaluateSettings(
        embeddings=embeddings, out=out, heads=heads, baseline=baseline, **options
    )
    print(evaluate.run(settings).splitlines()[-1], flush=True)
    return evaluate.made(settings)


def damage(manifest: Output) -> dict[str, str]:
    """utterance_id → text or audio, of the damaged rows."""
    found = {}
    for name in parquet.list_parts(manifest.parts_uri):
        uri = files.join(manifest.parts_uri, name)
        for row in parquet.read(uri, "manifest", ["utterance_id", "meta"])[0].to_pylist():
            found[row["utterance_id"]] = dict(row["meta"])["degraded"]
    return {utterance: kind for utterance, kind in found.items() if kind != "none"}


def damage_auc(table: pa.Table, damaged: dict[str, str]) -> dict[str, float]:
    """{"auc": …}, or nothing of a head whose weights are all the same."""
    columns = (table[name].to_pylist() for name in ("utterance_id", "audio_weight"))
    weight = dict(zip(*columns, strict=True))
    pairs = [(kind == "text", weight[row]) for row, kind in damaged.items() if row in weight]
    truth, weights = zip(*pairs, strict=True)
    if None in weights or len(set(weights)) == 1:
        return {}
    return {"auc": float(roc_auc_score(truth, weights))}


def together(corpora: list[list[Made]]) -> list[Made]:
    """The same trials of several corpora as one: their rows, the means of their facts."""
    merged = []
    for trials in zip(*corpora, strict=True):
        table = pa.concat_tables([table for table, _ in trials])
        every = [facts for _, facts in trials]
        test = regression_metrics(table["sentiment"].to_numpy(), table["label"].to_numpy())
        for name in ("auc", "coverage", "width"):
            if all(name in facts["test"] for facts in every):
                test[name] = float(np.mean([facts["test"][name] for facts in every]))
        seconds = float(np.mean([facts["seconds"] for facts in every]))
        merged.append((table, every[0] | {"test": test, "seconds": seconds}))
    return merged


def show(trials: list[Made], baseline: str) -> None:
    """Both tables, Markdown, and the AUC of the weights."""
    rows = standings(trials, baseline)
    print(f"\n{rendered(rows, 'github')}\n")
    for row in rows:
        if "auc" in row:
            print(f"{row['head']}: AUC {row['auc']:.4f} ± {row['auc_deviation']:.4f}")
    print(f"\n{rendered_controls(weight_controls(trials), 'github')}\n", flush=True)


if __name__ == "__main__":
    main()
