"""Many small parts → few large ones, in the same order: for readers that open every file.

A large part holds the rows of consecutive parts. What it is made of is in its facts, so that it is
made again where one of them has changed, and only there.
"""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pyarrow as pa

from daf_core.decimals import number_of
from daf_core.errors import NotDone
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import Output
from daf_core.storage.part_index import READERS, PartFacts


@dataclass(frozen=True)
class LargerPart:
    """A large part: its facts, and the names of the parts that it is made of, in order."""

    facts: PartFacts
    names: tuple[str, ...]


def sizes_of(output: Output) -> dict[str, int]:
    """The bytes of each part of an output by its name. Takes one listing."""
    fs, path = files.filesystem(output.parts_uri)
    found = {str(one["name"]).rpartition("/")[2]: one["size"] for one in fs.ls(path, detail=True)}
    return {name: size for name, size in found.items() if parquet.PART_NAME.fullmatch(name)}


def larger_parts(
    parts: Iterable[PartFacts], sizes: Mapping[str, int], least_bytes: int
) -> list[LargerPart]:
    """Put consecutive parts together until they hold `least_bytes`; the last may hold fewer. Parts
    that are added behind change no part but the last.
    """
    made: list[LargerPart] = []
    own: list[PartFacts] = []
    held = 0
    ordered = sorted(parts, key=lambda part: parquet.part_number(part.name))
    for number, part in enumerate(ordered, start=1):
        own.append(part)
        held += sizes[part.name]
        if held >= least_bytes or number == len(ordered):
            made.append(_together(len(made), own))
            own, held = [], 0
    return made


def read_together(source: Output, part: LargerPart) -> pa.Table:
    """The rows of a large part.

    Raises:
        NotDone: they are not those that the facts of the parts tell of, or cannot be read.
    """
    with ThreadPoolExecutor(READERS) as pool:
        tables = [one.replace_schema_metadata(None) for one in pool.map(source.read, part.names)]
    rows = pa.concat_tables(tables)
    if len(rows) != part.facts.rows:
        raise NotDone(
            f"{source.parts_uri}: expected {number_of(part.facts.rows, 'row')} in {part.names[0]} "
            f"to {part.names[-1]}, found {len(rows):,}; run the command again when nothing writes "
            f"there"
        )
    return rows


def _together(number: int, own: list[PartFacts]) -> LargerPart:
    made_of = [
        [one.name, one.rows_fingerprint, one.rows, one.reasons, one.flags, one.metadata]
        for one in own
    ]
    rows = sum(one.rows for one in own)
    facts = PartFacts(
        name=parquet.part_name(number),
        rows_fingerprint=run_record.fingerprint(made_of),
        rows_in=rows,
        rows=rows,
        audio_s=sum(one.audio_s for one in own),
        reasons={},
    )
    return LargerPart(facts, tuple(one.name for one in own))
