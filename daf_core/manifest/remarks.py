"""What the source has to say of the manifest that was made of it."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.manifest.catalogue import Catalogue
from daf_core.sources.hashed_ids import HashedSource
from daf_core.sources.open_source import Source
from daf_core.sources.remarks import Found, Remarks
from daf_core.storage.output import Output

_READERS = 16


def remarks(output: Output, known: Catalogue, source: Source | HashedSource) -> Remarks:
    """The remarks of a source on its manifest, which is up to date."""

    def values(column: str) -> Counter[Any]:
        def counted(name: str) -> Counter[Any]:
            rows = output.read(name, [column])[column]
            if pa.types.is_list(rows.type):
                rows = pc.list_flatten(rows)
            counts = rows.drop_null().value_counts().to_pylist()
            return Counter({row["values"]: row["counts"] for row in counts})

        with ThreadPoolExecutor(_READERS) as pool:
            return sum(pool.map(counted, output.part_names()), Counter())

    return source.remarks(
        Found(
            speakers=lambda: set(values("speaker")),
            channels=lambda: values("channel"),
            flags=lambda: set(values("flags")),
            outcome=known.outcome,
        )
    )
