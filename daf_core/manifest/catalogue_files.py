"""The files in which a manifest keeps its catalogue.

index/recordings/part-00007.parquet   the entries of part 7; published after the part and its
                                      quarantine, so the part is whole once this file exists
index/recordings.parquet              the entries of all parts of a finished ingest

A part's own file in the folder takes precedence over its entries in the merged file.
"""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.decimals import number_of
from daf_core.errors import NotDone
from daf_core.manifest.catalogue import Catalogue
from daf_core.storage import parquet, part_index
from daf_core.storage.files import join
from daf_core.storage.output import Output
from daf_core.storage.parquet import part_name, part_number
from daf_core.storage.part_index import PartFacts


def load(output: Output, fingerprint: str) -> Catalogue:
    """The catalogue of the manifest in `output`, of the run with this fingerprint.

    Costs two reads and a listing, and one read per part published since the last finished ingest.

    Raises:
        NotDone: a finished part is missing.
    """
    catalogue = Catalogue()
    loose = parquet.list_parts(output.recordings_uri)
    with ThreadPoolExecutor(16) as pool:
        _insert_finished(
            catalogue, output, part_index.read(output.index_uri, fingerprint), loose, pool
        )
        read = partial(parquet.read, kind="recordings")
        uris = [join(output.recordings_uri, name) for name in loose]
        for name, (table, footer) in zip(loose, pool.map(read, uris), strict=True):
            catalogue.put(part_number(name), table, PartFacts.from_footer(footer))
    in_removal = {part_name(number) for number in catalogue.parts_with_removed()}
    missing = catalogue.facts.keys() - in_removal - set(output.part_names())
    if missing:
        raise NotDone(
            f"{output.root}: {min(missing)} is missing ({number_of(len(missing), 'part')} in all); "
            f"restore the missing parts or start over with `fresh`"
        )
    return catalogue


def _insert_finished(
    catalogue: Catalogue,
    output: Output,
    known: dict[str, PartFacts],
    loose: list[str],
    pool: ThreadPoolExecutor,
) -> None:
    """Insert the entries of the last finished ingest, except of parts published since (`loose`)."""
    found = parquet.read_if_there(output.all_recordings_uri, "recordings")
    if found is None:
        return
    numbers = pa.array([part_number(name) for name in loose], pa.int64())
    finished = found[0].filter(pc.invert(pc.is_in(found[0]["part"], numbers)))
    catalogue.insert(finished)
    filled = pc.unique(finished.filter(pc.greater(finished["rows"], 0))["part"]).to_pylist()
    names = [part_name(number) for number in filled]

    def from_footer(name: str) -> PartFacts | None:
        return PartFacts.from_footer(output.footer(name))

    lost = [name for name in names if name not in known]
    known = known | {facts.name: facts for facts in pool.map(from_footer, lost) if facts}
    catalogue.facts = {name: known[name] for name in names}


def save(catalogue: Catalogue, output: Output, fingerprint: str) -> None:
    """Write the part index and the merged entries; the parts' own entries can be deleted then."""
    part_index.write(output.index_uri, catalogue.facts.values(), fingerprint)
    parquet.write(output.all_recordings_uri, catalogue.table(), "recordings")
