"""What is before the header of a table: a line "sep=;", as Excel has it; titles of an export."""

import re
from collections.abc import Sequence

from daf_core.sources.transcripts.reading.headings import headings

_SAID = re.compile(r'\ufeff?"?sep=(.)"?\r?(?:\n|\Z)', re.IGNORECASE)
MOST_TITLES = 10
_NAMED = frozenset({"recording", "text", "word"})


def said_separator(text: str) -> tuple[str | None, str]:
    """The separator that a first line "sep=;" names, and the text after that line; None and the
    text as it is where there is no such line.
    """
    said = _SAID.match(text)
    return (None, text) if said is None else (said[1], text[said.end() :])


def titles_before(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows are titles of an export: those before the first row that names a
    recording or its words, if each of them has fewer cells that hold something.
    """
    most = 0
    for number, row in enumerate(rows[: MOST_TITLES + 1]):
        names = [cell.strip() for cell in row if cell.strip()]
        wider = len(names) > max(most, 1) and len({*names}) == len(names)
        if wider and _NAMED & headings(names).keys():
            return number
        most = max(most, len(names))
    return 0
