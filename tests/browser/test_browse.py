"""`daf browse` in a real browser: what a person does with the list and with a call."""

import csv
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from daf_core.adaptation.label_table import read_labels
from tests.browser.browsed import Server, call, publish, serving, sound
from tests.browser.chromium import executable, open_list, serious_findings, wait_until

PHONE = {"viewport": {"width": 390, "height": 844}}
CALM = ["hello there", "what can I do for you", "my card is lost", "I will send a new one"]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    executable()
    folder = tmp_path_factory.mktemp("browse") / "scores"
    recordings = {
        kind: sound(folder.parent / f"r.{suffix}", kind)
        for kind, suffix in (("wav_ulaw", "wav"), ("m4a", "m4a"))
    }
    parts = [
        call("angry", [-2, -1, -2.5, -2], CALM, meta=[("queue", "billing")])
        + call(
            "calm", [1, 2, 1, 1.5], [*CALM[:2], "Thank YOU so much", "bye"], meta=[("queue", "new")]
        ),
        call(
            "mixed",
            [0, -1],
            ["so so", "oh great, thank you"],
            text_sentiment=2.5,
            meta=[("queue", "new")],
        ),
    ]
    for row in parts[0]:
        row["audio_uri"] = recordings["wav_ulaw" if row["recording_id"] == "angry" else "m4a"]
    parts[1][0]["flags"] = ["no_audio"]
    parts[1][1]["audio_uri"] = str(folder / "gone.wav")
    publish(folder, parts)
    with serving(folder) as running:
        yield running


def opened(watched, server: Server, path: str = "/", **options: object) -> Page:
    """The list, or another page of the server."""
    page: Page = watched(server.origin, **options).page
    if path == "/" or not page.context.cookies():
        open_list(page, server.link)
    if path != "/":
        page.goto(server.origin + path)
    return page


def names(page: Page) -> list[str]:
    return page.locator("a.go").all_inner_texts()


def test_the_link_opens_the_list_and_its_token_leaves_the_address(watched, server):
    watched(server.origin).page.context.clear_cookies()
    page = opened(watched, server)
    assert page.url == f"{server.origin}/"
    assert names(page) == ["angry", "mixed", "calm"]
    expect(page.locator("tbody tr").first).to_contain_text("queue: billing")
    assert page.evaluate("document.cookie") == ""


def test_filters_sorts_and_searches_are_in_the_address(watched, server):
    page = opened(watched, server)
    page.get_by_label("queue").select_option("new")
    page.get_by_role("button", name="Show").click()
    expect(page.locator("h1")).to_have_text("2 calls")
    page.get_by_role("link", name="Sentiment", exact=True).click()
    page.get_by_role("link", name="Sentiment", exact=True).click()
    expect(page.locator("th[aria-sort=descending]")).to_have_text("Sentiment")
    assert names(page) == ["calm", "mixed"]
    page.get_by_label("Words").fill("thank you")
    page.keyboard.press("Enter")
    expect(page.locator("mark").first).to_have_text("Thank YOU")
    assert names(page) == ["calm", "mixed"]
    again = opened(watched, server, page.url.removeprefix(server.origin))
    assert names(again) == ["calm", "mixed"]
    again.get_by_role("link", name="Clear").click()
    again.locator("[name=low]").fill("0.5")
    again.keyboard.press("Enter")
    expect(again.locator("h1")).to_have_text("1 call")
    assert names(again) == ["calm"]
    again.goto(f"{server.origin}/?words=nobody+says+this")
    expect(again.locator("main")).to_contain_text("No call is like that")


def test_a_hit_leads_to_the_moment_in_which_it_is_said(watched, server):
    page = opened(watched, server, "/?words=thank")
    page.get_by_role("link", name="Thank YOU so much").click()
    expect(page.locator("li[aria-current]")).to_contain_text("Thank YOU so much")
    expect(page.locator("li[aria-current] mark")).to_have_text("Thank")
    page.get_by_role("link", name="List of calls").click()
    assert names(page) == ["mixed", "calm"]


def test_links_lead_to_where_the_tone_contradicts_the_words(watched, server):
    page = opened(watched, server, "/call?call=mixed")
    page.get_by_role("link", name="tone against words at").last.click()
    expect(page.locator("li[aria-current]")).to_contain_text("oh great, thank you")
    expect(page.locator("li[aria-current] .against")).to_have_text("tone against words")


@pytest.mark.parametrize("name", ["angry", "calm"])
def test_a_call_plays_at_any_utterance(watched, server, name):
    page = opened(watched, server, f"/call?call={name}")
    page.locator("#transcript li").nth(1).locator(".play").click()
    wait_until(page, "document.querySelector('#audio').currentTime > 0.3")
    assert page.evaluate("document.querySelector('#audio').duration") == pytest.approx(4.5, abs=0.1)
    expect(page.locator("#where")).to_contain_text("0:05")
    assert page.locator(".now").first.get_attribute("visibility") == "visible"
    page.locator("#on").check()
    page.evaluate("document.querySelector('#audio').currentTime = 4.2")
    expect(page.locator("#where")).to_contain_text("0:10")  # and goes on by itself


def test_keys_alone_lead_from_the_list_to_a_label(watched, server):
    page = opened(watched, server)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("angry")
    page.wait_for_load_state()  # and with it the script
    for key in ("j", "j", "j", "k"):
        page.keyboard.press(key)
    current = page.locator("li[aria-current]")
    expect(current).to_contain_text("what can I do for you")
    page.keyboard.press("Space")
    wait_until(page, "document.querySelector('#audio').currentTime > 0.1")
    page.keyboard.press("Space")
    assert page.evaluate("document.querySelector('#audio').paused")
    page.keyboard.press("-")
    page.keyboard.press("2")
    expect(current.locator(".label")).to_have_text("label −2.0")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    page.keyboard.type("card")
    expect(page.locator("#found")).to_have_text("1 of 4")
    expect(page.locator("#transcript li:visible")).to_contain_text("my card is lost")


def test_labels_are_in_the_table_that_daf_adapt_takes(watched, server):
    page = opened(watched, server, "/call?call=calm")
    for number, label in ((0, "+2"), (2, "+3"), (0, "+1")):
        page.locator("#transcript li").nth(number).click()
        page.get_by_role("button", name=label, exact=True).click()
        expect(page.locator("li[aria-current] .label")).to_have_text(f"label {label}.0")
    table = server.scores / "labels.csv"
    found = {one.utterance_id: one.sentiment for one in read_labels(str(table)).labels}
    assert (found["calm-0"], found["calm-2"]) == (1, 3)
    with open(table, encoding="utf-8-sig", newline="") as file:
        (row,) = (row for row in csv.DictReader(file) if row["utterance_id"] == "calm-2")
    assert (row["recording_id"], row["text"], row["start_s"]) == ("calm", "Thank YOU so much", "10")
    page.reload()
    expect(page.locator("#transcript li").first.locator(".label")).to_have_text("label +1.0")
    page.locator("#transcript li").first.click()
    page.get_by_role("button", name="take the label away").click()
    expect(page.locator("#transcript li").first.locator(".label")).to_be_hidden()
    assert "calm-0" not in {one.utterance_id for one in read_labels(str(table)).labels}


def test_a_mark_of_the_timeline_is_read_and_heard(watched, server):
    page = opened(watched, server, "/call?call=angry")
    lane = page.locator(".lane .timeline").nth(1)
    box = lane.bounding_box()
    assert box is not None
    lane.hover(position={"x": box["width"] * 0.35, "y": 40})
    expect(page.locator("#tip")).to_have_text("0:05  −1.0  what can I do for you")
    lane.click(position={"x": box["width"] * 0.35, "y": 40})
    expect(page.locator("li[aria-current]")).to_contain_text("what can I do for you")
    wait_until(page, "document.querySelector('#audio').currentTime > 0.1")


def test_what_cannot_be_heard_says_why(watched, server):
    watch = watched(server.origin)
    page = opened(watched, server, "/call?call=mixed")
    expect(page.locator("#transcript li").first).to_contain_text("no recording")
    expect(page.locator(".against")).to_have_count(2)
    page.locator("#transcript li").nth(1).locator(".play").click()
    expect(page.locator("#where")).to_contain_text("gone.wav")
    assert {one.split(":")[0] for one in watch.said} == {"error"}  # the browser's own: 404
    watch.said.clear()


def test_the_selection_is_downloaded_as_csv(watched, server):
    page = opened(watched, server, "/?meta.queue=new")
    for table, count in (("calls", 2), ("utterances", 6)):
        with page.expect_download() as download:
            page.get_by_role("link", name=table, exact=True).click()
        with open(download.value.path(), encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == count
        assert {row["queue"] for row in rows} == {"new"}
    assert "Thank YOU so much" in {row["text"] for row in rows}


@pytest.mark.parametrize(
    "options", [{}, {"color_scheme": "dark"}, PHONE], ids=["light", "dark", "phone"]
)
def test_pages_are_accessible_and_fit_their_width(watched, server, options):
    for address in ("/", "/?words=thank", "/call?call=angry&at=angry-1"):
        page = opened(watched, server, address, **options)
        assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
        dark = page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 22, 20)"
        assert dark == ("color_scheme" in options)
        if address != "/":  # the list with words has all that the other has
            assert serious_findings(page) == []
