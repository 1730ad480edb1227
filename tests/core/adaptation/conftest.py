"""Tests of adapting compute on one thread."""

from collections.abc import Iterator

import pytest

from daf_core.one_thread import one_thread


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    with one_thread():
        yield
