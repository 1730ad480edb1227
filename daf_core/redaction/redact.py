"""What a text says of numbers and addresses, replaced by marks such as [CARD].

Each search takes time linear in the text: no regular expression here can match one place in two
ways, and what is looked for around a place is bounded.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from daf_core.redaction.addresses import mails
from daf_core.redaction.digits import ibans, numbers
from daf_core.redaction.found import Span
from daf_core.redaction.marks import flagged
from daf_core.redaction.spoken import said_mails, said_numbers
from daf_core.schemas import Row

VERSION = 2  # of what is found: belongs to the identity of a manifest
KINDS = {  # mark → what is counted, one and several
    "[CARD]": ("card", "cards"),
    "[IBAN]": ("IBAN", "IBANs"),
    "[SSN]": ("SSN", "SSNs"),
    "[PHONE]": ("phone number", "phone numbers"),
    "[MAIL]": ("mail address", "mail addresses"),
    "[NUMBER]": ("other number", "other numbers"),
}
# In order of precedence: of two that overlap the one of the first search stays.
_SEARCHES = (mails, said_mails, ibans, numbers, said_numbers)


class Redacted(NamedTuple):
    """A text with marks, and mark → how many were set."""

    text: str
    counts: Counter[str]


def redact(text: str) -> Redacted:
    """Replace payment cards (Luhn), IBANs (checksum), US social security numbers, phone numbers,
    mail addresses and other numbers of 5 digits and more; also those said as words in English.

    Amounts such as "1,500,000" and "one hundred", and numbers of 4 digits and less, stay; of words
    for digits three in a row are a number.
    """
    spans = spans_in(text)
    pieces, at = [], 0
    for span in spans:
        pieces += [text[at : span.start], span.mark]
        at = span.end
    return Redacted("".join([*pieces, text[at:]]), Counter(span.mark for span in spans))


def redacted_row(row: Row) -> Row:
    """A manifest row whose words have marks; it is flagged `redacted` if any was set."""
    if row["text"] is None:
        return row
    found = redact(row["text"])
    return flagged({**row, "text": found.text}) if found.counts else row


def marks_in(texts: Sequence[str | None]) -> dict[str, int]:
    """Mark → how often it stands in texts."""
    counts = {mark: sum(text.count(mark) for text in texts if text) for mark in KINDS}
    return {mark: count for mark, count in counts.items() if count}


def spans_in(text: str) -> list[Span]:
    """What is found, in order; nothing overlaps and each has its mark."""
    taken = bytearray(len(text))
    found = []
    for span in _all(text):
        if not any(taken[span.start : span.end]):
            taken[span.start : span.end] = b"\1" * (span.end - span.start)
            found.append(span)
    return sorted(found)


def _all(text: str) -> Iterator[Span]:
    for search in _SEARCHES:
        yield from search(text)
