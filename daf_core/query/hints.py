"""What to change in a query that fails, where the names of its columns say it."""

import re
from collections.abc import Sequence
from difflib import get_close_matches

from daf_core.query.metadata import identifier

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
