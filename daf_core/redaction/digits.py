"""Numbers as they are written: cards, IBANs, social security and phone numbers, long numbers."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from daf_core.redaction.checksums import is_card, is_iban
from daf_core.redaction.found import Span

UNBROKEN_LEAST, GROUPED_LEAST = 5, 7  # digits from which on a number is taken out
_CARD_GROUPS = 19  # a card has at most 19 digits
_PHONE_LEAST, _PHONE_MOST = 7, 15  # digits, E.164
# Digits with at most three signs between them; a sign is no digit, so there is one way to match.
# A comma joins single digits and groups of four, and never what may be thousands: 1,500,000.
_COMMA = r",(?!\d{3}(?!\d))|(?<!\d\d), (?=\d(?!\d))|(?<=\d{4}), (?=\d{4}(?!\d))"
_WRITTEN = re.compile(rf"\+?\(?\d(?:(?:[ \u00a0\u2009./()‐‑–-]{{0,3}}|{_COMMA})\d)*")
_GROUP = re.compile(r"\d+")
_IBAN = re.compile(r"(?<![^\W_])[A-Za-z]{2}\d{2}(?:[ -]?[A-Za-z0-9]){11,30}")


class _Group(NamedTuple):
    start: int
    end: int
    digits: str


def ibans(text: str) -> Iterator[Span]:
    """IBANs with or without blanks, of a known country, length and checksum."""
    for found in _IBAN.finditer(text):
        plain, ends = [], []
        for at in range(*found.span()):
            if text[at] not in " -":
                plain.append(text[at])
                ends.append(at + 1)
        length = is_iban("".join(plain))
        after = ends[length - 1] if length else 0
        if length and not (after < len(text) and text[after].isalnum()):
            yield Span(found.start(), after, "[IBAN]")


def numbers(text: str) -> Iterator[Span]:
    """Cards, social security numbers, phone numbers and other long numbers."""
    for found in _WRITTEN.finditer(text):
        written = found[0]
        if sum(map(str.isdigit, written)) < UNBROKEN_LEAST:
            continue
        groups = [
            _Group(found.start() + one.start(), found.start() + one.end(), _ascii(one[0]))
            for one in _GROUP.finditer(written)
        ]
        yield from _of_groups(written, found.start(), groups)


def _of_groups(written: str, start: int, groups: Sequence[_Group]) -> Iterator[Span]:
    """Cards among groups of digits, and what the groups between them are."""
    rest: list[_Group] = []
    number = 0
    while number < len(groups):
        last = _card_end(groups, number)
        if last:
            yield from _rest(written, start, rest)
            yield Span(groups[number].start, groups[last - 1].end, "[CARD]")
            rest, number = [], last
        else:
            rest.append(groups[number])
            number += 1
    yield from _rest(written, start, rest)


def _card_end(groups: Sequence[_Group], first: int) -> int:
    """The number of the group after a card that begins with the group `first`; 0: none does."""
    digits = ""
    for last in range(first, min(len(groups), first + _CARD_GROUPS)):
        digits += groups[last].digits
        if len(digits) > _CARD_GROUPS:
            return 0
        if is_card(digits):
            return last + 1
    return 0


def _rest(written: str, start: int, groups: Sequence[_Group]) -> Iterator[Span]:
    if not groups:
        return
    sizes = [len(group.digits) for group in groups]
    total, longest = sum(sizes), max(sizes)
    first, end = groups[0].start, groups[-1].end
    # Signs before the number belong to it: the + or ( of a phone number.
    before = written[max(0, first - start - 2) : first - start]
    lead = len(before) - len(before.rstrip("+("))
    opened = first - lead
    if sizes == [3, 2, 4] and _is_social_security(groups, written[first - start : end - start]):
        yield Span(first, end, "[SSN]")
    elif _is_phone(sizes, total, marked=lead > 0):
        yield Span(opened, end, "[PHONE]")
    elif longest >= UNBROKEN_LEAST or total >= GROUPED_LEAST:
        yield Span(opened, end, "[NUMBER]")


def _is_phone(sizes: Sequence[int], total: int, marked: bool) -> bool:
    if not _PHONE_LEAST <= total <= _PHONE_MOST:
        return False
    american = [*sizes[-2:]] == [3, 4] and (len(sizes) == 2 or sizes[-3] == 3)
    return marked or (american and total in (7, 10, 11)) or (len(sizes) > 2 and 9 <= total <= 12)


def _is_social_security(groups: Sequence[_Group], written: str) -> bool:
    """As 123-45-6789, of an area, a group and a number that are given out."""
    area, group, serial = (one.digits for one in groups)
    return (
        len(written) == 11
        and area not in ("000", "666")
        and (area[0] != "9" and group != "00" and serial != "0000")
    )


def _ascii(digits: str) -> str:
    """Digits of any script as 0 to 9."""
    return "".join(str(unicodedata.decimal(one, 0)) for one in digits)
