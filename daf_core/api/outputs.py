"""Open what daf commands wrote: heads, scores, manifests, quarantine."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.schemas import MANIFEST, QUARANTINE, SCORES
from daf_core.stages import trained_head
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage import parquet, run_record
from daf_core.storage.output import Output, embeddings_output, manifest_output, scores_output


def open_head(folder: str) -> TrainedHead:
    """Open a head that `daf train` wrote, local or in an object store, or a default head by name.

    Its encoders are loaded by `score` or `Scorer`, not here.

    Raises:
        SettingsError: there is no head, it is of another version, or its weights are damaged.

    >>> head = daf_core.open_head("head")
    >>> head.kind
    'daf'
    """
    return trained_head.load(folder)


def read_scores(folder: str, manifest: str | None = None) -> pa.Table:
    """Read all scores that `daf score` wrote, one row per scored utterance, in manifest order.

    Args:
        folder: the folder given to `daf score --out`.
        manifest: folder of the manifest that was scored. Its text is added as column `text`.

    Raises:
        SettingsError: the folder holds no finished scores, or the manifest lacks a part of them.

    >>> scores = daf_core.read_scores("scores", manifest="manifest")
    >>> scores.select(["utterance_id", "sentiment", "text"]).num_rows
    97
    """
    output = scores_output(folder)
    run_record.read_complete(output)
    tables: Iterator[pa.Table] = output.read_all()
    if manifest is not None:
        source = manifest_output(manifest)
        tables = (_with_text(output, source, name) for name in output.part_names())
    return _joined(tables, SCORES)


def _with_text(scores: Output, manifest: Output, name: str) -> pa.Table:
    rows, said = scores.read(name), manifest.read(name, ["utterance_id", "text"])
    found = pc.index_in(rows["utterance_id"], value_set=said["utterance_id"].combine_chunks())
    return rows.append_column("text", said["text"].take(found))


def read_manifest(folder: str) -> pa.Table:
    """Read all rows of a manifest that `daf ingest` wrote, one per utterance.

    Raises:
        SettingsError: the folder holds no finished manifest.

    >>> daf_core.read_manifest("manifest").num_rows
    97
    """
    output = manifest_output(folder)
    run_record.read_complete(output)
    return _joined(output.read_all(), MANIFEST)


def read_quarantine(folder: str) -> pa.Table:
    """Read the rows that could not be used, each with its stage, reason and message.

    Args:
        folder: a folder that `daf ingest`, `daf embed` or `daf score` wrote. That of scores has the
            rows that could not be scored; what ingest could not use is in that of the manifest.

    Raises:
        SettingsError: the folder holds no finished run of these commands.

    >>> daf_core.read_quarantine("scores").num_rows
    0
    """
    output = _output_in(folder)
    run_record.read_complete(output)
    names = parquet.list_parts(output.quarantine_uri)
    return _joined((output.read_quarantine(name) for name in names), QUARANTINE)


def _output_in(folder: str) -> Output:
    """The layout of what is in a folder; that of scores where nothing is."""
    scores = scores_output(folder)
    record = run_record.read(scores)
    known = (manifest_output(folder), embeddings_output(folder))
    found = [output for output in known if record is not None and record.kind == output.kind]
    return found[0] if found else scores


def _joined(tables: Iterator[pa.Table], schema: pa.Schema) -> pa.Table:
    """All tables as one, without the footers of their files; an empty one of `schema` for none."""
    found = [table.replace_schema_metadata(None) for table in tables]
    # Parts of an older run may lack a column.
    return pa.concat_tables(found, promote_options="default") if found else schema.empty_table()
