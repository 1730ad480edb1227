"""What the source has to say of the manifest that was made of it."""

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

    def values(column: str) -> set[Any]:
        def distinct(name: str) -> list[Any]:
            rows = output.read(name, [column])[column]
            if pa.types.is_list(rows.type):
                rows = pc.list_flatten(rows)
            return rows.unique().to_pylist()  # type: ignore[no-any-return]

        with ThreadPoolExecutor(_READERS) as pool:
            found = pool.map(distinct, output.part_names())
            return {value for some in found for value in some if value is not None}

    return source.remarks(
        Found(
            speakers=lambda: values("speaker"),
            channels=lambda: values("channel"),
            flags=lambda: values("flags"),
            outcome=known.outcome,
        )
    )
