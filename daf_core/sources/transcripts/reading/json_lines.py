"""JSON Lines: one JSON value a line."""

import json
from typing import Any

from daf_core.sources.transcripts.document import Document


def first(document: Document) -> dict[str, Any] | None:
    """The object on the first line that is not empty; None if it holds something else."""
    start = document.text.lstrip()
    if not start.startswith("{"):
        return None
    value = _value(start.split("\n", 1)[0])
    return value if isinstance(value, dict) else None


def values(document: Document) -> list[Any] | None:
    """The values of all lines that are not empty, None where a line is no JSON; None for a document
    whose first line is no JSON object.
    """
    if first(document) is None:
        return None
    return [_value(line) for line in document.text.split("\n") if line.strip()]


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
