"""Peak memory of `daf score` at 10,000 and at 100,000 utterances: it should be the same.

    python benchmarks/memory.py --work /tmp/daf-memory [--rows 10000 100000]

Utterances of half a second, cut from recordings of a minute of noise, in parts of 20 minutes; tiny
encoders with random weights. Sampled ten times a second: memory that the processes have to
themselves, and the object store that they share. The last column says by how much the peak of the
last size is above that of the first; what is left of it grows with the parts in the driver.
"""

import argparse
import csv
import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import soundfile

from daf_core.encoders.weights import resolve
from daf_core.heads import build, files
from tests.e2e.conftest import STREAMS
from tests.e2e.corpus import make_encoders

DAF = [sys.executable, "-c", "from jobs.cli import main; main()"]
RECORDING_S, UTTERANCE_S, RATE_HZ = 60, 0.5, 16_000
DRIVER, WORKERS, STORE = "driver", "workers", "object store"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    asked = parser.parse_args()
    shutil.rmtree(asked.work, ignore_errors=True)
    asked.work.mkdir(parents=True)
    os.environ |= {"RAY_TMPDIR": str(asked.work), "RAY_ADDRESS": "local"}  # a Ray of its own
    noise = np.random.default_rng(0).normal(0, 0.1, RECORDING_S * RATE_HZ)
    soundfile.write(asked.work / "noise.wav", noise, RATE_HZ)
    save_head(asked.work)
    first: Counter[str] = Counter()
    for rows in asked.rows:
        peaks = scored(asked.work, rows)
        first = first or peaks
        more = peaks.total() / first.total() - 1
        cells = "".join(f"  {role} {peaks[role] / 1e6:.0f} MB" for role in (DRIVER, WORKERS, STORE))
        print(f"{rows} utterances{cells}  together {peaks.total() / 1e6:.0f} MB  {more:+.1%}")


def scored(work: Path, rows: int) -> Counter[str]:
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
    job = subprocess.Popen([*command, "--out", work / f"scores-{rows}"])
    peaks: Counter[str] = Counter()
    while job.poll() is None:
        now = Counter[str]()
        for role, size in memory_of(job.pid, str(work)):
            now[role] += size
        peaks |= now
        time.sleep(0.1)
    if job.returncode:
        sys.exit("the job did not end well")
    return peaks


def memory_of(driver: int, tmpdir: str) -> Iterator[tuple[str, int]]:
    """Role and bytes of each process of the job now."""
    ours = f"RAY_TMPDIR={tmpdir}\0".encode()
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if ours not in (path / "environ").read_bytes():
                continue
            command = (path / "cmdline").read_bytes()
            status = dict(line.split(":", 1) for line in (path / "status").read_text().splitlines())
            own, shared = (int(status[key].split()[0]) * 1024 for key in ("RssAnon", "RssShmem"))
        except (OSError, KeyError):
            continue
        if int(path.name) == driver:
            yield DRIVER, own
        elif command.startswith(b"ray::"):
            yield WORKERS, own
        elif b"raylet/raylet" in command:
            yield STORE, shared


def save_head(work: Path) -> None:
    """An untrained head on tiny encoders."""
    encoders = make_encoders(work)
    files.save(
        str(work / "head"),
        build("daf", STREAMS, 8),
        kind="daf",
        width=8,
        streams=STREAMS,
        encoders={"text": resolve(encoders.text), "audio": resolve(encoders.audio)},
        facts={},
    )


if __name__ == "__main__":
    main()
