"""What to change in a query that fails, where the names of its columns say it."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from daf_core.query.metadata import TEXT, MetaColumn, identifier

_TAKEN_FOR_ANOTHER = re.compile(
    r"Cannot (?:compare|mix) values of type .{0,80}VARCHAR(?: and (?:type )?\w+)?"
    r"|No function matches [^.]{0,200}VARCHAR[^.]{0,80}|Could not convert string"
    r"|Could not choose a best candidate function [^.]{0,200}VARCHAR[^.]{0,80}"
    r"|(?:date|timestamp) field (?:format|value)"
)
_COMPARED = r"[<>=!+*/-]{1,2}|between|in"
_LONGEST_SHOWN = 40  # letters of a value
NEAR = 0.6  # similarity of two names, in [0, 1]


def hint(message: str, sql: str, names: Sequence[str]) -> str:
    """What to change, to follow the message of DuckDB about `sql`; empty if nothing is known.

    names: of the columns of what the source says of calls.
    """
    bare = re.sub(r'"[^"]*"', "", without_texts(sql))
    spaced = next((name for name in names if " " in name and named(name, bare)), None)
    if spaced is not None:
        own = identifier(spaced)
        in_shell = own.replace('"', '\\"')
        return (
            f"; a name with a space stands in double quotes, such as {own} = '…'; in a shell, "
            f"within other double quotes, such as \"{in_shell} = '…'\""
        )
    unknown = re.search(r'Referenced column "([^"]*)" not found', message)
    if unknown is None:
        return ""
    near = nearest(unknown[1], names)
    text = f"f it is a text, quote it: '{unknown[1]}'"
    return f"; i{text}" if near is None else f"; did you mean {identifier(near)}? I{text}"


def text_for_another(
    message: str, sql: str, columns: Sequence[MetaColumn]
) -> tuple[MetaColumn, str] | None:
    """Which column of `sql` is a text that was taken for another type in SQL, DATE or DOUBLE; None
    where the message of DuckDB is about something else.

    columns: what the source says of calls.
    """
    failed = _TAKEN_FOR_ANOTHER.search(message)
    texts = [one for one in columns if one.kind == TEXT]
    column = failed and _meant(texts, without_texts(sql), message)
    if not failed or not column:
        return None
    of_dates = re.search("date|timestamp", failed[0], re.IGNORECASE) or (
        re.search("DATE|TIMESTAMP", message)  # what the function takes
        and not re.search("DOUBLE|TINYINT", message)  # + and - take numbers, too
    )
    return column, "DATE" if of_dates else "DOUBLE"


def taken_alone(column: MetaColumn, kind: str, value: str | None) -> str:
    """How to take the values of a text column that are of a type in SQL; value: one that is not."""
    own, what = identifier(column.name), "date" if kind == "DATE" else "number"
    why = "" if value is None else f', as one of its values is no {what}: "{_shown(value)}"'
    return (
        f"expected {what}s in the column {own}, found text{why}; mend such values in the source "
        f"and ingest it again, or take {what}s alone, TRY_CAST({own} AS {kind}); a text is "
        f"compared with a text in single quotes, {own} = '…'"
    )


def _meant(texts: Sequence[MetaColumn], sql: str, message: str) -> MetaColumn | None:
    """The column that DuckDB's message is about: which it names, which stands beside a number or a
    date or in the function that it names, else the only one of the condition.
    """
    function = re.search(r"(?:argument types '|function call \")(\w+)\(", message)
    called = rf"|\b{function[1]}\s*\([^()]*?{{0}}" if function else ""
    beside = (
        rf"{{0}}\s*(?:{_COMPARED})\s*\(?\s*(?:-?[\d.]|date|time)|[\d.)]\s*(?:{_COMPARED})\s*{{0}}"
    )
    for pattern in (beside + called, "{0}"):
        after = sql if pattern != "{0}" else sql[max(sql.upper().rfind("WHERE"), 0) :]
        found = [
            one
            for one in texts
            if f"source column {one.name}" in message
            or re.search(pattern.replace("{0}", own_name(one.name)), after, re.IGNORECASE)
        ]
        if found and (pattern != "{0}" or len(found) == 1):
            return found[0]
    return None


def own_name(name: str) -> str:
    """A pattern for a column in SQL, in quotes or not."""
    return rf'(?:{re.escape(identifier(name))}|(?<![\w"]){re.escape(name)}(?![\w"]))'


def _shown(value: str) -> str:
    return value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}…"


def nearest(name: str, names: Sequence[str]) -> str | None:
    """The one of `names` that was probably meant: which has `name` among its words, or is spelled
    nearly so; None if none is near. The case of letters does not count.
    """
    small = {one.lower(): one for one in names}
    holding = [one for one in small if name.lower() in re.split(r"[\W_]+", one)]
    near = holding or get_close_matches(name.lower(), small, 1, NEAR)
    return small[near[0]] if near else None


def without_texts(sql: str) -> str:
    """SQL without what its texts in single quotes hold."""
    return re.sub(r"'[^']*'", "''", sql)


def named(name: str, sql: str) -> bool:
    """Whether SQL names a column, in letters of any case."""
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", sql, re.IGNORECASE) is not None
