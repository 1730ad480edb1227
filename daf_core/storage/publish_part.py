"""The two files of a part: its quarantine first, then the part itself, which says it is finished.

A part is published only where nothing is, so that no attempt, however late, replaces what a newer
one made; what stands in the way of the run on record is an older run's, and is replaced.
"""

import pyarrow as pa

from daf_core.errors import NotDone
from daf_core.storage import files, parquet
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts

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
        if not files.create(uri, data) and files.read_bytes(uri) != data:
            _check_still_ours(output, fingerprint)
            if _is_retried(output, facts.part):
                return
            files.publish(uri, data)


def replace_part(
    output: Output, facts: PartFacts, rows: pa.Table, quarantine: pa.Table, fingerprint: str
) -> None:
    """Put a part with more of its rows, and then its smaller quarantine, in place of the old."""
    footer = {"daf.fingerprint": fingerprint, **facts.footer(), RETRIED_FOOTER: "yes"}
    for uri, data in reversed(_quarantine_and_part(output, facts.part, rows, quarantine, footer)):
        files.publish(uri, data)


def _quarantine_and_part(
    output: Output, part: str, rows: pa.Table, quarantine: pa.Table, footer: dict[str, str]
) -> list[tuple[str, bytes]]:
    """Where the two files of a part go, and their bytes."""
    own = {key.decode(): value.decode() for key, value in (rows.schema.metadata or {}).items()}
    return [
        (
            files.join(output.quarantine_uri, part),
            parquet.parquet_bytes(quarantine, "quarantine", footer),
        ),
        (
            files.join(output.parts_uri, part),
            parquet.parquet_bytes(rows, output.kind, {**own, **footer}),
        ),
    ]


def _is_retried(output: Output, part: str) -> bool:
    uri = files.join(output.parts_uri, part)
    return files.exists(uri) and RETRIED_FOOTER in parquet.read_footer(uri, output.kind)[1]


def _check_still_ours(output: Output, fingerprint: str) -> None:
    found = (files.read_json(output.record_uri) or {}).get("fingerprint")
    if found != fingerprint:
        raise NotDone(
            f"{output.root}: belongs to run {found} by now, this is run {fingerprint}; what the "
            f"other made is left as it is"
        )
