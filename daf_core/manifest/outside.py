"""Recordings that end before most of their utterances begin: their transcript has another clock, or
is of another recording.
"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.calls.marks import flagged
from daf_core.manifest.catalogue import Catalogue
from daf_core.schemas import Row
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name, part_number

PARTS_AT_MOST = 2_000  # with such rows; where more have them nothing is said
_READERS = 16


def mostly_outside(output: Output, known: Catalogue) -> dict[str, float]:
    """Id of a recording, most of whose utterances begin after its end → seconds at which the first
    of these begins.

    Part facts say which parts hold such utterances. They are read, and parts with further rows of
    the recordings in them; of most manifests none.
    """
    with_some = [
        part_number(name)
        for name, facts in known.facts.items()
        if facts.flags.get("outside_recording")
    ]
    if not 0 < len(with_some) <= PARTS_AT_MOST:
        return {}
    held = {entry.recording for number in with_some for entry in known.entries(number)}
    numbers = {number for recording in held for number in known.parts_of(recording)}
    rows, outside = Counter[str](), Counter[str]()
    first: dict[str, float] = {}
    with ThreadPoolExecutor(_READERS) as pool:
        for part in pool.map(lambda number: _counts(output, part_name(number)), sorted(numbers)):
            for one in part:
                name = one["recording_id"]
                rows[name] += one["outside_count"]
                outside[name] += one["outside_sum"]
                if one["begins_min"] is not None:
                    first[name] = min(first.get(name, one["begins_min"]), one["begins_min"])
    return {name: first_s for name, first_s in first.items() if 2 * outside[name] > rows[name]}


def _counts(output: Output, name: str) -> list[Row]:
    """Of each recording of a part: its rows, how many are outside, and where these begin."""
    rows = output.read(name, ["recording_id", "start_s", "flags"])
    outside = pa.array(flagged(rows, "outside_recording"))
    begins = pc.if_else(outside, rows["start_s"], None)
    columns = {"recording_id": rows["recording_id"], "outside": outside, "begins": begins}
    wanted = [("outside", "count"), ("outside", "sum"), ("begins", "min")]
    found: list[Row] = pa.table(columns).group_by("recording_id").aggregate(wanted).to_pylist()
    return found
