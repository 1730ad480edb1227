"""Whatever ids, names, metadata and transcripts hold, the pages show it as words and do nothing."""

import csv
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import expect

from daf_core.adaptation.label_table import read_labels
from daf_core.report.printable import printable
from tests.browser.browsed import Server, call, publish, serving
from tests.browser.chromium import executable, open_list

HOSTILE = [
    "<script>window.pwned=1</script>",
    "<img src=x onerror=window.pwned=1>",
    '"><svg onload=window.pwned=1>',
    "' autofocus onfocus=window.pwned=1 x='",
    "javascript:window.pwned=1",
    "</title><script>window.pwned=1</script>",
    "<iframe src=//evil.example></iframe>",
    "<link rel=stylesheet href=//evil.example/x.css>",
    "{{ 7*7 }}{% raise %}",
    "${7*7}#{7*7}<%= 7*7 %>",
    '=HYPERLINK("http://evil.example")',
    "@SUM(1+1)*cmd|' /C calc'!A0",
    "-2+3+cmd",
    "\x1b[31mred\x1b]8;;http://evil.example\x07",
    "\u202etxt.exe\u2066",
    "../../../../etc/passwd",
    "..\\..\\boot.ini%00.wav",
    "a\r\nSet-Cookie: pwned=1",
    "'; DROP TABLE calls; --",
    "%_\\' OR 1=1",
    "&lt;b&gt;&#x3c;&amp;",
    "x" * 3000,
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    executable()
    folder = tmp_path_factory.mktemp("hostile") / "scores"
    rows = [
        row
        | {"utterance_id": f"{text}{row['utterance_id'][-1]}", "meta": [(text, text), ("k", text)]}
        for text in HOSTILE
        for row in call(text, [-1, 1], [text, f"so {text} so"], speaker=text, role=text)
    ]
    publish(folder, [rows])
    with serving(folder) as running:
        yield running


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_string_stays_words(watched, server, text, tmp_path):
    page = watched(server.origin).page
    open_list(page, server.link)
    for query in ({"words": text[:150]}, {"meta.k": text}, {f"meta.{text}": text}):
        page.goto(f"{server.origin}/?{urlencode(query)}")
        found = page.locator("a.go").all_text_contents()
        assert printable(text) in found
        assert len(found) < len(HOSTILE) / 2
    page.locator("a.go").nth(found.index(printable(text))).click()
    expect(page.locator("#transcript li")).to_have_count(2)
    page.wait_for_load_state()
    assert page.locator("h1").text_content() == printable(text)
    assert page.locator(".words").first.text_content() == printable(text)
    assert printable(text) in (page.locator(".who bdi").first.text_content() or "")
    page.locator("#transcript li").first.click()
    page.keyboard.press("1")
    expect(page.locator("li[aria-current] .label")).to_have_text("label +1.0")
    assert page.evaluate("window.pwned") is None
    assert (
        page.evaluate(
            "document.querySelectorAll('script:not([src=\"/static/app.js\"]), img, iframe').length"
        )
        == 0
    )
    assert page.context.cookies()[0]["name"].startswith("daf_browse_")
    labels = read_labels(str(server.scores / "labels.csv")).labels
    assert f"{text}0" in {one.utterance_id for one in labels}


def test_no_downloaded_cell_is_a_formula(watched, server):
    page = watched(server.origin).page
    open_list(page, server.link)
    with page.expect_download() as download:
        page.get_by_role("link", name="utterances", exact=True).click()
    with open(download.value.path(), encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "@", "\t", "\r", "-2+"))]
    assert not [cell for cell in cells if "\x1b" in cell]
    assert Path(download.value.path()).stat().st_size > 10_000
