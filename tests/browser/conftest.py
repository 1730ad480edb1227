"""A browser for the session; pages that are watched."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import Watch, chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found


@pytest.fixture
def watched(browser: Browser) -> Iterator[Callable[..., Watch]]:
    """Open a watched page of an origin; options are those of a browser context. At the end of the
    test nothing may have been said or asked for elsewhere.
    """
    opened = []

    def page(origin: str, **options: Any) -> Watch:
        context = browser.new_context(**options)
        context.set_default_timeout(30_000)
        opened.append(Watch(context.new_page(), origin))
        return opened[-1]

    yield page
    for one in opened:
        one.check()
        one.page.context.close()
