"""What a report says it knows of a run: rows, head, how well, whatever the records hold."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from daf_core import default_heads
from daf_core.report.page import gather, render
from jobs.cli import VERBS
from tests.core.report.score_files import publish
from tests.core.report.warned_runs import IDENTITY, ROWS, report_of, sound_row, titles, voice_row


def test_a_sound_run_is_known_and_not_warned_about(tmp_path: Path) -> None:
    rows = [sound_row(n) for n in range(150)] + [voice_row(n) for n in range(150, ROWS)]
    report = report_of(tmp_path, rows, audio_hours=2.5, head="my-head")
    assert titles(report) == []
    of, head, how_well = report.known.sentences
    assert of == (
        "200 utterances of 10 recordings, 2.5 hours of speech: 150 with words and voice and 50 "
        "with voice alone."
    )
    assert head == "Scored by the head in my-head; the language of its words is en."
    assert how_well.startswith("The interval is 1.4 wide on average, of a range of 6, and holds")
    assert "0 of 200 rows (0 %) are unfamiliar" in how_well
    assert report.known.lines == [
        "how well: 90 % intervals are 1.4 wide on average, of 6; 0 of 200 rows are unfamiliar; "
        "0 warnings"
    ]
    page = render(report)
    assert of in page
    assert page.index('id="known"') < page.index('class="totals"')
    assert "What was checked: no warnings" in page
    assert '<p class="warning">' not in page


def test_names_of_recordings_are_short_and_printable_on_a_terminal(tmp_path: Path) -> None:
    name = "\x1b[31m\u202ered" + "x" * 500
    strange = {"audio_familiarity": 0.0, "flags": ["unfamiliar"]}
    rows = [sound_row(n) for n in range(ROWS)]
    for row in rows[:50]:
        row |= strange | {"recording_id": name}
    line = report_of(tmp_path, rows, head="`\x1b[0m").known.lines[1]
    assert line.isprintable()
    assert len(line) < 700


def test_a_text_head_gives_rows_with_words_alone(tmp_path: Path) -> None:
    identity = {"head": {**IDENTITY["head"], "encoders": {"text": {}}}}
    rows = [sound_row(n, text_weight=None, audio_weight=None) for n in range(9)]
    report = gather(publish(tmp_path, [rows], identity=identity))
    assert "9 with words alone." in report.known.sentences[0]


@pytest.mark.skipif(not default_heads.default_heads(), reason="no head is in the package")
def test_the_head_of_the_package_is_known_wherever_it_lies(tmp_path: Path) -> None:
    name = default_heads.default_heads()[0]
    record = json.loads((default_heads.FOLDER / name / default_heads.RECORD).read_text())
    keys = ("sha256", "calibrations", "encoders", "languages")
    identity = {"head": {key: record[key] for key in keys}}
    rows = [sound_row(n) for n in range(9)]
    scores = publish(tmp_path / "1", [rows], identity=identity, head="/elsewhere/heads")
    report = gather(scores)
    said = report.known.sentences[1]
    assert f"<dt>Head</dt><dd><bdi>{name}</bdi></dd>" in render(report)  # not where it lies
    assert said.startswith(f"Scored by the head {name} of the package, trained on ")
    assert default_heads.read_card(name).licence in said
    assert "it was off by" in said
    identity["head"]["calibrations"] = {}  # as `daf adapt` changes them
    scores = publish(tmp_path / "2", [rows], identity=identity, head="/elsewhere/heads")
    assert gather(scores).known.sentences[1].startswith("Scored by the head in /elsewhere/heads")


HOSTILE_RUNS: list[dict[str, Any]] = [
    {"identity": 7, "head": 7},
    {"identity": {"head": []}, "head": "\x00"},
    {"identity": {"head": {"languages": "en", "encoders": 3, "sha256": []}}, "head": "nosuch://x"},
    {"identity": {"head": {"languages": [{}, None], "encoders": {"x": 1}}}, "audio_hours": "many"},
    {"head": "/dev/null", "audio_hours": -1},
]


@pytest.mark.parametrize("run", HOSTILE_RUNS)
def test_a_run_record_of_any_form_gives_a_page(tmp_path: Path, run: dict[str, Any]) -> None:
    report = gather(publish(tmp_path, [[sound_row(n) for n in range(9)]], **run))
    assert report.known.sentences[0].startswith("9 utterances of 9 recordings: 9 with words and")
    assert "<h2 id=" in render(report)


def test_a_head_record_of_any_form_gives_a_page(tmp_path: Path) -> None:
    head = tmp_path / "head"
    head.mkdir()
    for record in ('{"sha256": "0", "data": 3, "metrics": {"test": {"mae": "x"}}}', "[", "3"):
        (head / "head.json").write_text(record)
        identity = {"head": {"sha256": "0"}}
        scores = publish(tmp_path, [[sound_row(0)]], identity=identity, head=str(head))
        assert gather(scores).known.sentences[1] == f"Scored by the head in {head}."
    (head / "head.json").write_text(
        json.dumps({"sha256": "0", "data": {"rows": {"train": 1234}}, "adaptation": {"rows": 50}})
    )
    assert (
        gather(scores)
        .known.sentences[1]
        .endswith("trained on 1,234 utterances, and fitted to 50 labels by `daf adapt`.")
    )


def test_every_command_that_is_named_is_one(tmp_path: Path) -> None:
    rows = [
        voice_row(
            n,
            interval_low=-3.0,
            interval_high=3.0,
            audio_familiarity=0.0,
            language="es" if n % 2 else None,
            level_db=float(n),
            sentiment=n / 50 - 2,
            flags=["no_text", "unfamiliar"] + ["other_language"] * (n % 2),
        )
        for n in range(ROWS)
    ]
    report = report_of(tmp_path, rows)
    assert len(report.known.warnings) == 4
    said = " ".join([*report.known.lines, *report.known.sentences])
    verbs = set(re.findall(r"`daf (\w+)", said))
    assert {"label", "adapt", "transcribe"} <= verbs <= set(VERBS)


def test_no_row_is_said_and_nothing_else(tmp_path: Path) -> None:
    report = gather(publish(tmp_path, [[]]))
    assert report.known.sentences == ["No utterance is scored."]
    assert report.known.warnings == []
    assert "What was checked" not in render(report)
