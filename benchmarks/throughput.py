"""How fast is `daf score`, what takes the time, and what would users have otherwise?

    python benchmarks/throughput.py --work /tmp/daf-speed [--corpus pairs | recording] [--rows N]
                                    [--rounds 2]

One table, all from one run, of the degraded pairs or of their speech as one recording of 3 hours:

- daf score as a command, from its start to its end, with --local and on Ray; the latter also from
  when Ray runs to the last part;
- (a) the ceiling: the bare encoders, in the same precision, on rows decoded and sorted by length
  before the clock starts, one process a core with one thread each, or one with all threads;
- what is left of (a) for a program that has to start and decode too, and leaves no core idle:
  Python, imports and weights on one core, decoding on any;
- (b) a plain transformers loop: audio padded to 30 s as WhisperFeatureExtractor does, texts to the
  longest of the batch; batches of 1 and of 16; all threads; on the first --sample rows;
- (c) a Ray Data script as its documentation shows: read_parquet → map (decode) → map_batches (an
  actor a core, batches of 16) → write_parquet; on the first --sample rows, from when its actors
  are ready;
- what each stage of a part takes, one after the other in one process with one thread;
- the most memory that each process of `daf score` held.

The first two in turns, some rounds, of which the fastest of each counts: machines have slow
minutes.
Writes throughput-CORPUS.json beside.
"""

import argparse
import csv
import itertools
import json
import os
import shutil
from pathlib import Path
from typing import get_args

import baselines
import numpy as np
import soundfile
import stage_times
from archives import DAF, daf, untrained_head
from pairs import degraded_pairs
from processes import DRIVER, by_role, peaks, watched

from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import scores_output
from daf_core.weights.precision import Precision, fastest_precision

SEED = 7
RECORDING_S = 3 * 3600
RATE_HZ = 16_000
SHOWN_MB = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for corpus and results")
    parser.add_argument("--corpus", choices=("pairs", "recording"), default="pairs")
    parser.add_argument("--rows", type=int, help="only so many rows of the corpus")
    parser.add_argument("--rounds", type=int, default=2, help="of (a) and daf score")
    parser.add_argument("--sample", type=int, default=64, help="rows for (b) and (c)")
    parser.add_argument("--precision", choices=get_args(Precision), default=None)
    asked = parser.parse_args()
    asked.work.mkdir(parents=True, exist_ok=True)
    manifest, head = prepared(asked.work, asked.corpus, asked.rows)
    parts = [files.join(manifest, name) for name in parquet.list_parts(manifest)]
    rows, audio_s = size(parts)
    sample_rows, sample_s = min(asked.sample, rows), size(parts, asked.sample)[1]
    precision = asked.precision or fastest_precision("cpu")
    stages = stage_times.measure(parts, head, asked.work / "stages", precision)
    start_s = min(baselines.start(precision) for _ in range(3))
    turns = []
    for _ in range(asked.rounds):
        ceiling_s = baselines.ceiling(parts, precision)
        local_s, _, held_local = scored(asked.work, manifest, head, ["--local"], precision)
        job_s, work_s, held = scored(asked.work, manifest, head, [], precision)
        turns.append((ceiling_s, local_s, job_s, work_s))
        print("(a), --local, job, its work:", *(f"{took:.1f} s" for took in turns[-1]), flush=True)
    ceiling_s, local_s, job_s, work_s = map(min, zip(*turns, strict=True))
    beside_s = (start_s + stages["read"] + stages["decode"]) / baselines.CORES
    rates = {
        "(a) bare encoders": audio_s / ceiling_s,
        "(a) with start and decoding": audio_s / (ceiling_s + beside_s),
        "daf score --local": audio_s / local_s,
        "daf score": audio_s / job_s,
        "daf score, once Ray runs": audio_s / work_s,
        "(b) loop, batch 1": sample_s / baselines.loop(parts, sample_rows, 1),
        "(b) loop, batch 16": sample_s / baselines.loop(parts, sample_rows, 16),
        "(c) Ray Data script": sample_s / baselines.ray_script(parts, sample_rows, asked.work),
    }
    found = {
        "corpus": asked.corpus,
        "precision": precision,
        "rows": rows,
        "rounds, in seconds: (a), --local, job, its work": turns,
        "start_s": start_s,
        "audio_s": audio_s,
        "cores": len(os.sched_getaffinity(0)),
        "audio seconds a second": rates,
        "core seconds an hour of audio": {k: v / audio_s * 3600 for k, v in stages.items()},
        "peak MB": held,
        "peak MB, --local": held_local,
    }
    show(found)
    place = asked.work / f"throughput-{asked.corpus}.json"
    place.write_text(json.dumps(found, indent=2))


def prepared(work: Path, corpus: str, rows: int | None) -> tuple[str, str]:
    """A manifest of the corpus and an untrained head for the default encoders."""
    pairs = degraded_pairs(work, SEED)
    with pairs.open() as file:
        table = list(itertools.islice(csv.DictReader(file), rows))
    if corpus == "recording":
        table = one_recording(table, pairs.parent, work / "recording.flac")
    source = pairs.parent / f"speed-{corpus}.csv"
    with source.open("w", newline="") as file:
        writer = csv.DictWriter(file, table[0].keys())
        writer.writeheader()
        writer.writerows(table)
    manifest, head = str(work / f"speed-{corpus}-manifest"), str(work / "speed-head")
    daf("ingest", source, "--out", manifest, "--fresh")
    untrained_head(head)
    return manifest, head


def one_recording(table: list[dict[str, str]], folder: Path, place: Path) -> list[dict[str, str]]:
    """The rows' speech one after the other in one file, up to 3 hours, and its table."""
    cuts, at_s = [], 0.0
    with soundfile.SoundFile(place, "w", RATE_HZ, 1) as file:
        for row in table:
            if not row["audio_path"] or at_s >= RECORDING_S:
                continue
            samples, _ = soundfile.read(folder / row["audio_path"], dtype="int16")
            file.write(samples)
            end_s = at_s + len(samples) / RATE_HZ
            cuts.append({"audio_path": str(place), "start_s": at_s, "end_s": end_s})
            cuts[-1]["text"] = row["text"]
            at_s = end_s
    return cuts


def size(parts: list[str], rows: int | None = None) -> tuple[int, float]:
    """Rows and seconds of audio."""
    read = [parquet.read(part, "manifest", ["start_s", "end_s"])[0] for part in parts]
    seconds = np.concatenate([(t["end_s"].to_numpy() - t["start_s"].to_numpy()) for t in read])
    return len(seconds), float(np.nansum(seconds[:rows]))


def scored(
    work: Path, manifest: str, head: str, options: list[str], precision: Precision
) -> tuple[float, float, dict[str, float]]:
    """Seconds of the whole command, seconds of its work, and MB of each process at its peak."""
    out, ray_folder = str(work / "speed-scores"), work / "ray"
    shutil.rmtree(out, ignore_errors=True)
    ray_folder.mkdir(exist_ok=True)
    command = [*DAF, "score", "--manifest", manifest, "--head", head, "--out", out]
    job_s, samples = watched([*command, "--precision", precision, *options], ray_folder)
    record = run_record.read_complete(scores_output(out))
    held = {process: size / 1e6 for process, size in peaks(samples).items()}
    together = peaks([by_role(sample) for sample in samples])
    held["workers together"] = together["workers"] / 1e6
    return job_s, record["seconds"], held


def show(found: dict) -> None:
    """Print the tables."""
    rates = found["audio seconds a second"]
    ceiling = rates["(a) bare encoders"]
    each = found["audio_s"] / found["rows"]
    print(
        f"\n{found['corpus']}: {found['rows']} utterances, {found['audio_s'] / 3600:.2f} hours of "
        f"audio, {found['precision']}, {found['cores']} cores"
    )
    print(f"{'':28} {'audio s / s':>12} {'utt. / s':>9} {'of (a)':>8}")
    for name, rate in rates.items():
        print(f"{name:28} {rate:12.1f} {rate / each:9.1f} {rate / ceiling:8.1%}")
    stages = found["core seconds an hour of audio"]
    print(f"\n{'stage, alone on one core':28} {'s / hour':>12} {'share':>9}")
    for name, seconds in stages.items():
        print(f"{name:28} {seconds:12.2f} {seconds / sum(stages.values()):9.1%}")
    for name in ("peak MB, --local", "peak MB"):
        held = found[name]
        print(f"\n{name}")
        for process in sorted(held, key=lambda process: (process != DRIVER, -held[process])):
            if held[process] >= SHOWN_MB:
                print(f"{process:28} {held[process]:12.0f}")


if __name__ == "__main__":
    main()
