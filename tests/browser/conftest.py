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


@pytest.fixture(scope="module")
def watched(browser: Browser) -> Iterator[Callable[..., Watch]]:
    """A watched page of an origin, the same for the same options, which are those of a browser
    context. After the tests of a module nothing may have been said or asked for elsewhere.
    """
    opened: dict[str, Watch] = {}

    def page(origin: str, **options: Any) -> Watch:
        key = f"{origin} {options}"
        if key not in opened:
            context = browser.new_context(**options)
            context.set_default_timeout(10_000)
            opened[key] = Watch(context.new_page(), origin)
        return opened[key]

    yield page
    for one in opened.values():
        one.check()
        one.page.context.close()
