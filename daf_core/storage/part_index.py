"""What is known of every finished part: in the part's own footer, and for all parts in the index.

The index is written when a run is complete. It makes planning the next run two reads and one
listing, however many parts there are; without it, footers say the same, one read a part.
"""

import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import pyarrow as pa

from daf_core.errors import SettingsError
from daf_core.storage import files, parquet
from daf_core.storage.output import Output

FACTS_FOOTER = "daf.facts"
READERS = 32
SCHEMA = pa.schema(
    [
        pa.field("part", pa.string(), nullable=False),
        pa.field("contents", pa.string(), nullable=False),
        pa.field("rows_in", pa.int64(), nullable=False),
        pa.field("rows", pa.int64(), nullable=False),
        pa.field("audio_s", pa.float64(), nullable=False),
        pa.field("reasons", pa.map_(pa.string(), pa.int64()), nullable=False),
    ]
)


@dataclass(frozen=True, slots=True)
class PartFacts:
    """One finished part.

    contents: fingerprint of the manifest rows that the part holds, or was made from.
    rows: of rows_in, those that the part holds; the others are in its quarantine.
    audio_s: seconds of audio in rows_in.
    reasons: quarantined rows by reason.
    """

    part: str
    contents: str
    rows_in: int
    rows: int
    audio_s: float
    reasons: dict[str, int]

    def footer(self) -> dict[str, str]:
        """The footer entry that says this of a part, for `parquet.write`."""
        return {FACTS_FOOTER: json.dumps(asdict(self), sort_keys=True)}


def facts_in(footer: dict[str, str]) -> PartFacts | None:
    """What a part's footer says of it, None where it says nothing."""
    text = footer.get(FACTS_FOOTER)
    return None if text is None else PartFacts(**json.loads(text))


def write(uri: str, parts: Iterable[PartFacts], fingerprint: str) -> None:
    """Publish the index of the run with this fingerprint, in order of the parts' names."""
    rows = [
        {**asdict(part), "reasons": sorted(part.reasons.items())}
        for part in sorted(parts, key=lambda part: part.part)
    ]
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    parquet.write(uri, table, "index", {"daf.fingerprint": fingerprint})


def read(uri: str, fingerprint: str) -> dict[str, PartFacts]:
    """Part name → facts; empty where there is no index, or that of another run."""
    found = parquet.read_if_there(uri, "index")
    if found is None or found[1].get("daf.fingerprint") != fingerprint:
        return {}
    return {
        row["part"]: PartFacts(**{**row, "reasons": dict(row["reasons"])})
        for row in found[0].to_pylist()
    }


def of_finished(output: Output, record: dict[str, Any]) -> dict[str, PartFacts]:
    """Part name → facts of the finished run with this record; from footers if its index is lost.

    Raises:
        SettingsError: parts are missing, or say nothing of themselves.
    """
    found = read(output.index_uri, record["fingerprint"])
    if not found:
        with ThreadPoolExecutor(READERS) as pool:
            parts = pool.map(partial(_from_footer, output), parquet.list_parts(output.parts_uri))
            found = {facts.part: facts for facts in parts}
    if len(found) != record["parts"]:
        raise SettingsError(
            f"{output.root}: expected the {record['parts']} parts of a finished run of "
            f"{output.kind}, found {len(found)}; make it again"
        )
    return found


def _from_footer(output: Output, name: str) -> PartFacts:
    uri = files.join(output.parts_uri, name)
    facts = facts_in(parquet.read_footer(uri, output.kind)[1])
    if facts is None:
        raise SettingsError(f"{uri}: expected a part that says what it holds; make it again")
    return facts
