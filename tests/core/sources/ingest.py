"""What ingest makes of a source, in this process and without a manifest."""

from pathlib import Path
from typing import Any, NamedTuple

from daf_core.schemas import Row
from daf_core.sources.inspection import Inspected
from daf_core.sources.open_source import open_source


class Outcome(NamedTuple):
    rows: list[Row]
    quarantined: list[Row]


def ingest(path: Path, **options: Any) -> Outcome:
    """Manifest rows and all quarantine rows of the source at `path`."""
    source = open_source(str(path), **options)
    source.gather()
    inspect = source.inspector()
    of_recordings = [inspect(recordings) for _, recordings in source.recordings()]
    found = Inspected.from_several([Inspected([], source.quarantined), *of_recordings])
    return Outcome(found.rows, found.quarantined)


def reasons(quarantined: list[dict[str, Any]]) -> list[str]:
    return sorted(row["reason"] for row in quarantined)


def by_id(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {row["utterance_id"]: row for row in rows}
