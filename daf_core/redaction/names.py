"""Numbers and addresses by which speakers are called, and those in what is known of a recording.

A caller's number is often the name of a speaker. Marks in names are numbered within a recording,
so that two speakers stay two: [PHONE 1], [PHONE 2].
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from operator import itemgetter

from daf_core.redaction.redact import spans_in
from daf_core.schemas import Row

NAMES = ("speaker", "role")
_WHOLE = frozenset({"[CARD]", "[IBAN]", "[SSN]", "[PHONE]"})


def redacted_rows(rows: Iterable[Row]) -> list[Row]:
    """Rows, in any order, with numbered marks in the names of speakers and roles. Numbers follow
    the time at which each first speaks in its recording.
    """
    rows = list(rows)
    of_recordings: dict[str | None, list[Row]] = {}
    for row in sorted(rows, key=lambda row: row["start_s"] or 0.0):
        of_recordings.setdefault(row["recording_id"], []).append(row)
    known = {
        recording_id: numbered_names(row[name] for row in own for name in NAMES)
        for recording_id, own in of_recordings.items()
    }
    return [with_names(row, known[row["recording_id"]]) for row in rows]


def with_names(row: Row, marks: Mapping[str, str]) -> Row:
    """A row with other names, by the names in `marks`."""
    changed = {name: marks[row[name]] for name in NAMES if row.get(name) in marks}
    return {**row, **changed} if changed else row


def numbered_names(names: Iterable[str | None]) -> dict[str, str]:
    """Of the names of one recording, in order of appearance, those with a number or an address: the
    name → the same with numbered marks. What was found twice has one number; two names stay two.
    """
    several = [name for name in dict.fromkeys(names) if name]
    found: dict[str, str] = {}
    numbered: dict[tuple[str, str], str] = {}
    for name in several:
        pieces, at = [], 0
        for span in spans_in(name):
            key = (span.mark, name[span.start : span.end])
            mark = numbered.get(key) or _free(span.mark, numbered.values(), several)
            numbered[key] = mark
            pieces += [name[at : span.start], mark]
            at = span.end
        if pieces:
            found[name] = "".join([*pieces, name[at:]])
    return found


def _free(mark: str, taken: Iterable[str], names: Sequence[str]) -> str:
    """The mark with the first number that no other name has."""
    used = {*taken}
    for number in count(1):
        one = f"{mark[:-1]} {number}]"
        if one not in used and not any(one in name for name in names):
            return one
    raise AssertionError


def redacted_meta(meta: Mapping[str, str]) -> dict[str, str]:
    """What is known of a recording with marks for mail addresses, and for values that are a phone
    number, a card, an IBAN or an SSN as a whole. Other digits stay: dates, numbers of cases.
    """
    return {key: _redacted_value(value) for key, value in meta.items()}


def _redacted_value(value: str) -> str:
    for span in sorted(spans_in(value), key=itemgetter(0), reverse=True):
        is_whole = not value[: span.start].strip() and not value[span.end :].strip()
        if span.mark == "[MAIL]" or (span.mark in _WHOLE and is_whole):
            value = f"{value[: span.start]}{span.mark}{value[span.end :]}"
    return value


def may_be_marked(pattern: str) -> bool:
    """Whether a pattern for names may mean one that has become a mark."""
    return "@" in pattern or any(map(str.isdigit, pattern))
