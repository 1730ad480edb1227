"""The markup of the report: no foreign tags, nothing loaded, drawings named, size bounded."""

import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from daf_core.report import charts
from daf_core.report.page import RECORDINGS_DRAWN, gather, render
from tests.core.report.hostile_text import HOSTILE
from tests.core.report.score_files import publish, score


class Outline(HTMLParser):
    """Tags, attribute names and attribute values of a page, as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_adds_no_markup(tmp_path: Path, text: str) -> None:
    def page(text: str, folder: Path) -> str:
        row = score("u" + text, text, speaker=text, role=text, flags=[text])
        refused = {"stage": text, "reason": text, "message": text}
        return render(
            gather(
                publish(
                    folder,
                    [[row]],
                    words={"u" + text: text},
                    quarantine=[refused],
                    head=text,
                    encoders={text: text},
                    started=text,
                    settings={text: [text]},
                )
            )
        )

    hostile, harmless = page(text, tmp_path / "1"), page("harmless", tmp_path / "2")
    found, expected = Outline(hostile), Outline(harmless)
    assert found.tags == expected.tags
    names = [name for name, _ in found.attributes]
    assert names == [name for name, _ in expected.attributes]
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202a-\u202e\u2066-\u2069]", hostile)


def test_page_loads_nothing_and_says_so(call: str) -> None:
    outline = Outline(render(gather(call)))
    assert ("http-equiv", "Content-Security-Policy") in outline.attributes
    policy = next(value for _, value in outline.attributes if value and "default-src" in value)
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert not {"link", "img", "iframe", "object", "embed", "base"} & set(outline.tags)
    assert outline.tags.count("script") == 1
    assert re.search(r"script-src 'sha256-[\w+/=]+';", policy)
    assert not {"src", "srcset", "style"} & {name for name, _ in outline.attributes}
    assert all(str(value).startswith("#") for name, value in outline.attributes if name == "href")
    assert "url(" not in render(gather(call))


def test_every_drawing_says_what_it_is(call: str) -> None:
    page = render(gather(call))
    for svg in re.findall(r'<svg class="(?:timeline|histogram)".*?</desc>', page, re.DOTALL):
        title, desc = re.findall(r'aria-labelledby="(\S+) (\S+)"', svg)[0]
        assert f'<title id="{title}">' in svg
        assert f'<desc id="{desc}">' in svg
    ids = [value for name, value in Outline(page).attributes if name == "id"]
    assert len(ids) == len(set(ids))


def test_an_archive_gives_a_page_of_bounded_size(tmp_path: Path) -> None:
    drawn = np.random.default_rng(7).uniform(-3, 3, (RECORDINGS_DRAWN, charts.MARKS_AT_MOST, 3))
    parts = [
        [
            score(
                f"{recording}-{i}",
                f"calls/2026/11/recording-{recording:06}.wav",
                start_s=4.0 * i,
                end_s=4.0 * i + 3,
                sentiment=s,
                text_sentiment=w,
                audio_sentiment=t,
            )
            for i, (s, w, t) in enumerate(values.tolist())
        ]
        for recording, values in enumerate(drawn)
    ]
    assert len(render(gather(publish(tmp_path, parts))).encode()) < 5_000_000
