"""A document about several recordings, cut into one text for each."""

import json
from collections.abc import Mapping
from typing import Any

from daf_core.errors import BadInput
from daf_core.sources.transcripts import reader_of
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.formats import ctm, nemo, rttm, segments, stm, table
from daf_core.sources.transcripts.reading import json_lines
from daf_core.sources.transcripts.reading.fields import by_recording
from daf_core.sources.transcripts.reading.headings import headings

# Files with these suffixes may be about several recordings.
SUFFIXES = frozenset({".rttm", ".ctm", ".stm", ".csv", ".tsv", ".jsonl", ".json"})
_FIELD = {rttm: 1, ctm: 0, stm: 0}  # which field of a line names the recording


def split(document: Document) -> dict[str, Document]:
    """Recording, as the document names it → what the document says of it, in the same format.

    Empty for a document that names no recording. Lines that name none go to none.
    """
    reader = reader_of(document)
    try:
        if reader in _FIELD:
            texts = by_recording(document.text.split("\n"), _FIELD[reader])
            found = {name: "\n".join(lines) for name, lines in texts.items() if name is not None}
        elif reader is table:
            found = table.by_recording(document)
        elif reader in (nemo, segments):
            found = _json(document)
        else:
            return {}
    except BadInput:
        return {}
    return {name: Document(document.name, text) for name, text in found.items()}


def _json(document: Document) -> dict[str, str]:
    """JSON Lines, or a list of objects."""
    value = document.json
    entries = value if isinstance(value, list) else json_lines.values(document) or []
    objects: list[Mapping[str, Any]] = [one for one in entries if isinstance(one, dict)]
    named = headings(dict.fromkeys(key for one in objects[:100] for key in one)).get("recording")
    if named is None:
        return {}
    found: dict[str, list[str]] = {}
    for one in objects:
        if isinstance(name := one.get(named.name), str):
            found.setdefault(name, []).append(json.dumps(one))
    return {name: f"[{','.join(several)}]" for name, several in found.items()}
