"""What ingest makes of a folder, in this process and without a manifest."""

from pathlib import Path
from typing import Any, NamedTuple

from daf_core.errors import FILE_REASONS
from daf_core.schemas import Row
from daf_core.sources.folders.source import FolderOptions
from daf_core.sources.inspection import Inspected
from daf_core.sources.open_source import open_source


class Outcome(NamedTuple):
    rows: list[Row]
    quarantined: list[Row]


def ingest(path: Path, allow_roots: tuple[str, ...] = (), **options: Any) -> Outcome:
    source = open_source(str(path), options=FolderOptions(**options), allow_roots=allow_roots)
    source.gather()
    inspect = source.inspector()
    of_groups = [inspect(held) for _, held in source.recordings()]
    found = Inspected.from_several([Inspected([], source.quarantined), *of_groups])
    return Outcome(found.rows, found.quarantined)


def refused(found: Outcome) -> list[tuple[str | None, str]]:
    rows = [row for row in found.quarantined if row["reason"] not in FILE_REASONS]
    return sorted((row["recording_id"], row["reason"]) for row in rows)
