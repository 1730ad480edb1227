"""How fast is `daf score`, which stage takes the time, and how fast are the alternatives?

    python -m benchmarks.speed.throughput --data DIR --work DIR [--corpus pairs | recording]
                                          [--rows N] [--rounds 2] [--sample 64] [--precision …]

Scores the degraded pairs, or the same speech as one recording of 3 hours. Prints one table:

- daf score as a command, from start to end, with --local and on Ray; and on Ray without the start
  and stop of Ray;
- (a) the ceiling: the bare encoders, on rows decoded and sorted by length
  before the clock starts; the faster of one process per core and one process with all threads;
- (a) with start and decoding: the ceiling of a program that also imports, loads weights and
  decodes, and leaves no core idle;
- (b) a plain transformers loop: audio padded to 30 s by WhisperFeatureExtractor, texts to the
  longest of the batch; batches of 1 and 16; all threads; on the first --sample rows;
- (c) a Ray Data script as its documentation shows: read_parquet, map (decode), map_batches (an
  actor per core, batches of 16), write_parquet; on the first --sample rows, from when its actors
  are ready.

All compute in the same precision.

Then the seconds of each stage of a part, and the peak memory of each process of `daf score`. (a)
and daf score run in turns; the table has the fastest of some rounds, as other work disturbs each
round differently. Writes WORK/throughput-CORPUS.json.
"""

import json
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import NamedTuple, get_args

from benchmarks.command_line import parser_for
from benchmarks.daf_command import CORES, DAF, save_untrained_head
from benchmarks.speed import baselines, stage_times
from benchmarks.speed.processes import DRIVER, by_role, peaks, watched
from benchmarks.speed.workload import manifest_of, pairs_table, recording_table, size
from daf_core.storage import run_record
from daf_core.storage.output import Output, scores_output
from daf_core.weights.precision import Precision, fastest_precision

SHOWN_MB = 20
TABLES = {"pairs": pairs_table, "recording": recording_table}


def main() -> None:
    parser = parser_for(__doc__, data=True, work="pairs, scores and results")
    parser.add_argument("--corpus", choices=TABLES, default="pairs")
    parser.add_argument("--rows", type=int, help="first rows of the corpus; default: all")
    parser.add_argument("--rounds", type=int, default=2, help="of (a) and daf score")
    parser.add_argument("--sample", type=int, default=64, help="rows for (b) and (c)")
    parser.add_argument("--precision", choices=get_args(Precision))
    asked = parser.parse_args()
    work: Path = asked.work
    work.mkdir(parents=True, exist_ok=True)
    precision: Precision = asked.precision or fastest_precision("cpu")
    table = TABLES[asked.corpus](asked.data, work, asked.rows)
    manifest, head = manifest_of(table, work / f"speed-{asked.corpus}-manifest"), work / "head"
    save_untrained_head(str(head))
    stages = stage_times.measure(manifest, str(head), work / "stages", precision)
    start_s = min(baselines.start_seconds(precision) for _ in range(3))
    rounds = [run_round(work, manifest, str(head), precision) for _ in range(asked.rounds)]
    fastest = Seconds(*map(min, zip(*(one.seconds for one in rounds), strict=True)))
    rows, audio_s = size(manifest)
    beside_s = (start_s + stages["read"] + stages["decode"]) / CORES
    sample_rows, sample_s = min(asked.sample, rows), size(manifest, asked.sample)[1]
    loops = [baselines.loop_seconds(manifest, sample_rows, n, precision) for n in (1, 16)]
    script = baselines.ray_script_seconds(manifest, sample_rows, work, precision)
    rates = {
        "(a) bare encoders": audio_s / fastest.ceiling,
        "(a) with start and decoding": audio_s / (fastest.ceiling + beside_s),
        "daf score --local": audio_s / fastest.local,
        "daf score": audio_s / fastest.ray,
        "daf score, once Ray runs": audio_s / fastest.once_ray_runs,
        "(b) loop, batch 1": sample_s / loops[0],
        "(b) loop, batch 16": sample_s / loops[1],
        "(c) Ray Data script": sample_s / script,
    }
    found = Throughput(
        corpus=asked.corpus,
        precision=precision,
        cores=CORES,
        rows=rows,
        audio_s=audio_s,
        start_s=start_s,
        rounds_s=[one.seconds._asdict() for one in rounds],
        audio_s_per_s=rates,
        stage_s_per_audio_hour={name: s / audio_s * 3600 for name, s in stages.items()},
        peak_mb_local=rounds[-1].peak_mb_local,
        peak_mb_ray=rounds[-1].peak_mb_ray,
    )
    show(found)
    (work / f"throughput-{asked.corpus}.json").write_text(json.dumps(asdict(found), indent=2))


class Seconds(NamedTuple):
    """Of (a); of daf score with --local, on Ray, and on Ray without its start and stop."""

    ceiling: float
    local: float
    ray: float
    once_ray_runs: float


class Round(NamedTuple):
    """Seconds, and peak memory of each process of daf score."""

    seconds: Seconds
    peak_mb_local: dict[str, float]
    peak_mb_ray: dict[str, float]


@dataclass(frozen=True)
class Throughput:
    """All that the script finds, as its JSON file has it."""

    corpus: str
    precision: Precision
    cores: int
    rows: int
    audio_s: float
    start_s: float
    rounds_s: list[dict[str, float]]
    audio_s_per_s: dict[str, float]
    stage_s_per_audio_hour: dict[str, float]
    peak_mb_local: dict[str, float]
    peak_mb_ray: dict[str, float]


def run_round(work: Path, manifest: Output, head: str, precision: Precision) -> Round:
    """(a) and daf score, once each."""
    ceiling_s = baselines.BareEncoders(manifest, precision).seconds()
    local = score(work, manifest, head, ["--local"], precision)
    ray = score(work, manifest, head, ["--ray"], precision)
    seconds = Seconds(ceiling_s, local.command_s, ray.command_s, ray.work_s)
    print(", ".join(f"{name} {took:.1f} s" for name, took in seconds._asdict().items()), flush=True)
    return Round(seconds, local.peak_mb, ray.peak_mb)


class Scored(NamedTuple):
    """Seconds of a whole `daf score`, seconds of its work, and peak memory of each process."""

    command_s: float
    work_s: float
    peak_mb: dict[str, float]


def score(
    work: Path, manifest: Output, head: str, options: list[str], precision: Precision
) -> Scored:
    """Run `daf score` anew, and watch its processes."""
    out, ray_folder = str(work / "speed-scores"), work / "ray"
    shutil.rmtree(out, ignore_errors=True)
    ray_folder.mkdir(exist_ok=True)
    command = [*DAF, "score", "--manifest", manifest.root, "--head", head, "--out", out]
    how = ["--precision", precision, "--no-verify", "--no-report", *options]
    command_s, samples = watched([*command, *how], ray_folder)
    record = run_record.read_complete(scores_output(out))
    held = {process: size / 1e6 for process, size in peaks(samples).items()}
    held["workers together"] = peaks([by_role(sample) for sample in samples])["workers"] / 1e6
    return Scored(command_s, record.facts["seconds"], held)


def show(found: Throughput) -> None:
    """Print the tables."""
    ceiling = found.audio_s_per_s["(a) bare encoders"]
    each_s = found.audio_s / found.rows
    print(
        f"\n{found.corpus}: {found.rows} utterances, {found.audio_s / 3600:.2f} hours of audio, "
        f"{found.precision}, {found.cores} cores"
    )
    print(f"{'':28} {'audio s / s':>12} {'utt. / s':>9} {'of (a)':>8}")
    for name, rate in found.audio_s_per_s.items():
        print(f"{name:28} {rate:12.1f} {rate / each_s:9.1f} {rate / ceiling:8.1%}")
    stages = found.stage_s_per_audio_hour
    print(f"\n{'stage, alone on one core':28} {'s / hour':>12} {'share':>9}")
    for name, seconds in stages.items():
        print(f"{name:28} {seconds:12.2f} {seconds / sum(stages.values()):9.1%}")
    for name, held in {"--local": found.peak_mb_local, "on Ray": found.peak_mb_ray}.items():
        print(f"\npeak MB, {name}")
        for process in sorted(held, key=lambda process: (process != DRIVER, -held[process])):
            if held[process] >= SHOWN_MB:
                print(f"{process:28} {held[process]:12.0f}")


if __name__ == "__main__":
    main()
