"""What ingest makes of a folder, in this process and without a manifest."""

from pathlib import Path
from typing import Any

from daf_core.errors import FILE_REASONS
from daf_core.sources.folders.source import FolderOptions
from daf_core.sources.inspection import Inspected
from daf_core.sources.open_source import open_source


def ingest(path: Path, allow_roots: tuple[str, ...] = (), **options: Any) -> Inspected:
    source = open_source(str(path), options=FolderOptions(**options), allow_roots=allow_roots)
    source.gather()
    inspect = source.inspector()
    of_groups = [inspect(held) for _, held in source.recordings()]
    return Inspected.from_several([Inspected([], source.quarantined), *of_groups])


def refused(found: Inspected) -> list[tuple[str | None, str]]:
    rows = [row for row in found.quarantined if row["reason"] not in FILE_REASONS]
    return sorted((row["recording_id"], row["reason"]) for row in rows)
