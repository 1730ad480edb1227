"""How much of the bare encoders' speed `daf embed` keeps, on the degraded pairs.

    python benchmarks/embed_rate.py --work /tmp/daf-bench [--parts 20]

The baseline has the easiest conditions: audio already decoded and in memory, all rows sorted by
length into the same batches, weights loaded and warm, one process a core with one thread each (and,
for comparison, one process with all threads). `daf embed` starts from files and ends in published
Parquet; its time is shown with and without the start of Ray.
"""

import argparse
import json
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import torch
from pairs import degraded_pairs

from daf_core import tables
from daf_core.decoding import decode_part
from daf_core.encoders.loading import load_speech_encoder, load_text_encoder
from daf_core.encoders.weights import resolve
from jobs import embed, ingest
from jobs.session import ray_session
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER, EmbedSettings, IngestSettings


def bare(share: int, shares: int, parts: list[str], threads: int, barrier, seconds) -> None:
    """Encode every `shares`-th row of the decoded parts; writes how long it took."""
    torch.set_num_threads(threads)
    texts, waves = [], []
    for part in parts:
        decoded = decode_part(tables.read(part, "manifest")[0])
        texts += decoded["text"].to_pylist()[share::shares]
        waves += [np.frombuffer(x.as_buffer(), "<i2") for x in decoded["samples"]][share::shares]
    text_encoder = load_text_encoder(resolve(TEXT_ENCODER))
    speech_encoder = load_speech_encoder(resolve(AUDIO_ENCODER))
    text_encoder(texts[:8])
    speech_encoder(waves[:8])
    barrier.wait()
    started = time.perf_counter()
    text_encoder(texts)
    speech_encoder(waves)
    seconds[share] = time.perf_counter() - started


def bare_seconds(parts: list[str], processes: int, threads: int) -> float:
    """The slowest process's time over all parts."""
    context = multiprocessing.get_context("spawn")
    barrier, seconds = context.Barrier(processes), context.Array("d", processes)
    workers = [
        context.Process(target=bare, args=(i, processes, parts, threads, barrier, seconds))
        for i in range(processes)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return max(seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for corpus and results")
    parser.add_argument("--parts", type=int, default=20, help="parts of 20 minutes to embed")
    args = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    manifest = str(args.work / f"manifest-{args.parts}")
    print(ingest.run(IngestSettings(source=str(degraded_pairs(args.work, 7)), out=manifest)))
    names = tables.list_parts(manifest)
    for name in names[args.parts :]:
        tables.delete(tables.join(manifest, name))
    parts = [tables.join(manifest, name) for name in names[: args.parts]]
    audio_s = 0.0
    for part in parts:
        rows = tables.read(part, "manifest")[0]
        audio_s += float(np.sum(rows["end_s"].to_numpy() - rows["start_s"].to_numpy()))

    by_processes = bare_seconds(parts, cores, 1)
    by_threads = bare_seconds(parts, 1, cores)
    started = time.perf_counter()
    with ray_session():
        ray_s = time.perf_counter() - started
        out = str(args.work / "embeddings")
        print(embed.run(EmbedSettings(manifest=manifest, out=out, fresh=True)))
        embed_s = time.perf_counter() - started - ray_s
    best = min(by_processes, by_threads)
    rates = {
        f"bare encoders, {cores} processes": by_processes,
        f"bare encoders, {cores} threads": by_threads,
        "daf embed": embed_s,
        "daf embed with the start of Ray": embed_s + ray_s,
    }
    print(f"\n{audio_s / 3600:.2f} hours of audio, {cores} cores")
    for name, seconds in rates.items():
        print(
            f"{name:34} {seconds:7.1f} s  {audio_s / seconds:6.1f} × real time  "
            f"{best / seconds:5.0%} of the faster bare run"
        )
    (args.work / "embed_rate.json").write_text(json.dumps(rates, indent=2))


if __name__ == "__main__":
    main()
