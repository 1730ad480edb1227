"""Rows of a manifest for tests of the stages."""

import pyarrow as pa

from daf_core.schemas import MANIFEST

RATE_HZ = 16_000


def manifest_rows(*rows):
    blank = dict.fromkeys(MANIFEST.names) | {"meta": [], "flags": []}
    full = [
        {**blank, "utterance_id": f"u{number}", "recording_id": "r", **row}
        for number, row in enumerate(rows)
    ]
    return pa.Table.from_pylist(full, schema=MANIFEST)
