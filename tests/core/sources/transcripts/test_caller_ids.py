"""Phone numbers and mail addresses before a colon are speakers; times, dates and URLs are none."""

import pytest

from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.utterances.names import is_address
from daf_core.sources.transcripts.utterances.speaker_labels import speakers_from_text


def labelled(*texts: str) -> list[tuple[str | None, str]]:
    cues = [Cue(text=text, start_s=float(number)) for number, text in enumerate(texts)]
    return [(cue.speaker, cue.text) for cue in speakers_from_text(cues)]


@pytest.mark.parametrize(
    "name",
    [
        *("+1 555 0100", "+14155550123", "(415) 555-2671", "415-555-2671", "+49 30 12 34 56 78"),
        *("ana@x.org", "Ana.Roe+1@mail.example.com"),
    ],
)
def test_a_caller_id_is_a_speaker(name: str) -> None:
    assert labelled(f"{name}: hello", "Bo: hi", f"{name}: bye") == [
        (name, "hello"),
        ("Bo", "hi"),
        (name, "bye"),
    ]
    assert labelled(f"{name}: hello") == [(name, "hello")]


def test_two_callers_are_two_speakers() -> None:
    texts = ["+1 555 0100: hello", "ana@x.org: hi", "+1 555 0101: who", "ana@x.org: me"]
    speakers = [speaker for speaker, _ in labelled(*texts)]
    assert speakers == ["+1 555 0100", "ana@x.org", "+1 555 0101", "ana@x.org"]


@pytest.mark.parametrize(
    "texts",
    [
        ["1: one", "2: two", "3: three"],
        ["10:15: we start", "10:20: we go", "10:30 is late"],
        ["2026-03-02: a day", "12.03.2026: another", "03/02/2026: and so on"],
        ["https://example.org: a page", "http://x@example.org: b", "mailto:ana@x.org"],
        ["1,500,000: a lot", "12345: a number", "20260302: a day", "1772442000: a moment"],
        ["Write to ana@x.org: she knows", "Call +1 555 0100: they answer", "yes"],
    ],
)
def test_times_dates_urls_and_numbers_are_none(texts: list[str]) -> None:
    assert labelled(*texts) == [(None, text) for text in texts]


def test_what_is_an_address() -> None:
    assert is_address("+1 555 0100")
    for text in ("", "Ana", "ana@x", "1", "2026-03-02", "call +1 555 0100", "a b@x.org", "+", "("):
        assert not is_address(text)
