"""Columns of days that are kept as text, in queries that take them for dates.

Text is compared letter by letter, so such a query would give wrong rows and say nothing.
"""

import re
from collections.abc import Sequence

from daf_core.query.days import formats
from daf_core.query.hints import own_name, without_texts
from daf_core.query.metadata import MetaColumn, identifier, literal

_BEFORE = r"(?<!::)(?<!:: )"  # x::date is a type
_AFTER = r"(?!\s*(?:::|[('.]))"  # a cast, a function, a literal as DATE '…', the name of a table
_MORE_OR_LESS = r"(?:<(?!>)=?|(?<![<=-])>=?)"


def days_in_order(sql: str, columns: Sequence[MetaColumn]) -> str | None:
    """What to write where a query orders a column of days that is text by <, > or BETWEEN; None
    where it orders none.

    columns: what the source says of calls.
    """
    bare = without_texts(sql)
    for column in columns:
        if column.day is None:
            continue
        own = own_name(column.name)
        if re.search(rf"\bas\s+{own}", bare, re.IGNORECASE):  # the query makes one of its own
            continue
        left = rf"{_BEFORE}{own}\s*(?:{_MORE_OR_LESS}|(?:not\s+)?between\b)"
        right = rf"{_MORE_OR_LESS}\s*(?:\w+\s*\.\s*)?{own}{_AFTER}"
        if re.search(f"{left}|{right}", bare, re.IGNORECASE):
            return as_dates(column, column.day)
    return None


def as_dates(column: MetaColumn, day: str) -> str:
    """How to take the column as dates, of which `day` is one as text."""
    own, (likely, *others) = identifier(column.name), formats(day)
    other = f" ({literal(others[0])} where months come first)" if others else ""
    return (
        f'expected dates in the column {own}, found text such as "{day}", which is compared letter '
        f"by letter; write try_strptime({own}, {literal(likely)}){other} in its place, or write "
        f"such days as 2026-03-02 in the source and ingest it again"
    )
