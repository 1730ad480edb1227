"""Work in threads whose results are taken in order, of which only a few wait."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def ahead(
    pool: ThreadPoolExecutor, work: Callable[[A], B], items: Iterable[A], at_once: int
) -> Iterator[B]:
    """The results of `work`, in order; at most `at_once` are in memory before they are taken."""
    waiting: deque[Future[B]] = deque()
    for one in items:
        waiting.append(pool.submit(work, one))
        if len(waiting) == at_once:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
