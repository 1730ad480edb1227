"""Quarantine rows whose messages name no file: for manifests with hashed ids."""

import pyarrow as pa

from daf_core.errors import FILE_REASONS, REASONS
from daf_core.schemas import QUARANTINE


def without_names(quarantine: pa.Table) -> pa.Table:
    """The same rows without audio_uri and file; each message says what the reason means."""
    said = REASONS | FILE_REASONS
    messages = [said.get(reason, reason) for reason in quarantine["reason"].to_pylist()]
    columns = {name: quarantine[name] for name in QUARANTINE.names}
    empty = pa.nulls(len(quarantine), pa.string())
    columns |= {"audio_uri": empty, "file": empty, "message": pa.array(messages, pa.string())}
    return pa.table(columns, schema=QUARANTINE)
