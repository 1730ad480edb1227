"""What a report says of quarantined rows: of the scores, and of the manifest before them."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from daf_core.errors import FILE_REASONS, REASONS
from daf_core.storage.files import join, read_json
from daf_core.storage.output import manifest_output
from daf_core.storage.parquet import list_parts, read

LETTERS_AT_MOST = 280  # of a message, or of an utterance's text


@dataclass(frozen=True)
class ReasonCount:
    """Rows quarantined for one reason. example: the first message, which may name files and quote
    words; empty where it is not wanted.
    """

    reason: str
    meaning: str
    rows: int
    example: str


@dataclass(frozen=True)
class AtIngest:
    """What ingest quarantined, as the manifest says; `note` says why that is not known, if so."""

    quarantined: int = 0
    reasons: list[ReasonCount] = field(default_factory=list)
    note: str = ""


def quarantine_reasons(folder: str, examples: bool) -> tuple[int, list[ReasonCount]]:
    """How many rows the quarantine holds, and how many for each reason; examples: with a message of
    each.
    """
    counts: Counter[str] = Counter()
    first: dict[str, str] = {}
    for part in list_parts(folder):
        rows, _ = read(join(folder, part), "quarantine", ["reason", "message"])
        for row in rows.to_pylist():
            counts[row["reason"]] += 1
            first.setdefault(row["reason"], row["message"])
    reasons = [
        ReasonCount(
            reason,
            (REASONS | FILE_REASONS).get(reason, ""),
            rows,
            shortened(first[reason]) if examples else "",
        )
        for reason, rows in counts.most_common()
    ]
    return counts.total(), reasons


def at_ingest(manifest: Any, examples: bool) -> AtIngest:
    """What ingest quarantined, from the folder of a manifest; examples: with messages."""
    if not isinstance(manifest, str):
        return AtIngest(note="run.json names no manifest; daf report can be given one")
    if read_json(manifest_output(manifest).record_uri) is None:
        note = f"there is no finished manifest at {manifest}; daf report can be given another"
        return AtIngest(note=note)
    return AtIngest(*quarantine_reasons(manifest_output(manifest).quarantine_uri, examples))


def shortened(text: str) -> str:
    """A text on one line, at most LETTERS_AT_MOST long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= LETTERS_AT_MOST else flat[: LETTERS_AT_MOST - 1] + "…"
