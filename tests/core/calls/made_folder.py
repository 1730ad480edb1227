"""Finished scores in a folder, as `daf score` leaves them, of tables that are given."""

from pathlib import Path

import pyarrow as pa

from daf_core.storage import part_index, run_record
from daf_core.storage.output import Output, scores_output
from daf_core.storage.parquet import part_name
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from tests.core.calls.made_scores import NOTHING

IDENTITY = {"head": {"error_correlation": 0.25}}


def scores_folder(
    folder: Path, parts: list[pa.Table], quarantines: dict[int, pa.Table] | None = None
) -> Output:
    """Publish each table as a part, with the quarantine of its number."""
    output = scores_output(str(folder))
    run_record.begin(output, IDENTITY, fresh=False)
    fingerprint = run_record.fingerprint(IDENTITY)
    made = []
    for number, rows in enumerate(parts):
        quarantine = (quarantines or {}).get(number, NOTHING)
        facts = PartFacts(
            name=part_name(number),
            rows_fingerprint=run_record.fingerprint(rows.to_pylist().__repr__()),
            rows_in=len(rows) + len(quarantine),
            rows=len(rows),
            audio_s=1.0,
            reasons={},
        )
        publish_part(output, facts, rows, quarantine, fingerprint)
        made.append(facts)
    part_index.write(output.index_uri, made, fingerprint)
    run_record.finish(output, IDENTITY, {"parts": len(parts), "flags": {}, "scored": 0})
    return output
