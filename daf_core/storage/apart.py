"""Where files that others made are read: in this process, or in one that can be ended.

A decoder or a parser that never ends holds its process for ever, whatever Python does. So whoever
has processes gives a `Reads` that reads in another one; by default it is read `here`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from daf_core.errors import BadInput

T = TypeVar("T")


class Ended(BadInput):
    """The process that read a file was ended: `too_slow`, or `poison` where the file killed it."""


class Reads(Protocol):
    """Reads files somewhere."""

    def __call__(self, read: Callable[..., Iterable[T]], *given: Any) -> Iterable[T]:
        """What `read(*given)` gives, one after the other; all of it can be pickled.

        Raises:
            Ended: what comes next was not read, as the process was ended; and as `read`.
        """


def here(read: Callable[..., Iterable[T]], *given: Any) -> Iterable[T]:
    """Read in this process, as long as it takes."""
    return read(*given)


def each(
    reads: Reads, read: Callable[..., Iterable[T]], items: Sequence[Any], *given: Any
) -> Iterator[T | Ended]:
    """What `read(items, *given)` gives, one result an item, or why there is none of it.

    Where the process is ended, the items that are left are read one by one, as `read` may read
    several at once. A file that kills it alone, too, is read once more, as memory may be short.
    """
    done = 0
    try:
        for one in reads(read, items, *given):
            done += 1
            yield one
    except Ended as err:
        if len(items) == 1 and err.reason == "too_slow":
            yield err
            return
        for item in items[done:]:
            yield from _alone(reads, read, item, *given)


def _alone(
    reads: Reads, read: Callable[..., Iterable[T]], item: Any, *given: Any
) -> Iterator[T | Ended]:
    tries = 2
    while tries:
        tries -= 1
        try:
            yield from [*reads(read, [item], *given)]
            return
        except Ended as err:
            if not tries or err.reason == "too_slow":
                yield err
                return
