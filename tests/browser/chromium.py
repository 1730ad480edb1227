"""Debian's Chromium, watched: what it says on its console, and where it turns to."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_core_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

PLACES = ("/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome")


def executable() -> str:
    """Path of the browser; skips the test where there is none."""
    found = next((one for one in PLACES if Path(one).exists()), None)
    if found is None:
        pytest.skip(f"no Chromium at {', '.join(PLACES)}: apt-get install chromium")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A headless browser that plays sound without a click."""
    options = ["--autoplay-policy=no-user-gesture-required", "--disable-dev-shm-usage"]
    options += ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable(), args=options)
        yield browser
        browser.close()


class Watch:
    """What a page did that it must not do: messages of its console, requests to other places.

    origin: where the page comes from, such as http://127.0.0.1:8000; nothing else is let through.
    asked: all that was asked for there.
    """

    def __init__(self, page: Page, origin: str) -> None:
        self.page, self.origin = page, origin
        self.said: list[str] = []
        self.asked: list[str] = []
        self.outside: list[str] = []
        page.on("console", lambda message: self.said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: self.said.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (self.said.append(dialog.message), dialog.dismiss()))
        page.route("**/*", self._pass)

    def _pass(self, route: Route) -> None:
        if route.request.url.startswith(f"{self.origin}/"):
            self.asked.append(route.request.url)
            route.continue_()
        else:
            self.outside.append(route.request.url)
            route.abort()

    def check(self) -> None:
        """Fail if the page said anything, or turned elsewhere."""
        assert self.said == []
        assert self.outside == []


def wait_until(page: Page, condition: str, seconds: float = 30) -> None:
    """Wait until an expression of the page holds. Playwright's own waiting needs `eval`, which the
    policy of our pages forbids.
    """
    end = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"never so: {condition}"
        page.wait_for_timeout(50)


def open_list(page: Page, link: str) -> None:
    """Show the list; without a cookie through the link of `daf browse`, which goes on there."""
    if page.context.cookies():
        page.goto(link.partition("?")[0])
        return
    page.goto(link)
    expect(page.locator("table.calls")).to_be_visible()
    page.wait_for_load_state()


def serious_findings(page: Page) -> list[str]:
    """What axe-core finds wrong with a page for people with disabilities, if it is serious."""
    found = Axe().run(page)
    return [
        f"{one['id']}: {node['html'][:200]}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
