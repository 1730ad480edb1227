"""Metadata that a manifest gives its rows, in the tables that are made of them."""

from dataclasses import replace

import pyarrow as pa

from daf_core.schemas import META
from daf_core.storage import parquet
from daf_core.storage.files import join
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts


def bring_metadata(
    output: Output, made_from: Output, part: PartFacts, metadata: str
) -> PartFacts | None:
    """Publish a part again with the metadata that the part it is made from has now; returns its
    facts. Everything else stays as it is. None, and nothing is published, where it cannot be told
    which metadata is that of a row.

    part: facts of the part of `output`; metadata: the fingerprint of what it gets.

    Raises:
        SettingsError: a part is missing, or is no such table.
        NotDone: the storage fails.
    """
    rows, footer = parquet.read(output.part_uri(part.name), output.kind)
    facts = replace(part, metadata=metadata)
    if META.name in rows.column_names:
        metas = _metas(rows, made_from.read(part.name, _COLUMNS))
        if metas is None:
            return None
        index = rows.schema.get_field_index(META.name)
        rows = rows.set_column(index, META, pa.array(metas, META.type))
    uri = join(output.quarantine_uri, part.name)
    if (refused := parquet.read_if_there(uri, "quarantine")) is not None:
        parquet.write(uri, _refused(output, made_from, part.name), "quarantine", refused[1])
    parquet.write(output.part_uri(part.name), rows, output.kind, footer | facts.footer())
    return facts


def _refused(output: Output, made_from: Output, name: str) -> pa.Table:
    """The quarantine of a part with the metadata that its rows have now, in the manifest or in its
    quarantine; what has none there keeps its own.
    """
    rows = output.read_quarantine(name)
    now: dict[tuple[str | None, str | None], Meta] = {}
    tables = [made_from.read(name, _COLUMNS)]
    if made_from.has_quarantine(name):
        tables.insert(0, made_from.read_quarantine(name, _COLUMNS))
    for table in tables:
        now |= {
            (row["recording_id"], row["utterance_id"]): row[META.name] for row in table.to_pylist()
        }
    metas = [
        now.get((row["recording_id"], row["utterance_id"]), row[META.name])
        for row in rows.select(_COLUMNS).to_pylist()
    ]
    return rows.set_column(rows.schema.get_field_index(META.name), META, pa.array(metas, META.type))


Meta = list[tuple[str, str]] | None
_COLUMNS = ["utterance_id", "recording_id", META.name]


def _metas(rows: pa.Table, source: pa.Table) -> list[Meta] | None:
    """The metadata of each row: of the row of its id; of an utterance that was cut out of a row, as
    `daf transcribe` does, of its recording. None where rows of such a recording have several.
    """
    by_id: dict[str, Meta] = {}
    by_recording: dict[str, list[Meta]] = {}
    for row in source.to_pylist():
        by_id[row["utterance_id"]] = row[META.name]
        own = by_recording.setdefault(row["recording_id"], [])
        if row[META.name] not in own:
            own.append(row[META.name])
    found: list[Meta] = []
    for row in rows.select(_COLUMNS[:2]).to_pylist():
        own = (
            [by_id[row["utterance_id"]]]
            if row["utterance_id"] in by_id
            else (by_recording.get(row["recording_id"], []))
        )
        if len(own) != 1:
            return None
        found.append(own[0])
    return found
