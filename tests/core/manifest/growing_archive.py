"""A folder of recordings that changes, and what ingest makes of it in a manifest."""

import itertools
import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from daf_core.manifest.update import update
from daf_core.manifest.updated import Updated
from daf_core.sources.folders.source import FolderOptions
from daf_core.sources.open_source import open_source
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import manifest_output

RATE_HZ = 8000
IDENTITY = {"source": "test"}


class Archive:
    """A folder of recordings of 60 s with transcripts; every change is a second later."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.now = folder, 1_000_000_000
        self.table = about(folder)
        self.silence = folder.parent / f"{folder.name}.silence"
        soundfile.write(self.silence, np.zeros(RATE_HZ * 60), RATE_HZ, format="WAV")

    def put(self, name: str, cues: int) -> None:
        """`cues` of 10 s, in another wording each time; from the seventh on they are beyond the
        recording and have no words.
        """
        self.now += 1
        spans = [f"{10 * i // 60:02}:{10 * i % 60:02}.000" for i in range(cues + 1)]
        text = "".join(
            f"\n{start} --> {end}\n{f'{name} {self.now} {number}' if number < 6 else '<i></i>'}\n"
            for number, (start, end) in enumerate(itertools.pairwise(spans))
        )
        (self.folder / f"{name}.vtt").write_text(f"WEBVTT\n{text}")
        if not (self.folder / f"{name}.wav").exists():
            os.link(self.silence, self.folder / f"{name}.wav")
        os.utime(self.folder / f"{name}.vtt", (self.now, self.now))

    def say(self, name: str, queue: str) -> None:
        """What the table of metadata says of a recording; other files stay as they are."""
        known = self.table.read_text().split()[1:] if self.table.exists() else []
        said = dict(line.split(",") for line in known)
        said[name] = queue
        lines = ["recording_id,queue", *(",".join(one) for one in said.items())]
        self.table.write_text("\n".join(lines))

    def remove(self, name: str) -> None:
        for path in self.folder.glob(f"{name}.*"):
            path.unlink()

    def names(self) -> set[str]:
        return {path.stem for path in self.folder.glob("*.vtt")}


def about(archive: Path) -> Path:
    """The table of metadata of an archive, if there is one."""
    return archive.parent / f"{archive.name}.csv"


def ingest(
    archive: Path, out: str = "memory://manifest", *, prune: bool = False, **options: Any
) -> Updated:
    meta = str(about(archive)) if about(archive).exists() else None
    source = open_source(str(archive), options=FolderOptions(meta=meta), **options)
    output = manifest_output(out)
    run_record.begin(output, IDENTITY, fresh=False)
    inspect = source.inspector()
    return update(output, IDENTITY, source, 30.0, lambda found: map(inspect, found), prune=prune)


def rows_of(out: str = "memory://manifest") -> dict[str, list[dict[str, Any]]]:
    output = manifest_output(out)
    return {
        kind: [
            row
            for name in parquet.list_parts(folder)
            for row in parquet.read(files.join(folder, name), kind)[0].to_pylist()
        ]
        for kind, folder in (("manifest", output.parts_uri), ("quarantine", output.quarantine_uri))
    }


def counted(rows: list[dict[str, Any]], names: set[str]) -> Counter[str]:
    return Counter(repr(row) for row in rows if row["recording_id"] in names)
