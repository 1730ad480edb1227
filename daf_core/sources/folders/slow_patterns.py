"""Which regular expressions can take forever: those in which one text is matched in many ways.

Python's `re` knows no limit of time. Within a repeat, another repeat, alternatives or a reference
to a group double the ways with each letter, so they are refused by the form of the pattern.
"""

import sys
from collections.abc import Iterator
from typing import Any

if sys.version_info >= (3, 11):
    from re import _constants as names
    from re import _parser as parser
else:
    import sre_constants as names
    import sre_parse as parser

_REPEATS = (names.MAX_REPEAT, names.MIN_REPEAT)


def slow_part(pattern: str) -> str | None:
    """What may make a valid regular expression take time that doubles with each letter, in words;
    None if nothing does.
    """
    return next(_slow(parser.parse(pattern), repeated=False), None)


def _slow(parsed: Any, repeated: bool) -> Iterator[str]:
    for kind, value in parsed:
        if kind in _REPEATS:
            least, most, inner = value
            if repeated and least != most:
                yield "a repeat within a repeat, such as (x+)+"
            yield from _slow(inner, repeated or most > 1)
            continue
        if repeated and kind is names.BRANCH:
            yield "alternatives within a repeat, such as (x|xy)+"
        if kind is names.GROUPREF:
            yield "a reference to a group, such as (?P=name)"
        for inner in _within(value):
            yield from _slow(inner, repeated)


def _within(value: Any) -> Iterator[Any]:
    """The patterns within one step of a pattern."""
    if isinstance(value, parser.SubPattern):
        yield value
    elif isinstance(value, tuple | list):
        for one in value:
            yield from _within(one)
