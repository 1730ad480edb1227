"""What decoding adds to the rows of a part."""

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa

from daf_core.schemas import DECODED_FLAGS, MANIFEST, Row

# A decoded part. It is never stored.
DECODED = pa.schema(
    [
        *MANIFEST,
        pa.field("previous_text", pa.string()),  # null: none, or the encoder does not read it
        pa.field("samples", pa.large_binary()),  # 16-bit mono at 16 kHz; null: no usable audio
        pa.field("reason", pa.string()),  # for the quarantine; null: the row can be encoded
        pa.field("message", pa.string()),
    ]
)


class Decoded(NamedTuple):
    """What decoding adds to a manifest row; flags come after those that the row has."""

    samples: bytes | None = None
    flags: Sequence[str] = ()
    reason: str | None = None
    message: str | None = None


def give_up(rows: pa.Table, reason: str, message: str) -> pa.Table:
    """The `rows` of a manifest part as a DECODED table in which every row is quarantined."""
    return table_of(rows.to_pylist(), [Decoded(reason=reason, message=message)] * len(rows))


def table_of(rows: list[Row], decoded: Sequence[Decoded]) -> pa.Table:
    """A DECODED table of manifest rows and of what was decoded of them."""
    both = [
        {**row, **found._asdict(), "flags": _flags(row, found)}
        for row, found in zip(rows, decoded, strict=True)
    ]
    return pa.Table.from_pylist(both, schema=DECODED)


def _flags(row: Row, found: Decoded) -> list[str]:
    """The flags of a manifest row and then those of decoding, each once. Of a row that names a
    recording decoding decides anew what ingest found of it: it may have come back.
    """
    anew = () if row["audio_uri"] is None else DECODED_FLAGS
    before = [flag for flag in row["flags"] if flag not in anew]
    return [*dict.fromkeys([*before, *found.flags])]
