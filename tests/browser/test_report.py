"""The report in a real browser, opened as a file: what a person does with it."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from daf_core.report.printable import printable
from daf_core.storage.output import scores_output
from jobs.parts.calls import make_calls
from jobs.settings import EncodeResources, ReportSettings
from jobs.verbs import report
from tests import hostile
from tests.browser.browsed import call, hostile_calls, publish, sound
from tests.browser.chromium import Watch, serious_findings, wait_until

CALM = ["hello there", "what can I do for you", "my card is lost", "I will send a new one"]
LOOKS = {
    "light": {},
    "dark": {"color_scheme": "dark"},
    "phone": {"viewport": {"width": 390, "height": 844}},
}


def make(folder: Path, parts: list[list[dict[str, object]]]) -> str:
    """The address of the report of finished scores."""
    publish(folder / "scores", parts)
    make_calls(scores_output(str(folder / "scores")), EncodeResources())
    report.run(ReportSettings(scores=str(folder / "scores"), out=str(folder / "report.html")))
    return (folder / "report.html").as_uri()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of 107 calls, more than are shown at once; two have sound."""
    folder = tmp_path_factory.mktemp("report")
    recording = sound(folder / "r.wav", "wav_ulaw")
    rows = call("angry", [-2, -1, -2.5, -2], CALM, meta=[("queue", "billing")], audio_uri=recording)
    rows += call("ironic", [-1, -1, 1, 2], CALM, text_sentiment=2.5, audio_uri=recording)
    rows += [
        row
        for number in range(105)
        for row in call(f"c{number:03}", [number / 70 + 0.1], ["yes"], meta=[("queue", "new")])
    ]
    return make(folder, [rows])


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The report of few calls, with everything that a report shows."""
    folder = tmp_path_factory.mktemp("small")
    own = {"audio_uri": sound(folder / "r.wav", "wav_ulaw"), "flags": ["clipped"]}
    rows = [
        row
        for number in range(20)
        for row in call(f"call-{number}", [-2, 2], CALM[:2], meta=[("queue", f"{number % 2}")])
    ]
    return make(folder, [rows + call("last", [-1, 1, 0, 2], CALM, text_sentiment=2.5, **own)])


@pytest.fixture(scope="module")
def opened(watched: Callable[..., Watch], address: str) -> Callable[..., Page]:
    """The report in a look of LOOKS, as it is when it has just been opened."""

    def page(look: str = "light", at: str = address) -> Page:
        watch = watched("file://", **LOOKS[look])
        watch.page.goto(at)
        assert {one for one in watch.asked if not one.endswith("/report.html")} == set()
        return watch.page

    return page


def names(page: Page) -> list[str]:
    return page.locator("#calls tbody tr td:first-child bdi").all_inner_texts()


def test_the_page_shows_what_was_scored(opened):
    page = opened()
    expect(page.locator("h1")).to_have_text("How 107 recordings sound")
    expect(page.locator("#contradictions tbody tr").first).to_contain_text("+2.5 words")
    article = page.locator("article").first
    expect(article.locator("h3")).to_have_text("angry")
    drawn = article.locator(".timeline").bounding_box()
    assert drawn is not None
    assert drawn["width"] > 300
    article.locator(".timeline").hover(position={"x": drawn["width"] * 0.35, "y": 40})
    expect(article.locator(".hint")).to_contain_text("what can I do for you")


def test_calls_are_sorted_searched_and_shown_step_by_step(opened):
    page = opened()
    assert names(page)[:3] == ["angry", "c000", "c001"]
    assert len(names(page)) == 100
    page.get_by_role("button", name="Show more").click()
    assert len(names(page)) == 107
    page.get_by_role("button", name="Sentiment", exact=True).click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Sentiment")
    assert names(page)[0] == "c104"
    page.get_by_role("button", name="Contradictions", exact=True).click()
    assert names(page)[0] == "ironic"
    page.get_by_label("Search").fill("BILLING")
    expect(page.locator("#calls output")).to_have_text("1 of 107")
    assert names(page) == ["angry"]
    page.locator("#calls tbody a").click()
    expect(page.locator("article h3", has_text="angry")).to_be_in_viewport()
    page.get_by_label("Search").fill("nothing is so named")
    expect(page.locator("#calls output")).to_have_text("0 of 107")


def test_fewer_moments_than_usual_say_why(opened, address):
    heard = opened("light", address).locator("#hear")
    expect(heard).to_contain_text("No other recording that can be heard holds a negative utterance")


def test_a_clip_plays(opened):
    page = opened()
    assert page.locator("#hear audio").count() == 3
    page.evaluate("document.querySelector('#hear audio').play()")
    wait_until(page, "document.querySelector('#hear audio').currentTime > 0.1")
    length = page.evaluate("document.querySelector('#hear audio').duration")
    assert length == pytest.approx(4.9, abs=0.2)


def test_keys_alone_lead_to_a_call(opened):
    page = opened()
    page.keyboard.press("Tab")
    seen = []
    while len(seen) < 40:
        what = page.evaluate("document.activeElement.textContent.trim()")
        seen.append(what)
        if what == "All calls":
            break
        page.keyboard.press("Tab")
    assert seen[-1] == "All calls"
    page.keyboard.press("Enter")
    expect(page.locator("#calls h2")).to_be_in_viewport()
    page.keyboard.press("Tab")  # goes on where the link led
    page.keyboard.type("angry")
    expect(page.locator("#calls output")).to_have_text("1 of 107")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    expect(page.locator("th[aria-sort]")).to_have_text("Recording")


def test_no_column_of_the_calls_is_cut_off_on_paper_or_a_screen(opened, small):
    page = opened("light", small)
    beyond = "(() => { const one = document.querySelector('#calls .wide'); "
    beyond += "return one.querySelector('table').offsetWidth - one.clientWidth })()"
    cut_off = {}
    for media, width in (("screen", 1280), ("screen", 1000), ("print", 718)):  # A4 with margins
        page.emulate_media(media=media)
        page.set_viewport_size({"width": width, "height": 800})
        cut_off[media, width] = max(0, page.evaluate(beyond))
    page.emulate_media(media="screen")  # other tests use the page, too
    assert not any(cut_off.values()), cut_off


@pytest.mark.parametrize("look", LOOKS)
def test_the_page_is_accessible_and_fits_its_width(opened, small, look):
    page = opened(look, small)
    for parts in ("#hear audio", "#contradictions table", "#groups table", "#calls", "article"):
        assert page.locator(parts).count() > 0
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 22, 20)"
    assert dark == (look == "dark")
    alike = "article:nth-of-type(n+3), tbody tr:nth-of-type(n+4)"  # as those before them
    page.evaluate(f"document.querySelectorAll('{alike}').forEach((one) => one.remove())")
    assert serious_findings(page) == []


@pytest.fixture(scope="module")
def hostile_page(opened, tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The report in which whatever a source can name is hostile, when all of it was clicked on."""
    page: Page = opened(at=make(tmp_path_factory.mktemp("hostile"), [hostile_calls()]))
    for button in page.locator("#calls th button").all():
        button.click()
    page.get_by_label("Search").fill("<")
    page.get_by_label("Search").fill("")
    return page


@pytest.fixture(scope="module")
def said(hostile_page: Page) -> dict[str, set[str]]:
    """What stands in places of the hostile page."""
    places = {"calls": "#calls tbody bdi", "about": "#calls tbody .id small", "ids": "article h3"}
    places |= {"words": "article .transcript li bdi, .words bdi, q bdi"}
    return {
        name: {text.strip() for text in hostile_page.locator(place).all_text_contents()}
        for name, place in places.items()
    }


@pytest.mark.parametrize("text", hostile.STRINGS.values(), ids=hostile.STRINGS)
def test_a_hostile_string_stays_words(said, text):
    shown = printable(text).strip()
    assert shown[:200].strip() in said["calls"]
    assert shown in said["ids"]
    assert any(one.startswith(shown[:100]) for one in said["words"])
    assert any(shown[:40] in one for one in said["about"])


def test_a_hostile_page_does_nothing(hostile_page):
    assert hostile_page.evaluate("window.pwned") is None
    assert hostile_page.locator("img, iframe, link, object, embed, base, form").count() == 0
    assert hostile_page.locator("script").count() == 2
    assert hostile_page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
