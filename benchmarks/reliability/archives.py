"""An archive for runs that are disturbed: on disk, or on an S3 server that fails some requests.

    with on_disk(data, work, rows=1900) as archive:
        daf("score", *archive.inputs, "--out", archive.at("scores"))

The rows are the first of the degraded pairs. The head has random weights, as what it says does not
matter here.
"""

import contextlib
import ctypes
import os
import struct
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from benchmarks.corpora import Row, read_rows, write_rows
from benchmarks.daf_command import daf, save_untrained_head
from benchmarks.reliability.faulty_s3 import FaultyS3
from benchmarks.science.make_pairs import degraded_pairs
from daf_core.storage import files, parquet
from daf_core.storage.output import Output, scores_output

PART_MINUTES = 2.5
SEED = 7
FAULT_RATE = 0.05
BUCKET = "archive"
IN_OPEN = 0x20  # of inotify


@dataclass(frozen=True)
class Archive:
    """A manifest and a head at `place`, a path or URI.

    opened: says how many times recordings were opened so far.
    """

    place: str
    rows: int
    opened: Callable[[], int]

    def at(self, name: str) -> str:
        """The path or URI of something beside the manifest."""
        return files.join(self.place, name)

    def scores(self, name: str) -> Output:
        """The scores of this name."""
        return scores_output(self.at(name))

    @property
    def inputs(self) -> list[str]:
        """The options of `daf score` that name manifest and head; nothing but scores is made."""
        named = ["--manifest", self.at("manifest"), "--head", self.at("head")]
        return [*named, "--ray", "--no-verify", "--no-report"]

    @property
    def parts(self) -> int:
        """Parts of the manifest."""
        return len(parquet.list_parts(self.at("manifest/manifest")))

    def contents(self, scores: str) -> dict[str, bytes]:
        """Path in the folder → bytes, for every Parquet file of the scores of this name."""
        fs, path = files.filesystem(self.at(scores))
        names = [name for name in fs.find(path) if name.endswith(".parquet")]
        return {name.split(path)[-1]: fs.cat_file(name) for name in names}

    def utterances(self, scores: str) -> Counter[str]:
        """How often each utterance_id is in scores and quarantine."""
        output, found = self.scores(scores), Counter[str]()
        for name in output.part_names():
            for rows in (output.read(name), output.read_quarantine(name)):
                found.update(rows["utterance_id"].to_pylist())
        return found


@contextlib.contextmanager
def on_disk(data: Path, work: Path, rows: int) -> Iterator[Archive]:
    """An archive in a new folder under `work`; the recordings stay where they are."""
    table = first_rows(data, work, rows)
    folders = {os.path.dirname(row["audio_path"]) for row in table}
    place = str(work / f"run-{int(time.time())}")
    with count_opened(folders) as opened:
        archive = Archive(place, rows, opened)
        fill(archive, table)
        yield archive


@contextlib.contextmanager
def on_s3(data: Path, work: Path, rows: int) -> Iterator[Archive]:
    """An archive in a bucket, recordings too, behind a proxy that fails some of the requests."""
    table = first_rows(data, work, rows)
    bucket = f"s3://{BUCKET}"
    with FaultyS3(work / f"s3-{int(time.time())}", FAULT_RATE, seed=0) as store:
        os.environ |= store.environment
        fs, _ = files.filesystem(bucket)
        fs.mkdir(BUCKET)
        paths = sorted({row["audio_path"] for row in table})
        there = {
            path: f"{bucket}/audio/{number:05}{Path(path).suffix}"
            for number, path in enumerate(paths)
        }
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(fs.put_file, there.keys(), there.values()))
        archive = Archive(bucket, rows, lambda: store.heads_under(f"/{BUCKET}/audio/"))
        fill(archive, [row | {"audio_path": there[row["audio_path"]]} for row in table])
        yield archive
        print(f"\nfaults injected {store.faults()}")


def first_rows(data: Path, work: Path, rows: int) -> list[Row]:
    """The first rows of the pairs, with whole paths."""
    pairs = degraded_pairs(data, work, SEED)
    table = read_rows(pairs)[:rows]
    for row in table:
        row["audio_path"] = os.path.realpath(pairs.parent / row["audio_path"])
    return table


def fill(archive: Archive, table: list[Row]) -> None:
    """Make the manifest and the head."""
    with tempfile.TemporaryDirectory() as folder:
        written = write_rows(Path(folder) / "table.csv", table)
        files.publish(archive.at("table.csv"), written.read_bytes())
    save_untrained_head(archive.at("head"))
    out = archive.at("manifest")
    folders = sorted({os.path.dirname(row["audio_path"]) for row in table})
    roots = [word for folder in folders for word in ("--allow-root", folder)]
    daf("ingest", archive.at("table.csv"), "--out", out, "--part-minutes", PART_MINUTES, *roots)


@contextlib.contextmanager
def count_opened(folders: Iterable[str]) -> Iterator[Callable[[], int]]:
    """Gives a function that says how many files of the folders were opened so far (inotify)."""
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
