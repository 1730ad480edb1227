"""The words of a manifest: dropped when they are no longer needed, and missed when they are.

The text of a row is null where there never was one, and empty where it was dropped.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.errors import NotDone
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import Output
from daf_core.storage.run_record import RunRecord

TEXT_FACT = "text"  # in the run record of a manifest: "dropped"
_FOOTER = {"daf.text": "dropped"}
_AT_ONCE = 16


def were_dropped(record: RunRecord | None) -> bool:
    """Whether words of the manifest with this record were dropped, or were about to be."""
    return record is not None and record.facts.get(TEXT_FACT) == "dropped"


def has_dropped(rows: pa.Table) -> bool:
    """Whether a row has lost its words."""
    return bool(pc.any(pc.equal(rows["text"], "")).as_py())


def check_words(rows: pa.Table, uri: str) -> None:
    """Check that rows have the words that they came with: without them scores would differ.

    Raises:
        NotDone: they were dropped.
    """
    if has_dropped(rows):
        raise NotDone(
            f"{uri}: expected rows with their words, found that these were dropped; score the "
            f"source again with `drop_text`, which reads them again, or forget recordings that "
            f"the source no longer has (`daf forget`)"
        )


def drop_words(manifest: Output) -> int:
    """Publish the parts of a manifest without their words; returns how many had any.

    Facts and fingerprints stay those of the rows with words, so that what was made of them is
    still known to be. Safe to interrupt and to run again: the record says first that words are
    dropped, and each part is replaced whole.

    Raises:
        NotDone: the storage fails.
    """
    record = run_record.read(manifest)
    if record is not None and not were_dropped(record):
        facts = record.facts | {TEXT_FACT: "dropped"}
        run_record.write(manifest, replace(record, facts=facts))
    words = parquet.list_parts(manifest.words_uri)
    files.delete_all(manifest.words_uri, words)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return sum(pool.map(partial(_drop, manifest), manifest.part_names()))


def _drop(manifest: Output, name: str) -> bool:
    if _FOOTER.items() <= manifest.footer(name).items():
        return False
    uri = manifest.part_uri(name)
    rows, footer = parquet.read(uri, manifest.kind)
    texts = rows["text"].to_pylist()
    number = rows.schema.get_field_index("text")
    empty = pa.array([None if text is None else "" for text in texts], pa.string())
    bare = rows.set_column(number, rows.schema.field(number), empty)
    parquet.write(uri, bare, manifest.kind, footer | _FOOTER)
    return any(texts)
