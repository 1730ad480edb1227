"""Of several ingests on one manifest only the last to start goes on; the others stop."""

import uuid
from dataclasses import replace

from daf_core.errors import NotDone
from daf_core.storage import run_record
from daf_core.storage.output import Output
from daf_core.storage.run_record import RunRecord


def take_over(output: Output, found: RunRecord | None) -> str:
    """Mark the run as unfinished and owned by a new attempt; returns the attempt's id.

    `found` is the run record that the caller read.

    Raises:
        NotDone: the run record has changed since.
    """
    if found is None or run_record.read(output) != found:
        raise _other_ingest(output)
    attempt = uuid.uuid4().hex
    facts = found.facts | {"attempt": attempt}
    run_record.write(output, replace(found, complete=False, facts=facts))
    return attempt


def check(output: Output, attempt: str) -> None:
    """Check that no other attempt has taken over; this one would not know what that one made.

    Raises:
        NotDone: another attempt has taken over, or has even finished.
    """
    record = run_record.read(output)
    if record is None or record.complete or record.facts.get("attempt") != attempt:
        raise _other_ingest(output)


def _other_ingest(output: Output) -> NotDone:
    return NotDone(
        f"{output.root}: another ingest is at work on this manifest; this one stops, the parts it "
        f"finished stay; run the command again when the other has ended"
    )
