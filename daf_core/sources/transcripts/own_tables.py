"""Tables that daf wrote of a source, and that lie in it: they have times and words, and would be
read as transcripts of the recordings that they are of.
"""

from daf_core.sources.table_start import said_separator
from daf_core.sources.transcripts.document import Document
from daf_core.sources.transcripts.reading import json_lines
from daf_core.sources.transcripts.reading.json_fields import first_object
from daf_core.sources.transcripts.reading.table_lines import cells_of

# Columns that no other tool has together: of `daf label`, and of utterances, calls and speakers of
# `daf export`. What `daf convert` writes has none of them, and is a transcript.
_MARKS = (
    frozenset({"utterance_id", "stands_for"}),
    frozenset({"utterance_id", "recording_id", "interval_low"}),
    frozenset({"recording_id", "sentiment_low", "sentiment_high"}),
)
_LONGEST_HEAD = 4_000
_DELIMITERS = (",", ";", "\t")  # spreadsheets change it


def is_own_table(document: Document) -> bool:
    """Whether the columns of a table, or the keys of its first object, are those of daf's."""
    names = _names(document)
    return any(marks <= names for marks in _MARKS)


def _names(document: Document) -> set[str]:
    head = said_separator(document.text[: 2 * _LONGEST_HEAD].lstrip("\ufeff \t\n"))[1]
    if not any("_id" in head and mark in head for mark in ("stands_for", "interval_", "sentiment")):
        return set()  # most files, and their JSON is not looked into
    if head[:1] == "{":
        return {*(json_lines.first(document) or {})}
    if head[:1] == "[":
        return {*first_object(document.json).values}
    line = head.partition("\n")[0]
    return {name.strip() for delimiter in _DELIMITERS for name in cells_of(line, delimiter)}
