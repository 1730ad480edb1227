"""What the source says of calls as columns: in the order of the source, as numbers and dates where
every value reads as one.

The tables hold all of it as text. A column is decided by all calls of the archive, so that a code
such as 007, a phone number with a leading zero or a single "n/a" leaves it a text.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from daf_core.query.days import DAY

META_COLUMNS_AT_MOST = 200
KEY_LISTS_AT_MOST = 1_000  # that the order is taken from
NAMES_AT_MOST = 2_000  # that are put in order, which takes the square of their number
TEXT = "VARCHAR"

# Days before months, and years: with dots nobody writes another order.
_WITH_DOTS = {
    "DATE": "['%d.%m.%Y']",
    "TIMESTAMP": "['%d.%m.%Y', '%d.%m.%Y %H:%M', '%d.%m.%Y %H:%M:%S', '%d.%m.%Y %H:%M:%S.%g', "
    "'%d.%m.%YT%H:%M', '%d.%m.%YT%H:%M:%S', '%d.%m.%YT%H:%M:%S.%g']",
}

# No sign but minus, no leading zero, and no more digits than a double and a spreadsheet keep.
_WHOLE = "-?(0|[1-9][0-9]{0,14})"
_DAY = "([0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}\\.[0-9]{1,2}\\.[1-9][0-9]{3})"  # or 28.11.2026
_KINDS = {  # type in SQL → pattern of its texts; the first that fits all values
    "BIGINT": _WHOLE,
    "DOUBLE": "-?(0|[1-9][0-9]{0,8})(\\.[0-9]{1,6})?",
    "DATE": _DAY,
    "TIMESTAMP": f"{_DAY}([ T][0-9]{{2}}:[0-9]{{2}}(:[0-9]{{2}}(\\.[0-9]{{1,6}})?)?)?",
}
# A value that is a day, where most are; one that tells days from months, if any does.
_IS_DAY = f"regexp_full_match(value, '{DAY}')"
_PAST_12 = "(1[3-9]|[2-9][0-9])[/.-]"
_DAY_OF_MOST = (
    f"CASE WHEN 2 * count(*) FILTER ({_IS_DAY}) > count(*) THEN "
    f"max(CASE WHEN regexp_matches(value, '^{_PAST_12}') THEN '2' "
    f"WHEN regexp_matches(value, '^[0-9]+[/.-]{_PAST_12}') THEN '1' ELSE '0' END || value) "
    f"FILTER ({_IS_DAY})[2:] END"
)


@dataclass(frozen=True)
class MetaColumn:
    """One thing that the source says of calls, under the name that it has there.

    kind: type in SQL, one of BIGINT, DOUBLE, DATE, TIMESTAMP, VARCHAR; day: of a text most of whose
    values are days such as 02/03/2026, one of these.
    """

    name: str
    kind: str
    day: str | None = None

    @property
    def text(self) -> str:
        """The value as the source has it, in SQL over a table with `meta`; null where blank."""
        return f"nullif(trim(meta[{literal(self.name)}]), '')"

    @property
    def value(self) -> str:
        """The value in SQL. Null where it is no such number or date, as an utterance's may be that
        differs from others of its call: the decision is by what is said of whole calls.
        """
        if self.kind == TEXT:
            return f"meta[{literal(self.name)}]"
        return f"CASE WHEN {_fits(self.text, self.kind)} THEN {_cast(self.text, self.kind)} END"


def meta_columns(connection: duckdb.DuckDBPyConnection, calls: str) -> list[MetaColumn]:
    """The columns of what is said of calls, each once whatever its case, META_COLUMNS_AT_MOST at
    most, in the order of the source.

    calls: name of a table or view with the column `meta`.
    """
    lists = connection.sql(
        f"SELECT map_keys(meta) AS keys FROM {calls} WHERE meta IS NOT NULL GROUP BY keys "
        f"ORDER BY len(keys) DESC, count(*) DESC, keys LIMIT {KEY_LISTS_AT_MOST}"
    ).fetchall()
    names = _in_order(keys for (keys,) in lists)[:META_COLUMNS_AT_MOST]
    said = (
        f"SELECT unnest(map_keys(meta)) AS key, trim(unnest(map_values(meta))) AS value "
        f"FROM {calls}"
    )
    fitting = ", ".join(f"bool_and({_fits('value', kind)})" for kind in _KINDS)
    rows = connection.sql(
        f"SELECT key, {_DAY_OF_MOST}, {fitting} FROM ({said}) WHERE value <> '' GROUP BY key"
    )
    found = {}
    for key, day, *fits in rows.fetchall():
        kind = next((kind for kind, one in zip(_KINDS, fits, strict=True) if one), TEXT)
        found[key] = MetaColumn(key, kind, day if kind == TEXT else None)
    return [found.get(name, MetaColumn(name, TEXT)) for name in names]


def no_such_value(column: str, kind: str) -> str:
    """A query for the first value of a column of what is said of calls that is no `kind`, over the
    tables of calls.
    """
    value = f"trim(meta[{literal(column)}])"
    return (
        f"SELECT {value} FROM calls WHERE {value} <> '' AND NOT coalesce({_fits(value, kind)}, "
        f"false) ORDER BY recording_id LIMIT 1"
    )


def literal(text: str) -> str:
    """A text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """The name of a column or table in SQL."""
    return '"' + name.replace('"', '""') + '"'


def _fits(value: str, kind: str) -> str:
    fits = f"regexp_full_match({value}, {literal(_KINDS[kind])})"
    if kind in ("DATE", "TIMESTAMP"):  # there is no 31 April, and no year 0
        fits += f" AND {value} >= '0001' AND {_cast(value, kind)} IS NOT NULL"
    return f"({fits})"


def _cast(value: str, kind: str) -> str:
    cast = f"TRY_CAST({value} AS {kind})"
    if kind not in _WITH_DOTS:
        return cast
    dotted = f"CAST(try_strptime({value}, {_WITH_DOTS[kind]}) AS {kind})"
    return f"CASE WHEN contains({value}, '-') THEN {cast} ELSE {dotted} END"


def _in_order(lists: Iterable[list[str]]) -> list[str]:
    """All names of lists, longest first, of which each lacks some: one that a longer list lacks
    follows the name before it in its own. Names that differ in case alone are one.
    """
    found: list[str] = []
    places: dict[str, str] = {}  # name in small letters → the name that stands for it
    for names in lists:
        before: str | None = None
        for name in names:
            if name.lower() not in places:
                if len(found) == NAMES_AT_MOST:
                    return found
                places[name.lower()] = name
                found.insert(0 if before is None else found.index(before) + 1, name)
            before = places[name.lower()]
    return found
