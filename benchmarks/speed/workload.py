"""What the speed scripts score: the degraded pairs, one long recording of them, or the demo corpus.

Each is a table that `daf ingest` takes.
"""

import itertools
from importlib import resources
from pathlib import Path

import numpy as np
import soundfile

from benchmarks.corpora import Row, read_rows, write_rows
from benchmarks.daf_command import daf
from benchmarks.science.make_pairs import degraded_pairs
from daf_core.storage.output import Output, manifest_output

SEED = 7
RECORDING_S = 3 * 3600
RATE_HZ = 16_000


def manifest_of(table: Path, out: Path) -> Output:
    """Ingest a table as a command; returns the manifest."""
    daf("ingest", table, "--out", out, "--fresh", "--allow-root", "/")
    return manifest_output(str(out))


def pairs_table(data: Path, work: Path, rows: int | None) -> Path:
    """The first rows of the degraded pairs, or all."""
    pairs = degraded_pairs(data, work, SEED)
    return write_rows(pairs.parent / "speed-pairs.csv", read_rows(pairs)[:rows])


def recording_table(data: Path, work: Path, rows: int | None) -> Path:
    """The same as utterances of one recording, up to 3 hours long, which is written to `work`."""
    pairs = degraded_pairs(data, work, SEED)
    recording = work / "recording.flac"
    cuts: list[Row] = []
    at_s = 0.0
    with soundfile.SoundFile(recording, "w", RATE_HZ, 1) as file:
        for row in read_rows(pairs)[:rows]:
            if at_s >= RECORDING_S:
                break
            samples, _ = soundfile.read(pairs.parent / row["audio_path"], dtype="int16")
            file.write(samples)
            end_s = at_s + len(samples) / RATE_HZ
            times = {"start_s": str(at_s), "end_s": str(end_s)}
            cuts.append({"audio_path": str(recording), **times, "text": row["text"]})
            at_s = end_s
    return write_rows(work / "speed-recording.csv", cuts)


def demo_table(work: Path, rows: int) -> Path:
    """The utterances of the bundled demo corpus, again and again up to so many rows."""
    corpus = Path(str(resources.files("jobs") / "demo_corpus"))
    manifest = manifest_of(corpus, work / "demo-manifest")
    once = [row for part in manifest.read_all() for row in part.to_pylist()]
    table = []
    for number, row in enumerate(itertools.islice(itertools.cycle(once), rows)):
        times = {name: str(row[name]) for name in ("start_s", "end_s")}
        recording = {"recording_id": f"{number // len(once)}-{row['recording_id']}"}
        audio = {"audio_path": row["audio_uri"].removeprefix("file://")}
        table.append({**recording, **audio, **times, "text": row["text"] or ""})
    return write_rows(work / "speed-demo.csv", table)


def size(manifest: Output, rows: int | None = None) -> tuple[int, float]:
    """Rows of a manifest, and the seconds of audio of the first `rows`, or of all."""
    times = [table.to_pydict() for table in manifest.read_all(["start_s", "end_s"])]
    start_s, end_s = (
        np.array([one for part in times for one in part[name]], np.float64)
        for name in ("start_s", "end_s")
    )
    return len(start_s), float(np.nansum((end_s - start_s)[:rows]))
