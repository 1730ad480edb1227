"""An archive for benchmarks of whole jobs: on disk, or on an S3 server that fails, with a head.

    with on_disk(work, rows=1900) as archive:
        daf("score", *archive.inputs, "--out", archive.at("scores"))

Real recordings and sentences, the first of the degraded pairs; an untrained head, as what it says
does not matter here.
"""

import contextlib
import csv
import ctypes
import io
import itertools
import os
import struct
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from faulty_s3 import FaultyS3
from pairs import degraded_pairs

from daf_core.heads import build
from daf_core.stages import trained_head
from daf_core.stages.embed import Embed
from daf_core.storage import files, parquet
from daf_core.weights.specs import resolve
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER

DAF = [sys.executable, "-c", "from jobs.cli import main; main()"]
PART_MINUTES = 2.5
SEED = 7
FAULT_RATE = 0.05
IN_OPEN = 0x20


@dataclass(frozen=True)
class Archive:
    """A manifest and a head at `place`; `opened` says how many recordings were opened so far."""

    place: str
    rows: int
    opened: Callable[[], int]

    def at(self, name: str) -> str:
        """The path or URI of something beside the manifest."""
        return files.join(self.place, name)

    @property
    def inputs(self) -> list[str]:
        """What `daf score` is given."""
        return ["--manifest", self.at("manifest"), "--head", self.at("head")]

    @property
    def parts(self) -> int:
        """Parts of the manifest."""
        return len(parquet.list_parts(self.at("manifest")))

    def contents(self, scores: str) -> dict[str, bytes]:
        """Every Parquet file of the scores with this name."""
        fs, path = files.filesystem(self.at(scores))
        names = [name for name in fs.find(path) if name.endswith(".parquet")]
        return {name.split(path)[-1]: fs.cat_file(name) for name in names}

    def utterances(self, scores: str) -> Counter[str]:
        """How often each utterance is in scores and quarantine."""
        found: Counter[str] = Counter()
        for folder in ("scores", "quarantine"):
            parts = self.at(f"{scores}/{folder}")
            for part in parquet.list_parts(parts):
                rows, _ = parquet.read(files.join(parts, part), folder, ["utterance_id"])
                found.update(rows["utterance_id"].to_pylist())
        return found


def daf(*arguments: object, prefix: Iterable[object] = ()) -> None:
    """Run a command to its end; it must end well."""
    print("daf", *arguments, flush=True)
    subprocess.run(list(map(str, [*prefix, *DAF, *arguments])), check=True)


@contextlib.contextmanager
def on_disk(work: Path, rows: int) -> Iterator[Archive]:
    """An archive in a new folder under `work`; the recordings stay where they are."""
    table = first_rows(work, rows)
    folders = {os.path.dirname(row["audio_path"]) for row in table if row["audio_path"]}
    place = str(work / f"run-{int(time.time())}")
    with opened_in(folders) as opened:
        archive = Archive(place, rows, opened)
        fill(archive, table)
        yield archive


@contextlib.contextmanager
def on_s3(work: Path, rows: int) -> Iterator[Archive]:
    """An archive in a bucket behind a proxy that fails some of the requests, recordings and all."""
    table = first_rows(work, rows)
    bucket = "s3://archive"
    with FaultyS3(work / f"s3-{int(time.time())}", FAULT_RATE, seed=0) as store:
        os.environ |= store.environment
        fs, _ = files.filesystem(bucket)
        fs.mkdir("archive")
        paths = sorted({row["audio_path"] for row in table} - {""})
        there = {
            path: f"{bucket}/audio/{number:05}{Path(path).suffix}"
            for number, path in enumerate(paths)
        }
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(fs.put_file, there.keys(), there.values()))
        archive = Archive(bucket, rows, lambda: store.heads_under("/archive/audio/"))
        fill(archive, [row | {"audio_path": there.get(row["audio_path"], "")} for row in table])
        yield archive
        print(f"\nfaults injected {store.faults()}")


def first_rows(work: Path, rows: int) -> list[dict[str, str]]:
    """The first rows of the pairs, with whole paths."""
    pairs = degraded_pairs(work, SEED)
    with pairs.open() as file:
        table = list(itertools.islice(csv.DictReader(file), rows))
    for row in table:
        if row["audio_path"]:
            row["audio_path"] = os.path.realpath(pairs.parent / row["audio_path"])
    return table


def fill(archive: Archive, table: list[dict[str, str]]) -> None:
    """Make the manifest and the head."""
    text = io.StringIO()
    writer = csv.DictWriter(text, table[0].keys())
    writer.writeheader()
    writer.writerows(table)
    files.publish(archive.at("table.csv"), text.getvalue().encode())
    untrained_head(archive.at("head"))
    out = archive.at("manifest")
    daf("ingest", archive.at("table.csv"), "--out", out, "--part-minutes", PART_MINUTES)


def untrained_head(folder: str, text: str = TEXT_ENCODER, audio: str = AUDIO_ENCODER) -> None:
    """A head for these encoders, as it is before it is trained."""
    encoders = {"text": resolve(text), "audio": resolve(audio)}
    streams = Embed(encoders).shapes
    module = build("daf", streams, 128)
    trained_head.save(
        folder,
        module,
        kind="daf",
        width=128,
        shapes=streams,
        encoders=encoders,
        calibrations={},
        facts={},
    )


@contextlib.contextmanager
def opened_in(folders: Iterable[str]) -> Iterator[Callable[[], int]]:
    """How many files were opened in the folders so far, as the kernel tells (inotify)."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = libc.inotify_init1(os.O_NONBLOCK)
    for folder in folders:
        if libc.inotify_add_watch(handle, folder.encode(), IN_OPEN) < 0:
            raise OSError(ctypes.get_errno(), f"inotify_add_watch {folder}")
    total = 0

    def opened() -> int:
        nonlocal total
        with contextlib.suppress(BlockingIOError):
            while events := os.read(handle, 1 << 20):
                at = 0
                while at < len(events):
                    _, _, _, length = struct.unpack_from("iIII", events, at)
                    at += 16 + length
                    total += 1
        return total

    yield opened
    os.close(handle)
