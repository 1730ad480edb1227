"""A place in a text, and the mark that takes it."""

from typing import NamedTuple


class Span(NamedTuple):
    """Characters from `start` to before `end`."""

    start: int
    end: int
    mark: str
