"""A document about several recordings, cut into one text for each."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from daf_core.errors import BadInput
from daf_core.sources.transcripts import reader_of
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.formats import ctm, nemo, rttm, segments, stm, table
from daf_core.sources.transcripts.own_tables import is_own_table
from daf_core.sources.transcripts.reading import json_lines
from daf_core.sources.transcripts.reading.fields import by_recording
from daf_core.sources.transcripts.reading.headings import headings

# Files with these suffixes may be about several recordings.
SUFFIXES = frozenset({".rttm", ".ctm", ".stm", ".csv", ".tsv", ".jsonl", ".json"})
_FIELD = {rttm: 1, ctm: 0, stm: 0}  # which field of a line names the recording


class Excerpts(NamedTuple):
    """What a document says of each recording, in the same format, by the name that it gives; and
    the places of what names no recording.
    """

    texts: Mapping[str, Document]
    nameless: list[str]


_NONE = Excerpts({}, [])


def split(document: Document) -> Excerpts:
    """What a document says of each recording; nothing for one that names no recording, or that daf
    wrote.
    """
    if is_own_table(document):
        return _NONE
    reader = reader_of(document)
    try:
        if reader in _FIELD:
            texts, nameless = by_recording(document.text.split("\n"), _FIELD[reader])
            found = {name: "\n".join(lines) for name, lines in texts.items()}
        elif reader is table:
            found, nameless = table.by_recording(document)
        elif reader in (nemo, segments):
            found, nameless = _json(document)
        else:
            return _NONE
    except BadInput:
        return _NONE
    named = {name: Document(document.name, text, document.guessed) for name, text in found.items()}
    return Excerpts(named, nameless if named else [])


def _json(document: Document) -> tuple[dict[str, str], list[str]]:
    """JSON Lines, or a list of objects."""
    value = document.json
    entries = value if isinstance(value, list) else json_lines.values(document) or []
    objects: list[Mapping[str, Any]] = [one for one in entries if isinstance(one, dict)]
    named = headings(dict.fromkeys(key for one in objects[:100] for key in one)).get("recording")
    if named is None:
        return {}, []
    found: dict[str, list[str]] = {}
    nameless = []
    for number, one in enumerate(entries, start=1):
        name = one.get(named.name) if isinstance(one, dict) else None
        if isinstance(name, str) and name.strip():
            found.setdefault(name, []).append(json.dumps(one))
        else:
            nameless.append(f"entry {number}")
    return {name: f"[{','.join(several)}]" for name, several in found.items()}, nameless
