"""JSON Lines: one JSON value a line; and JSON values one after another, whatever their lines."""

import json
import re
from typing import Any

from daf_core.sources.transcripts.document import MOST_JSON_VALUES, Document

_MOST_VALUES = 100_000
_NO_BLANK = re.compile(r"\S")


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


def concatenated(document: Document) -> list[Any] | None:
    """The values of a document that holds several objects one after another; None where it does
    not, is damaged before the second, or holds more than 100,000. What cannot be read is one value,
    None, at the end.
    """
    text = document.text
    if not text.lstrip().startswith("{") or sum(map(text.count, "{[,")) > MOST_JSON_VALUES:
        return None
    decoder = json.JSONDecoder()
    found: list[Any] = []
    position = _next(text, 0)
    while position < len(text):
        if len(found) > _MOST_VALUES:
            return None
        try:
            value, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            found.append(None)
            break
        found.append(value)
        position = _next(text, position)
    return found if sum(value is not None for value in found) > 1 else None


def _next(text: str, position: int) -> int:
    """Where the next character is that is no blank."""
    found = _NO_BLANK.search(text, position)
    return found.start() if found else len(text)


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
