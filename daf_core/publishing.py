"""The two files of a part: its quarantine first, then the part itself, which says it is finished.

A part is published only where nothing is, so that no attempt, however late, replaces what a newer
one made; what stands in the way of the run on record is an older run's, and is replaced.
"""

import pyarrow as pa

from daf_core import tables
from daf_core.errors import NotDone
from daf_core.index import PartFacts
from daf_core.runs import Output

RETRIED_FOOTER = "daf.retried"  # the part holds rows that were quarantined at first


def publish_part(
    output: Output, facts: PartFacts, rows: pa.Table, quarantine: pa.Table, fingerprint: str
) -> None:
    """Publish a part's quarantine and then the part, each only where nothing is.

    Raises:
        NotDone: the output now belongs to another run, or cannot be written.
    """
    footer = {"daf.fingerprint": fingerprint, **facts.footer()}
    for uri, data in _quarantine_and_part(output, facts.part, rows, quarantine, footer):
        if not tables.create(uri, data) and tables.read_bytes(uri) != data:
            _check_still_ours(output, fingerprint)
            if _is_retried(output, facts.part):
                return
            tables.publish(uri, data)


def replace_part(
    output: Output, facts: PartFacts, rows: pa.Table, quarantine: pa.Table, fingerprint: str
) -> None:
    """Put a part with more of its rows, and then its smaller quarantine, in place of the old."""
    footer = {"daf.fingerprint": fingerprint, **facts.footer(), RETRIED_FOOTER: "yes"}
    for uri, data in reversed(_quarantine_and_part(output, facts.part, rows, quarantine, footer)):
        tables.publish(uri, data)


def _quarantine_and_part(
    output: Output, part: str, rows: pa.Table, quarantine: pa.Table, footer: dict[str, str]
) -> list[tuple[str, bytes]]:
    """Where the two files of a part go, and their bytes."""
    own = {key.decode(): value.decode() for key, value in (rows.schema.metadata or {}).items()}
    return [
        (
            tables.join(output.quarantine_uri, part),
            tables.parquet_bytes(quarantine, "quarantine", footer),
        ),
        (
            tables.join(output.parts_uri, part),
            tables.parquet_bytes(rows, output.kind, {**own, **footer}),
        ),
    ]


def _is_retried(output: Output, part: str) -> bool:
    uri = tables.join(output.parts_uri, part)
    return tables.exists(uri) and RETRIED_FOOTER in tables.read_footer(uri, output.kind)[1]


def _check_still_ours(output: Output, fingerprint: str) -> None:
    found = (tables.read_json(output.record_uri) or {}).get("fingerprint")
    if found != fingerprint:
        raise NotDone(
            f"{output.root}: belongs to run {found} by now, this is run {fingerprint}; what the "
            f"other made is left as it is"
        )
