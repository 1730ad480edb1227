"""What makes the encoders faster on a CPU, and what it does to the scores.

    python benchmarks/precision.py --work /tmp/daf-bench [--parts 4]

Of the degraded pairs of seed 7. Each setting encodes some parts with one thread; its scores by
three DAF heads, trained on embeddings in float32, are compared with those in float32. int8 is
torch.ao.quantization's dynamic quantisation of all linear layers, weights by channel. Where top
layers are left out, heads are trained anew without them; the last column is their error on all
test rows.
"""

import argparse
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch
from pairs import degraded_pairs

from daf_core.embeddings.columns import ColumnShapes
from daf_core.heads import build
from daf_core.measures.metrics import regression_metrics
from daf_core.stages import trained_head
from daf_core.stages.decode import decode_part
from daf_core.stages.embed import Embed
from daf_core.stages.score import score
from daf_core.storage import files, parquet
from daf_core.storage.output import embeddings_output
from daf_core.training.dataset import labelled_corpus, load_rows
from daf_core.training.loop import fit, predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows
from jobs.settings import EmbedSettings, IngestSettings, TrainSettings
from jobs.verbs import embed, ingest, train

SEEDS = 3
FULL: ColumnShapes = {"text": (7, 384), "audio": (5, 768)}
CUTS = [{"text": 5}, {"audio": 4}, {"text": 5, "audio": 4}]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--parts", type=int, default=4)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    embeddings = str(asked.work / "precision-embeddings")
    manifest = str(asked.work / "precision-manifest")
    ingest.run(IngestSettings(source=str(degraded_pairs(asked.work, 7)), out=manifest))
    embed.run(EmbedSettings(manifest=manifest, out=embeddings, precision="float32", local=True))
    heads = [trained(embeddings, seed) for seed in range(SEEDS)]
    names = parquet.list_parts(manifest)[: asked.parts]
    decoded = pa.concat_tables(
        decode_part(parquet.read(files.join(manifest, name), "manifest")[0]) for name in names
    )
    encoders = heads[0].encoders
    base_s, base = timed(Embed(encoders), decoded)
    print(f"{'float32':28} {base_s:6.1f} s")
    for name, faster in {
        "bfloat16": Embed(encoders, precision="bfloat16"),
        "int8": quantised(Embed(encoders)),
        "int8 speech, bfloat16 text": mixed(Embed(encoders), Embed(encoders, precision="bfloat16")),
    }.items():
        seconds, table = timed(faster, decoded)
        agree = [agreement(score(head, base)[0], score(head, table)[0]) for head in heads]
        worst = np.min(agree, axis=0)
        print(
            f"{name:28} {seconds:6.1f} s  {base_s / seconds:4.2f} × as fast, r of scores "
            f"{worst[0]:.5f}, of weights {worst[1]:.5f}",
            flush=True,
        )
    rows = splits(embeddings)
    print(f"{'all layers':28} {'':30} MAE {errors(rows, FULL)}", flush=True)
    for cut in CUTS:
        seconds, _ = timed(Embed(encoders, layers=cut), decoded)
        kept = {name: (cut.get(name, layers), width) for name, (layers, width) in FULL.items()}
        name = ", ".join(f"{column} {number}" for column, number in cut.items())
        print(
            f"{'layers: ' + name:28} {seconds:6.1f} s  {base_s / seconds:4.2f} × as fast"
            f"{'':9} MAE {errors(rows, kept)}",
            flush=True,
        )


def trained(embeddings: str, seed: int) -> trained_head.TrainedHead:
    """A DAF head."""
    out = f"{embeddings}-daf-{seed}"
    train.run(TrainSettings(embeddings=embeddings, out=out, seed=seed))
    return trained_head.load(out)


def timed(embed: Embed, decoded: pa.Table) -> tuple[float, pa.Table]:
    """Seconds to embed, once warm, and the embeddings."""
    embed(decoded.slice(0, 8))
    started = time.perf_counter()
    table, _ = embed(decoded)
    return time.perf_counter() - started, table


def quantised(embed: Embed) -> Embed:
    """With int8 weights, and activations quantised as they come."""
    quantise_text(embed)
    quantise_speech(embed)
    return embed


def mixed(speech: Embed, text: Embed) -> Embed:
    """Speech in int8, text as `text` has it."""
    quantise_speech(speech)
    speech.encoders["text"] = text.encoders["text"]
    return speech


def quantise_text(embed: Embed) -> None:
    embed.encoders["text"].model = quantise(embed.encoders["text"].model)


def quantise_speech(embed: Embed) -> None:
    network = embed.encoders["audio"].network
    network.encoder = quantise(network.encoder)


def quantise(model: torch.nn.Module) -> torch.nn.Module:
    from torch.ao.quantization import per_channel_dynamic_qconfig, quantize_dynamic

    torch.backends.quantized.engine = "x86"
    return quantize_dynamic(model, {torch.nn.Linear: per_channel_dynamic_qconfig})


def agreement(one: pa.Table, other: pa.Table) -> tuple[float, float]:
    """Correlation of sentiment and of audio_weight."""
    return tuple(
        float(np.corrcoef(one[name].to_numpy(), other[name].to_numpy())[0, 1])
        for name in ("sentiment", "audio_weight")
    )


def splits(embeddings: str) -> dict[str, Rows]:
    """All rows of the pairs."""
    source = embeddings_output(embeddings)
    return load_rows(labelled_corpus(source), FULL)


def errors(rows: dict[str, Rows], streams: ColumnShapes) -> str:
    """Test MAE of heads that read the first layers only: mean and deviation."""
    found = []
    cut = {
        split: Rows(
            {name: part.values[name][:, :layers] for name, (layers, _) in streams.items()},
            part.present,
            part.labels,
        )
        for split, part in rows.items()
    }
    for seed in range(SEEDS):
        torch.manual_seed(seed)
        head = build("daf", streams, Recipe().width)
        fit(head, cut["train"], cut["valid"], Recipe(seed=seed))
        said = predict(head, cut["test"]).sentiment.numpy()
        found.append(regression_metrics(said, cut["test"].labels.numpy())["mae"])
    return f"{np.mean(found):.3f} ± {np.std(found):.3f}"


if __name__ == "__main__":
    main()
