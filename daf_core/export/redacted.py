"""Words of exported utterances with marks for numbers and addresses, as ingest redacts them."""

from collections.abc import Iterator

import pyarrow as pa

from daf_core.export.tables import Batches
from daf_core.redaction.redact import redacted_row


def redacted(batches: Batches) -> Iterator[pa.RecordBatch]:
    """The same utterances, with marks in `text`; those that have any are flagged `redacted`."""
    for batch in batches:
        rows = batch.select(["text", "flags"]).to_pylist()
        changed = [redacted_row(row) for row in rows]
        for name in ("text", "flags"):
            number = batch.schema.get_field_index(name)
            field = batch.schema.field(number)
            batch = batch.set_column(
                number, field, pa.array([row[name] for row in changed], field.type)
            )
        yield batch
