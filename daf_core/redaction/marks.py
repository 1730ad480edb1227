"""Marks that stand in a text for what was taken out of it: ours, and those of other tools."""

import re

import pyarrow as pa

from daf_core.schemas import Row

REDACTED = "redacted"  # the flag of rows with a mark

# [CARD], [NAME-1], [CREDIT_DEBIT_NUMBER], <PHONE_NUMBER>, {{PII}}, "***", "####", blocks. Each
# quantifier is bounded or stands before what it cannot match: the time is linear in the text.
_BRACKETED = re.compile(r"\[[^\W_][^\[\]]{1,40}\]|<[^\W_][^<>]{1,40}>|\{\{?[^\W_][^{}]{1,40}\}\}?")
_BLOTTED = re.compile(r"(?<![\w*#█])(?:\*{3,}|#{3,}|█{2,})(?![\w*#█])")
_SIGNS = re.compile(r"[\[<{*#█]")
_WORD = re.compile(r"[^\W\d_]+")
# A bracket is a mark if all its words are of these and one is of the first.
_NAMES = frozenset(
    [
        "account",
        "address",
        "bank",
        "bic",
        "cvv",
        "card",
        "censored",
        "credential",
        "credentials",
        "date",
        "debit",
        "dob",
        "driver",
        "email",
        "gpe",
        "iban",
        "ip",
        "license",
        "licence",
        "location",
        "mail",
        "mask",
        "masked",
        "name",
        "nrp",
        "number",
        "org",
        "organization",
        "passport",
        "password",
        "person",
        "phi",
        "phone",
        "pii",
        "pin",
        "redacted",
        "removed",
        "routing",
        "sin",
        "ssn",
        "swift",
        "tax",
        "url",
        "username",
        "vin",
        "zip",
        "zipcode",
    ]
)
_BESIDE = frozenset(
    [
        "age",
        "api",
        "aws",
        "bank",
        "birth",
        "card",
        "city",
        "code",
        "country",
        "credit",
        "debit",
        "driver",
        "drivers",
        "expiry",
        "family",
        "first",
        "full",
        "given",
        "health",
        "id",
        "in",
        "insurance",
        "international",
        "key",
        "last",
        "middle",
        "national",
        "of",
        "postal",
        "private",
        "protected",
        "social",
        "security",
        "state",
        "street",
        "time",
        "us",
        "uk",
        "vehicle",
    ]
)


def is_mark(bracketed: str) -> bool:
    """Whether a bracket with what is in it stands for something that was taken out."""
    words = [word.casefold() for word in _WORD.findall(bracketed)]
    return any(word in _NAMES for word in words) and all(
        word in _NAMES or word in _BESIDE for word in words
    )


def without_marks(text: str) -> str:
    """The words of a text; what is left may hold none."""
    if not _SIGNS.search(text):
        return text
    bare = _BRACKETED.sub(lambda found: " " if is_mark(found[0]) else found[0], text)
    bare = _BLOTTED.sub(" ", bare)
    return text if bare == text else " ".join(bare.split())


def flagged(row: Row) -> Row:
    """A row with the flag `redacted`."""
    return {**row, "flags": [*dict.fromkeys([*row["flags"], REDACTED])]}


def spoken_only(rows: pa.Table) -> pa.Table:
    """Rows with the words of their texts alone: without marks, and null where nothing else was
    said. A row that had marks is flagged `redacted`.
    """
    texts = rows["text"].to_pylist()
    bare = [None if text is None else without_marks(text) for text in texts]
    if bare == texts:
        return rows
    marked = [one != text for one, text in zip(bare, texts, strict=True)]
    words = [
        None if one is None or (has_marks and not any(map(str.isalnum, one))) else one
        for one, has_marks in zip(bare, marked, strict=True)
    ]
    flags = [
        [*dict.fromkeys([*own, REDACTED])] if has_marks else own
        for own, has_marks in zip(rows["flags"].to_pylist(), marked, strict=True)
    ]
    for name, values in (("text", words), ("flags", flags)):
        number = rows.schema.get_field_index(name)
        field = rows.schema.field(number)
        rows = rows.set_column(number, field, pa.array(values, field.type))
    return rows
