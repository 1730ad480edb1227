"""Several ingests on one manifest: the one that came last is at work, the others stop."""

import uuid
from typing import Any

from daf_core.errors import NotDone
from daf_core.storage import files
from daf_core.storage.output import Output


def take_over(output: Output, found: dict[str, Any]) -> str:
    """Mark the run whose record was `found` as under way, by a new attempt; gives its id.

    Raises:
        NotDone: the record is another by now.
    """
    if files.read_json(output.record_uri) != found:
        raise NotDone(_in_other_hands(output))
    attempt = uuid.uuid4().hex
    files.write_json(output.record_uri, found | {"complete": False, "attempt": attempt})
    return attempt


def check(output: Output, attempt: str) -> None:
    """Stop an attempt that another has taken over from, as it does not know what that one made.

    Raises:
        NotDone: as said.
    """
    record = files.read_json(output.record_uri) or {}
    if record.get("attempt") != attempt or record.get("complete"):
        raise NotDone(_in_other_hands(output))


def _in_other_hands(output: Output) -> str:
    return (
        f"{output.root}: another ingest is at work on this manifest; this one stops, and what it "
        f"finished stays; run the command again when the other has ended"
    )
