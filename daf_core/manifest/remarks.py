"""What the source has to say of the manifest that was made of it."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pyarrow.compute as pc

from daf_core.manifest.catalogue import Catalogue
from daf_core.manifest.copies import copies
from daf_core.manifest.forgotten import Forgotten
from daf_core.manifest.outside import mostly_outside
from daf_core.schemas import Row
from daf_core.sources.hashed_ids import HashedSource
from daf_core.sources.open_source import Source
from daf_core.sources.remarks import SHOWN, Found, OnChannels, Remarks, examples
from daf_core.storage.output import Output

_READERS = 16
_Of = TypeVar("_Of")


def remarks(
    output: Output, known: Catalogue, source: Source | HashedSource, forgotten: Forgotten
) -> Remarks:
    """The remarks of a source on its manifest, up to date; none names what was forgotten."""
    said = source.remarks(
        Found(
            speakers=lambda: {one for part in _parts(output, _speakers) for one in part},
            channels=lambda: _on_channels(output),
            flags=lambda: {one for part in _parts(output, _flags) for one in part},
            reasons=known.reasons,
            outcome=known.outcome,
            forgotten=forgotten.has,
        )
    )
    left_out = (
        sum(forgotten.has(name) for name, _ in source.recordings()) if forgotten.hashes else 0
    )
    hint = f"recordings left out, as `daf forget` removed them: {left_out}"
    hints = (*said.hints, *([hint] if left_out else []), *_copies(output), *_outside(output, known))
    return Remarks(said.unmatched, hints)


def _copies(output: Output) -> list[str]:
    """A line where recordings count several times."""
    found = copies(output)
    if not found:
        return []
    more = sum(len(group) - 1 for group in found)
    named = examples([" = ".join(group[:SHOWN]) for group in found])
    are = "recording is a copy of another" if more == 1 else "recordings are copies of others"
    return [
        f"{more:,} {are}, and counted all the same: {named}; delete copies from the source, and "
        f"`prune` takes them out"
    ]


def _outside(output: Output, known: Catalogue) -> list[str]:
    """A line where recordings end before most of their utterances begin."""
    found = mostly_outside(output, known)
    if not found:
        return []
    named = examples([f"{name} (from {first_s:,.0f} s on)" for name, first_s in found.items()])
    where = "1 recording lie after its end"
    if len(found) > 1:
        where = f"{len(found):,} recordings lie after the end of the recording"
    return [
        f"most or all utterances of {where}, and are scored on words alone (outside_recording): "
        f"{named}; does the transcript count from another time, or belong to another recording?"
    ]


def _parts(output: Output, read: Callable[[Output, str], _Of]) -> list[_Of]:
    """What is read of each part."""
    with ThreadPoolExecutor(_READERS) as pool:
        return [*pool.map(lambda name: read(output, name), output.part_names())]


def _speakers(output: Output, name: str) -> set[str]:
    return {*output.read(name, ["speaker"])["speaker"].drop_null().unique().to_pylist()}


def _flags(output: Output, name: str) -> set[str]:
    return {*pc.list_flatten(output.read(name, ["flags"])["flags"]).unique().to_pylist()}


def _on_channels(output: Output) -> OnChannels:
    rows: Counter[int] = Counter()
    recordings: dict[int, set[str]] = {}
    for part in _parts(output, _rows_of_recordings):
        for one in part:
            rows[one["channel"]] += one["recording_id_count"]
            recordings.setdefault(one["channel"], set()).add(one["recording_id"])
    return OnChannels(rows, recordings)


def _rows_of_recordings(output: Output, name: str) -> list[Row]:
    """Channel, recording and number of rows."""
    rows = output.read(name, ["channel", "recording_id"])
    rows = rows.filter(pc.is_valid(rows["channel"]))
    keys = ["channel", "recording_id"]
    found: list[Row] = rows.group_by(keys).aggregate([("recording_id", "count")]).to_pylist()
    return found
