"""Hostile strings in calls: inert in the pages of `daf browse`, and labelled all the same."""

import json
import time
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlencode

import pytest

from daf_core.adaptation.label_table import read_labels
from daf_core.report.printable import printable
from tests import hostile
from tests.browser.browsed import Server, ask, serving
from tests.jobs.hostile_scores import EACH, FORMULA, TERMINAL, hostile_scores, rows_of_csv


@pytest.fixture(scope="module")
def scores(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return hostile_scores(tmp_path_factory)


@pytest.fixture(scope="module")
def server(scores: Path) -> Iterator[Server]:
    with serving(scores) as running:
        while b"being read" in (page := ask(running, "/")[2]) or b"Reading the calls" in page:
            time.sleep(0.1)
        yield running


class Page(HTMLParser):
    """The tags of a page, and its words."""

    def __init__(self, html: bytes) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.words = ""
        self.feed(html.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        links = [str(value) for name, value in attrs if name in ("href", "src", "action")]
        assert all(one.startswith(("/", "#", "?")) and one[:2] != "//" for one in links), links

    def handle_data(self, data: str) -> None:
        self.words += data


@EACH
def test_pages_find_it_and_show_it_as_words(server, text):
    words = {"words": text[:150]}
    queries = [f"/?{urlencode(one)}" for one in (words, {"meta.k": text}, {f"meta.{text}": text})]
    for path in [*queries, f"/call?{urlencode({'call': text})}"]:
        status, headers, body = ask(server, path)
        page = Page(body)
        assert status == 200
        assert printable(text) in page.words.replace("\r\n", "\n")
        assert not page.tags & {"img", "iframe", "object", "embed", "base", "style"}
        assert not [one for one in page.attributes if one.startswith("on") or one == "style"]
        assert not TERMINAL.search(body.decode())
        assert "pwned" not in headers.get("set-cookie", "")


@EACH
def test_an_utterance_of_its_name_is_labelled(server, text):
    asked = json.dumps({"call": text, "utterance": f"{text}0", "label": 1})
    assert ask(server, "/labels", "POST", asked)[0] == 200
    table = server.scores / "labels.csv"
    assert f"{text}0" in {one.utterance_id for one in read_labels(str(table)).labels}
    for row in rows_of_csv(table):
        assert not [one for one in row.values() if FORMULA.match(one)]


@pytest.mark.parametrize("where", ["call", "utterance"])
def test_a_lone_surrogate_names_nothing(server, where):
    asked = {"call": hostile.STRINGS["sql"], "utterance": "x", "label": 1} | {where: "\ud800"}
    assert ask(server, "/labels", "POST", json.dumps(asked))[0] == 400
    assert ask(server, "/call?call=%ED%A0%80")[0] == 404
    assert ask(server, "/?words=%ED%A0%80")[0] == 200
