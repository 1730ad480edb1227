"""Whatever ids, names, metadata and transcripts hold, the pages of `daf browse` show it as words.

What each address answers is tested in tests/jobs/test_hostile_pages.py.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from daf_core.adaptation.label_table import read_labels
from daf_core.report.printable import printable
from tests import hostile
from tests.browser.browsed import Server, call, hostile_calls, publish, serving
from tests.browser.chromium import executable, open_list

ALL = "a call in which all of it is said"
EACH = pytest.mark.parametrize("text", hostile.STRINGS.values(), ids=hostile.STRINGS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    executable()
    folder = tmp_path_factory.mktemp("hostile") / "scores"
    texts = [*hostile.STRINGS.values()]
    said = call(ALL, [0.0] * len(texts), texts)
    publish(folder, [hostile_calls(), [row | {"speaker": row["text"]} for row in said]])
    with serving(folder) as running:
        yield running


@pytest.fixture(scope="module")
def listed(watched, server) -> set[str]:
    """What stands in the list, and nothing was done while it was shown."""
    page = watched(server.origin).page
    open_list(page, server.link)
    assert page.locator("tbody tr").count() == len(hostile.STRINGS) + 1
    does_nothing(page)
    return texts_of(page, "a.go, tbody td small, option")


@pytest.fixture(scope="module")
def said(watched, server) -> set[str]:
    """What stands in the page of the call, and nothing was done while it was shown and labelled."""
    page = watched(server.origin).page
    open_list(page, server.link)
    page.get_by_role("link", name=ALL).click()
    page.wait_for_load_state()
    for key in "jjj1":
        page.keyboard.press(key)
    expect(page.locator("li[aria-current] .label")).to_have_text("label +1.0")
    does_nothing(page)
    return texts_of(page, ".words, .who bdi")


def texts_of(page: Page, places: str) -> set[str]:
    return {text.strip() for text in page.locator(places).all_text_contents()}


def does_nothing(page: Page) -> None:
    assert page.evaluate("window.pwned") is None
    mine = "script:not([src='/static/app.js']), img, iframe, object, embed, base"
    assert page.locator(mine).count() == 0
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    assert [one["name"][:11] for one in page.context.cookies()] == ["daf_browse_"]


@EACH
def test_a_hostile_string_in_the_list_stays_words(listed, text):
    assert printable(text).strip() in listed


@EACH
def test_a_hostile_string_in_a_call_stays_words(said, text):
    assert printable(text).strip() in said


def test_an_utterance_of_a_hostile_id_is_labelled(watched, server):
    page = watched(server.origin).page
    open_list(page, server.link)
    name = hostile.STRINGS["sql"]
    page.get_by_role("link", name=name, exact=True).first.click()
    page.wait_for_load_state()
    page.locator("#transcript li").first.click()
    page.keyboard.press("1")
    expect(page.locator("li[aria-current] .label")).to_have_text("label +1.0")
    labels = read_labels(str(server.scores / "labels.csv")).labels
    assert f"{name}0" in {one.utterance_id for one in labels}


def test_no_downloaded_cell_is_a_formula(watched, server):
    page = watched(server.origin).page
    open_list(page, server.link)
    with page.expect_download() as download:
        page.get_by_role("link", name="utterances", exact=True).click()
    with open(download.value.path(), encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r", "-2+", "+2+"))]
    assert not [cell for cell in cells if "\x1b" in cell]
    assert Path(download.value.path()).stat().st_size > 10_000
