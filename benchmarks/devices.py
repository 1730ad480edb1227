"""`daf score` with small and large encoders on the device at hand, a GPU where there is one.

    python benchmarks/devices.py --work /tmp/daf-speed [--rows 2000] [--encoders default …]
                                 [--actors-per-gpu 1 2] [--dollars 3.0]

Of the degraded pairs, one table:

- ceiling: the bare encoders on rows decoded and sorted by length before the clock starts (of
  benchmarks/throughput.py: (a)), in audio seconds a second;
- score: the work of `daf score` on Ray, from when Ray runs to the last part, and its share of the
  ceiling;
- idle: the mean share of the GPU that `nvidia-smi` finds unused, from its first use to its last;
- hours and cost of 1,000 hours of audio, at --dollars an hour for the machine.

wav2vec2-base, wavlm-large and whisper-large-v3 have the shape of these models and random weights:
speed needs no others. On a CPU the default is few rows and small encoders.
"""

import argparse
import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import baselines
import numpy as np
import torch
from archives import untrained_head
from random_encoders import SHAPES, random_encoder
from throughput import prepared, scored, size

from daf_core.errors import SettingsError
from daf_core.storage import files, parquet
from daf_core.weights.precision import fastest_precision
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER

LARGER_TEXT, LARGER_AUDIO = "sentence-transformers/all-mpnet-base-v2", "openai/whisper-base"
DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
ROWS = {"cpu": 64, "cuda": 6300}
CPU_ENCODERS = ["default", "larger", "wav2vec2-base"]
SMI = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    every = ["default", "larger", *SHAPES]
    parser.add_argument("--work", type=Path, required=True, help="folder for corpus and results")
    parser.add_argument("--rows", type=int, default=ROWS[DEVICE], help="of the pairs")
    parser.add_argument("--encoders", nargs="+", choices=every)
    parser.add_argument("--actors-per-gpu", nargs="+", type=int, default=[1, 2, 4])
    parser.add_argument("--dollars", type=float, default=3.0, help="an hour, for the machine")
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    manifest, _ = prepared(asked.work, "pairs", asked.rows)
    parts = [files.join(manifest, name) for name in parquet.list_parts(manifest)]
    rows, audio_s = size(parts)
    precision = fastest_precision(DEVICE)
    name = torch.cuda.get_device_name() if DEVICE == "cuda" else "CPU"
    print(f"{name}, {precision}, {rows} rows, {audio_s / 3600:.2f} h of audio")
    print(
        f"{'encoders':18} {'actors':>6} {'ceiling':>9} {'score':>9} {'share':>7} {'idle':>6} "
        f"{'h / 1,000 h':>12} {'$ / 1,000 h':>12}"
    )
    found = []
    for encoders in asked.encoders or (every if DEVICE == "cuda" else CPU_ENCODERS):
        try:
            text, audio = names(asked.work, encoders)
            head = str(asked.work / f"devices-head-{encoders}")
            untrained_head(head, text, audio)
        except SettingsError as err:
            print(f"{encoders:18} not measured: {err}")
            continue
        ceiling = audio_s / baselines.ceiling(parts, precision, text, audio, DEVICE)
        for actors in asked.actors_per_gpu if DEVICE == "cuda" else [0]:
            options = ["--gpus-per-actor", str(1 / actors)] if actors else []
            with gpu_use() as used:
                _, work_s, _ = scored(asked.work, manifest, head, options, precision)
            rate = audio_s / work_s
            row = {
                "encoders": encoders,
                "actors": actors or baselines.CORES,
                "ceiling": ceiling,
                "score": rate,
                "share": rate / ceiling,
                "idle": idle(used),
                "hours": 1000 / rate,
                "dollars": 1000 / rate * asked.dollars,
            }
            found.append(row)
            print(
                f"{encoders:18} {row['actors']:6} {ceiling:9.1f} {rate:9.1f} {row['share']:7.1%} "
                f"{row['idle']:6.1%} {row['hours']:12.2f} {row['dollars']:12.2f}",
                flush=True,
            )
    (asked.work / "devices.json").write_text(json.dumps({"device": name, "rows": found}, indent=2))


def names(work: Path, encoders: str) -> tuple[str, str]:
    """Text and audio encoder; the text encoder of random speech encoders is the default one."""
    if encoders == "default":
        return TEXT_ENCODER, AUDIO_ENCODER
    if encoders == "larger":
        return LARGER_TEXT, LARGER_AUDIO
    return TEXT_ENCODER, random_encoder(work, encoders)


@contextmanager
def gpu_use() -> Iterator[list[float]]:
    """Filled with the share of the GPU that is used, ten times a second; empty without a GPU."""
    used: list[float] = []
    if DEVICE == "cpu":
        yield used
        return
    watcher = subprocess.Popen(SMI, stdout=subprocess.PIPE, text=True)
    time.sleep(0.5)
    try:
        yield used
    finally:
        watcher.terminate()
        assert watcher.stdout is not None
        used += [float(line) / 100 for line in watcher.stdout.read().split() if line.isdigit()]


def idle(used: list[float]) -> float:
    """Mean unused share from the first use to the last; NaN where the GPU was not used."""
    busy = np.flatnonzero(used)
    return 1 - float(np.mean(used[busy[0] : busy[-1] + 1])) if len(busy) else float("nan")


if __name__ == "__main__":
    main()
