"""Is a GPU right, and how fast is `daf score` on it? On a machine without one: on the CPU.

    python -m benchmarks.speed.devices --work DIR [--data DIR] [--rows N] [--dollars 3.0]
        [--encoders default wavlm-large whisper-large-v3] [--actors-per-gpu 1 2]

First the checks, on the bundled demo corpus with the default encoders: scores of the device in
float32 and bfloat16 against those of the CPU in float32, and the same with so little GPU memory
that batches have to be halved. Then one table:

- ceiling: the bare encoders, on rows decoded and sorted by length before the clock starts ((a) of
  throughput.py), in seconds of audio per second;
- score: the work of `daf score` on Ray, without the start and stop of Ray, and its share of the
  ceiling, for one and several actors per GPU;
- idle: mean share of the GPU that `nvidia-smi` finds unused, from its first use to its last;
- hours and dollars for 1,000 hours of audio, at --dollars per hour of the machine;
- same: whether all files equal those of the first number of actors.

Scores the degraded pairs under --data, or without it the demo corpus again and again. The encoders
wav2vec2-base, wavlm-large and whisper-large-v3 have the shape of these models and random weights.
With the defaults: under 8 minutes on one GPU. Writes WORK/devices.json.
"""

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch

from benchmarks.command_line import LAYOUT, parser_for
from benchmarks.daf_command import CORES, save_untrained_head
from benchmarks.speed.baselines import BareEncoders
from benchmarks.speed.device_checks import check_device
from benchmarks.speed.random_encoders import SHAPES, random_encoder
from benchmarks.speed.throughput import score
from benchmarks.speed.workload import demo_table, manifest_of, pairs_table, size
from daf_core.errors import SettingsError
from daf_core.schemas import Row
from daf_core.storage import files
from daf_core.storage.output import Output
from daf_core.weights.precision import Precision, fastest_precision
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER

DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
LARGER = ("sentence-transformers/all-mpnet-base-v2", "openai/whisper-base")
ROWS = {"cpu": 64, "cuda": 6300}
ENCODERS = {
    "cpu": ["default", "wav2vec2-base"],
    "cuda": ["default", "wavlm-large", "whisper-large-v3"],
}
SMI = ["nvidia-smi", "--query-gpu=utilization.gpu", "--format=csv,noheader,nounits", "-lms", "100"]


def main() -> None:
    parser = parser_for(__doc__, work="manifests, scores and results")
    parser.add_argument("--data", type=Path, metavar="DIR", help=LAYOUT)
    parser.add_argument("--rows", type=int, default=ROWS[DEVICE])
    parser.add_argument("--encoders", nargs="+", choices=["default", "larger", *SHAPES])
    parser.add_argument("--actors-per-gpu", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--dollars", type=float, default=3.0, help="per hour of the machine")
    asked = parser.parse_args()
    work: Path = asked.work
    work.mkdir(parents=True, exist_ok=True)
    name = torch.cuda.get_device_name() if DEVICE == "cuda" else "CPU"
    head = str(work / "devices-head-default")
    save_untrained_head(head)
    once = manifest_of(demo_table(work, 100), work / "devices-demo-manifest")
    checks = []
    for line in check_device(once, head, DEVICE):
        checks.append(line)
        print(line, flush=True)
    if asked.data is None:
        table = demo_table(work, asked.rows)
    else:
        table = pairs_table(asked.data, work, asked.rows)
    manifest = manifest_of(table, work / "devices-manifest")
    precision = fastest_precision(DEVICE)
    rows, audio_s = size(manifest)
    print(f"\n{name}, {precision}, {rows} rows, {audio_s / 3600:.2f} h of audio")
    print(
        f"{'encoders':18} {'actors':>6} {'ceiling':>9} {'score':>9} {'share':>7} {'idle':>6} "
        f"{'h / 1,000 h':>12} {'$ / 1,000 h':>12} {'same':>5}"
    )
    measured = []
    for encoders in asked.encoders or ENCODERS[DEVICE]:
        try:
            for row in measure(work, manifest, encoders, asked.actors_per_gpu, precision):
                row["dollars"] = row["hours"] * asked.dollars
                measured.append(row)
                show(row)
        except SettingsError as err:
            print(f"{encoders:18} not measured: {err}")
    found = {"device": name, "checks": checks, "rows": measured}
    (work / "devices.json").write_text(json.dumps(found, indent=2))


def measure(
    work: Path, manifest: Output, encoders: str, actors_per_gpu: list[int], precision: Precision
) -> Iterator[Row]:
    """A row of the table for each number of actors per GPU; on a CPU, one row.

    Raises:
        SettingsError: the encoders are not on this machine.
    """
    text, audio = names(work, encoders)
    head = str(work / f"devices-head-{encoders}")
    save_untrained_head(head, text, audio)
    audio_s = size(manifest)[1]
    ceiling = audio_s / BareEncoders(manifest, precision, text, audio, DEVICE).seconds()
    first: dict[str, bytes] = {}
    for actors in actors_per_gpu if DEVICE == "cuda" else [0]:
        options = ["--gpus-per-actor", str(1 / actors)] if actors else []
        with gpu_use() as used:
            scored = score(work, manifest, head, options, precision)
        made = parquet_files(work / "speed-scores")
        first = first or made
        rate = audio_s / scored.work_s
        yield {
            "encoders": encoders,
            "actors": actors or CORES,
            "ceiling": ceiling,
            "score": rate,
            "share": rate / ceiling,
            "idle": idle_share(used),
            "hours": 1000 / rate,
            "same": made == first,
        }


def show(row: Row) -> None:
    """Print a row of the table."""
    print(
        f"{row['encoders']:18} {row['actors']:6} {row['ceiling']:9.1f} {row['score']:9.1f} "
        f"{row['share']:7.1%} {row['idle']:6.1%} {row['hours']:12.2f} {row['dollars']:12.2f} "
        f"{'yes' if row['same'] else 'NO':>5}",
        flush=True,
    )


def names(work: Path, encoders: str) -> tuple[str, str]:
    """Text and audio encoder; beside a random speech encoder stands the default text encoder."""
    if encoders == "default":
        return TEXT_ENCODER, AUDIO_ENCODER
    if encoders == "larger":
        return LARGER
    return TEXT_ENCODER, random_encoder(work, encoders)


def parquet_files(folder: Path) -> dict[str, bytes]:
    """Path in the folder → bytes, for parts of scores and quarantine."""
    found = sorted(folder.glob("*/part-*.parquet"))
    return {str(path.relative_to(folder)): files.read_bytes(str(path)) for path in found}


@contextmanager
def gpu_use() -> Iterator[list[float]]:
    """Gives a list that has, at the end, the share of the GPU in use, ten times a second; empty
    without a GPU.
    """
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


def idle_share(used: list[float]) -> float:
    """Mean unused share from the first use to the last; NaN where the GPU was not used."""
    busy = np.flatnonzero(used)
    return 1 - float(np.mean(used[busy[0] : busy[-1] + 1])) if len(busy) else float("nan")


if __name__ == "__main__":
    main()
