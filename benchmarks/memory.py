"""Peak memory of `daf score` at 10,000 and at 100,000 utterances: it should be the same.

    python benchmarks/memory.py --work /tmp/daf-memory [--rows 10000 100000]

Utterances of half a second, cut from recordings of a minute of noise, in parts of 20 minutes; tiny
encoders with random weights. Sampled ten times a second: memory that the processes have to
themselves, and the object store that they share. The last column says by how much the peak of the
last size is above that of the first; what is left of it grows with the parts in the driver.
"""

import argparse
import csv
import shutil
import subprocess
from pathlib import Path

import numpy as np
import soundfile
from archives import DAF
from processes import DRIVER, STORE, Sample, by_role, peaks, watched

from daf_core.heads import build
from daf_core.stages import trained_head
from daf_core.weights.specs import resolve
from tests.e2e.conftest import STREAMS
from tests.e2e.corpus import make_encoders

RECORDING_S, UTTERANCE_S, RATE_HZ = 60, 0.5, 16_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    asked = parser.parse_args()
    shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir(parents=True)
    noise = np.random.default_rng(0).normal(0, 0.1, RECORDING_S * RATE_HZ)
    soundfile.write(asked.work / "noise.wav", noise, RATE_HZ)
    save_head(asked.work)
    first = Sample()
    for rows in asked.rows:
        most = scored(asked.work, rows)
        first = first or most
        more = most.total() / first.total() - 1
        cells = "".join(
            f"  {role} {most[role] / 1e6:.0f} MB" for role in (DRIVER, "workers", STORE)
        )
        print(f"{rows} utterances{cells}  together {most.total() / 1e6:.0f} MB  {more:+.1%}")


def scored(work: Path, rows: int) -> Sample:
    """Make a manifest of so many rows and score it; the peak of each role in bytes."""
    manifest = work / f"manifest-{rows}"
    with (work / "table.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["recording_id", "audio_path", "start_s", "end_s", "text"])
        cuts = int(RECORDING_S / UTTERANCE_S)
        for row in range(rows):
            start_s = row % cuts * UTTERANCE_S
            cut = [f"{row // cuts:06}", "noise.wav", start_s, start_s + UTTERANCE_S]
            writer.writerow([*cut, "a b c d e"])
    subprocess.run([*DAF, "ingest", work / "table.csv", "--out", manifest], check=True)
    command = [*DAF, "score", "--manifest", manifest, "--head", work / "head"]
    _, samples = watched([*command, "--out", work / f"scores-{rows}"], work)
    return peaks([by_role(sample) for sample in samples])


def save_head(work: Path) -> None:
    """An untrained head on tiny encoders."""
    encoders = make_encoders(work)
    trained_head.save(
        str(work / "head"),
        build("daf", STREAMS, 8),
        kind="daf",
        width=8,
        shapes=STREAMS,
        encoders={"text": resolve(encoders.text), "audio": resolve(encoders.audio)},
        calibrations={},
        facts={},
    )


if __name__ == "__main__":
    main()
