"""Scores whose words were dropped, and words with marks: what all outputs made of them hold."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from daf_core.privacy.words import drop_words
from daf_core.storage.output import manifest_output, scores_output
from jobs.parts.calls import make_calls
from jobs.settings import (
    ConvertSettings,
    EncodeResources,
    ExportSettings,
    QuerySettings,
    ReportSettings,
)
from jobs.verbs import convert, export, query, report
from tests.browser.browsed import ask, call, publish, serving, sound
from tests.jobs.stored_text import stored_text

SAID = ["zebra", "my card is 4111 1111 1111 1111 xylophone", "mail jane@example.com", "bye"]
WORDS = ("zebra", "xylophone", "jane", "4111", "bye")
SECRETS = ("4111 1111", "jane@example")
FORMS = ("csv", "jsonl", "xlsx", "duckdb", "amazon")
CONVERTED = ("vtt", "srt", "csv", "jsonl")


def make(folder: Path) -> str:
    """Finished scores with words and sound."""
    recording = sound(folder / "r.wav", "wav_ulaw")
    publish(
        folder / "s", [call("one", [-2, -1, 1, 2], SAID, text_sentiment=2.5, audio_uri=recording)]
    )
    make_calls(scores_output(str(folder / "s")), EncodeResources())
    return str(folder / "s")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make(tmp_path_factory.mktemp("plain"))


@pytest.fixture(scope="module")
def dropped(tmp_path_factory: pytest.TempPathFactory) -> str:
    scores = make(tmp_path_factory.mktemp("dropped"))
    assert drop_words(manifest_output(f"{scores}/manifest"))
    return scores


def exported(to: str) -> Callable[..., object]:
    return lambda scores, out, **more: export.run(ExportSettings(scores, to=to, out=out, **more))  # type: ignore[arg-type]


def converted(to: str) -> Callable[..., object]:
    return lambda scores, out, **more: convert.run(
        ConvertSettings(source=scores, to=to, out=out, **more)  # type: ignore[arg-type]
    )


WRITING = {f"export {to}": exported(to) for to in FORMS}
WRITING |= {f"convert {to}": converted(to) for to in CONVERTED}


@pytest.mark.parametrize("how", WRITING)
def test_files_of_dropped_words_hold_none(dropped, plain, tmp_path, how):
    for name, scores in (("dropped", dropped), ("plain", plain)):
        WRITING[how](scores, str(tmp_path / name / "out"))
    assert [one for one in WORDS if one in stored_text(tmp_path / "plain")] == [*WORDS]
    assert [one for one in WORDS if one in stored_text(tmp_path / "dropped")] == []


@pytest.mark.parametrize("how", WRITING)
def test_redacted_files_hold_marks(plain, tmp_path, how):
    WRITING[how](plain, str(tmp_path / "plain" / "out"))
    WRITING[how](plain, str(tmp_path / "redacted" / "out"), redact=True)
    assert all(one in stored_text(tmp_path / "plain") for one in SECRETS)
    found = stored_text(tmp_path / "redacted")
    assert not [one for one in SECRETS if one in found]
    assert "my card is [CARD] xylophone" in found
    assert "mail [MAIL]" in found


def test_redacted_rows_are_flagged(plain, tmp_path):
    export.run(ExportSettings(plain, to="jsonl", out=str(tmp_path), redact=True))
    rows = [json.loads(line) for line in (tmp_path / "utterances.jsonl").read_text().splitlines()]
    assert [row["flags"] for row in rows] == [[], ["redacted"], ["redacted"], []]


def test_report_and_query_of_dropped_words_hold_none(dropped, plain, tmp_path):
    shown = {}
    for name, scores in (("dropped", dropped), ("plain", plain)):
        page = tmp_path / f"{name}.html"
        report.run(ReportSettings(scores=scores, out=str(page)))
        shown[name] = page.read_text()
        for table in ("manifest", "utterances", "calls", "speakers", "quarantine"):
            asked = QuerySettings(scores, f"SELECT * FROM {table}", to="jsonl")
            shown[name] += query.run(asked)
    assert [one for one in WORDS if one in shown["plain"]] == [*WORDS]
    assert [one for one in WORDS if one in shown["dropped"]] == []
    assert ["<audio" in one for one in shown.values()] == [False, True]  # in which they are heard
    assert "they were dropped" in shown["dropped"]


def test_pages_of_dropped_words_hold_none(dropped):
    with serving(Path(dropped)) as running:
        while b"Reading the calls" in ask(running, "/")[2]:
            time.sleep(0.1)
        paths = ("/", "/?words=e", "/call?call=one", "/export.csv?table=utterances")
        pages = b"".join(ask(running, path)[2] for path in paths).decode()
    assert "one-3" in pages
    assert [one for one in WORDS if one in pages] == []
