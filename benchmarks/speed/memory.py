"""Peak memory of `daf score` at 10,000 and at 100,000 utterances: is it the same?

    python -m benchmarks.speed.memory --work DIR [--rows 10000 100000]

The utterances are half a second each, cut from recordings of one minute of noise, in parts of 20
minutes; the encoders are tiny and have random weights. Counts, ten times a second, the memory that
each process has to itself, and the object store that all of them share. The last column says by how
much the peak is above that of the first size; the driver keeps some bytes for each part.

Deletes what is in WORK.
"""

import csv
import shutil
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.command_line import parser_for
from benchmarks.daf_command import DAF, daf, save_untrained_head
from benchmarks.speed.processes import DRIVER, STORE, Sample, by_role, peaks, watched
from tests.e2e.corpus import make_encoders

RECORDING_S, UTTERANCE_S, RATE_HZ = 60, 0.5, 16_000


def main() -> None:
    parser = parser_for(__doc__, work="recordings and scores")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    asked = parser.parse_args()
    shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir(parents=True)
    noise = np.random.default_rng(0).normal(0, 0.1, RECORDING_S * RATE_HZ)
    soundfile.write(asked.work / "noise.wav", noise, RATE_HZ)
    encoders = make_encoders(asked.work)
    save_untrained_head(str(asked.work / "head"), encoders.text, encoders.audio, width=8)
    first = Sample()
    for rows in asked.rows:
        most = peak_by_role(asked.work, rows)
        first = first or most
        more = most.total() / first.total() - 1
        cells = "".join(
            f"  {role} {most[role] / 1e6:.0f} MB" for role in (DRIVER, "workers", STORE)
        )
        print(f"{rows} utterances{cells}  together {most.total() / 1e6:.0f} MB  {more:+.1%}")


def peak_by_role(work: Path, rows: int) -> Sample:
    """Ingest and score so many utterances; the peak of each role in bytes."""
    manifest = work / f"manifest-{rows}"
    with (work / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["recording_id", "audio_path", "start_s", "end_s", "text"])
        cuts = int(RECORDING_S / UTTERANCE_S)
        for row in range(rows):
            start_s = row % cuts * UTTERANCE_S
            cut = [f"{row // cuts:06}", "noise.wav", start_s, start_s + UTTERANCE_S]
            writer.writerow([*cut, "a b c d e"])
    daf("ingest", work / "table.csv", "--out", manifest)
    command = [*DAF, "score", "--manifest", manifest, "--head", work / "head"]
    command += ["--ray", "--no-verify", "--no-report"]
    _, samples = watched([*command, "--out", work / f"scores-{rows}"], work)
    return peaks([by_role(sample) for sample in samples])


if __name__ == "__main__":
    main()
