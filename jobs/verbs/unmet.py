"""Why a condition holds of no call: what is known of the columns that it names."""

import pyarrow as pa

from daf_core.decimals import decimals
from daf_core.export.cells import cell
from daf_core.query.database import Database
from daf_core.query.hints import named, without_texts
from daf_core.query.metadata import identifier, literal

COLUMNS_AT_MOST = 4
VALUES_AT_MOST = 6
LETTERS_AT_MOST = 40  # of a value
_UNKNOWN = "is known of no call"


def unmet(database: Database, where: str) -> str:
    """That a condition holds of no call, and of the columns that it names the most frequent texts,
    or the least and the largest number or date.
    """
    condition = without_texts(where)
    fields = [
        field
        for field in database.query("SELECT * FROM calls LIMIT 0").schema
        if not pa.types.is_nested(field.type) and named(field.name, condition)
    ]
    said = [_known(database, field) for field in fields[:COLUMNS_AT_MOST]]
    return "; ".join(["no call fits the condition", *said])


def _known(database: Database, field: pa.Field) -> str:
    column = identifier(field.name)
    if not pa.types.is_string(field.type):
        ((low, high),) = _rows(database, f"SELECT min({column}), max({column}) FROM calls")
        return f"{field.name} {_UNKNOWN if low is None else f'is {_said(low)} to {_said(high)}'}"
    rows = _rows(
        database,
        f"SELECT {column}, count(*) OVER () FROM calls WHERE {column} IS NOT NULL "
        f"GROUP BY {column} ORDER BY count(*) DESC, {column} LIMIT {VALUES_AT_MOST}",
    )
    if not rows:
        return f"{field.name} {_UNKNOWN}"
    *others, last = [literal(_said(value)) for value, _ in rows]
    more = int(str(rows[0][1])) - len(rows)
    if more:
        return f"{field.name} is {', '.join([*others, last])} or one of {more:,} more"
    return f"{field.name} is {' or '.join([', '.join(others), last] if others else [last])}"


def _rows(database: Database, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in database.query(sql).to_pylist()]


def _said(value: object) -> str:
    found = decimals(value, 2) if isinstance(value, float) else str(cell(value))
    return found if len(found) <= LETTERS_AT_MOST else f"{found[: LETTERS_AT_MOST - 1]}…"
