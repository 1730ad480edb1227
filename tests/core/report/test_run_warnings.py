"""Warnings about a run: each where it should be and nowhere else, from real score files."""

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.calls.marks import flagged
from daf_core.report.evidence import LANGUAGES_AT_MOST, Evidence
from daf_core.report.page import gather, render
from daf_core.report.run_warnings import warnings_of, warnings_of_flags
from daf_core.report.warned_when import is_more
from daf_core.schemas import SCORES
from daf_core.storage.parquet import read, write
from tests.core.report.score_files import publish, score
from tests.core.report.warned_runs import IDENTITY, ROWS, report_of, sound_row, titles, voice_row


def test_unfamiliar_rows_are_told_with_modality_and_place(tmp_path: Path) -> None:
    strange = {"audio_familiarity": 0.0, "flags": ["unfamiliar"]}
    rows = [sound_row(n) for n in range(ROWS)]
    for n in range(40):
        rows[n] |= strange | {"recording_id": f"hold/{n % 4}"}
    rows[50] |= {"text_familiarity": 0.01, "flags": ["unfamiliar"]}
    report = report_of(tmp_path / "1", rows)
    assert titles(report) == ["Unfamiliar speech"]
    found = report.known.warnings[0].found
    assert found == (
        "41 of 200 rows (20 %) are unlike what the head was trained on (the voice of 40 and the "
        "words of 1), most in folders hold (40 of 40), calls (1 of 160)."
    )
    assert found in render(report)
    assert f"warning: {report.known.warnings[0].line}" in report.known.lines

    few = [sound_row(n) for n in range(ROWS)]
    for row in few[:20]:
        row |= strange
    assert titles(report_of(tmp_path / "2", few)) == []
    for row in few:
        row |= strange
    every = report_of(tmp_path / "3", few).known.warnings[0].found
    assert every.endswith("(the voice of 200).")


def test_another_language_is_told_and_not_told_twice(tmp_path: Path) -> None:
    rows = [sound_row(n) for n in range(ROWS)]
    for n, language in enumerate(["es"] * 30 + ["fr-CA"] * 10):
        rows[n] |= {"language": language, "flags": ["other_language", "unfamiliar"]}
        rows[n] |= {"text_familiarity": 0.0}
    report = report_of(tmp_path, rows)
    assert titles(report) == ["Another language"]
    assert report.known.warnings[0].found == (
        "the words of 40 of 200 rows (20 %) are in a language that the head was not trained on "
        "(en): es 30, fr 10."
    )


def test_one_call_in_another_language_is_no_chance(tmp_path: Path) -> None:
    rows = [sound_row(n) for n in range(ROWS)]
    for row in rows[:11]:
        row |= {"language": "pl", "flags": ["other_language", "unfamiliar"]}
    assert titles(report_of(tmp_path / "11", rows)) == ["Another language"]
    rows[0] = sound_row(0)
    assert titles(report_of(tmp_path / "10", rows)) == []


def test_wide_intervals_are_told_of_the_modalities_that_have_them(tmp_path: Path) -> None:
    wide = {"interval_low": -1.9, "interval_high": 1.6}
    rows = [sound_row(n) for n in range(150)] + [voice_row(n, **wide) for n in range(150, ROWS)]
    warning = report_of(tmp_path / "1", rows).known.warnings[0]
    assert warning.title == "Wide intervals"
    assert warning.found == (
        "intervals of rows with voice alone are 3.5 wide on average, of a range of 6, and 100 % of "
        "them hold both a clearly negative and a clearly positive sentiment (-1 and 1)."
    )
    assert "daf transcribe" in warning.do
    rows[-1] |= {"flags": ["no_words"]}  # it was tried
    assert "transcribe" not in report_of(tmp_path / "tried", rows).known.warnings[0].do
    narrow = {"interval_low": -1.6, "interval_high": 0.9}  # holds no clearly positive sentiment
    rows = [sound_row(n, **narrow) for n in range(ROWS)]
    assert titles(report_of(tmp_path / "2", rows)) == []
    undecided = {"interval_low": -1.0, "interval_high": 1.0}
    rows = [sound_row(n, **undecided) for n in range(ROWS)]
    assert titles(report_of(tmp_path / "3", rows)) == ["Wide intervals"]


def test_rows_without_intervals_are_told(tmp_path: Path) -> None:
    bare = {"interval_low": None, "interval_high": None}
    rows = [sound_row(n) for n in range(150)] + [voice_row(n, **bare) for n in range(150, ROWS)]
    warning = report_of(tmp_path, rows).known.warnings[0]
    assert warning.title == "No intervals"
    assert "the head is not calibrated for rows with voice alone." in warning.found


@pytest.mark.parametrize("what", ["duration", "level"])
@pytest.mark.parametrize("row", [voice_row, sound_row])
@pytest.mark.parametrize("sign", [1, -1])
def test_sentiment_that_follows_duration_or_level_is_told(
    tmp_path: Path, what: str, row: Any, sign: int
) -> None:
    rows = [row(n) for n in range(60)]
    for n, one in enumerate(rows):
        drawn = float(np.random.default_rng([7, n]).normal())
        value = sign * one["sentiment"] + drawn
        if what == "duration":
            one["end_s"] = one["start_s"] + float(np.exp(value))
        else:
            one["level_db"] = 5 * value - 30
    report = report_of(tmp_path, rows)
    assert titles(report) == [f"Sentiment follows {what}"]
    found = report.known.warnings[0].found
    r = float(re.findall(r"is (-?0\.\d\d) \(95 %", found)[0])
    assert 0.3 < sign * r < 1
    assert ("without words" in found) == (row is voice_row)


def test_few_rows_and_rows_without_times_or_levels_tell_nothing(tmp_path: Path) -> None:
    few = [voice_row(n) for n in range(29)]
    for one in few:
        one |= {"end_s": one["start_s"] + 3 + one["sentiment"], "level_db": one["sentiment"]}
    assert titles(report_of(tmp_path / "1", few)) == []
    bare = {"start_s": None, "end_s": None, "level_db": None}
    report = report_of(tmp_path / "2", [voice_row(n, **bare) for n in range(ROWS)])
    assert titles(report) == []
    assert "too few rows (0)" in {check.found for check in report.known.checks}


@pytest.mark.parametrize(
    ("weights", "title"),
    [
        ((0.97, 0.99), "One modality decides"),
        ((0.01, 0.04), "One modality decides"),
        ((0.4, 0.41), "Steady weights"),
    ],
)
def test_weights_that_say_nothing_are_told(
    tmp_path: Path, weights: tuple[float, float], title: str
) -> None:
    rows = [sound_row(n) for n in range(60)]
    for n, row in enumerate(rows):
        row["audio_weight"] = weights[n % 2]
    assert titles(report_of(tmp_path, rows)) == [title]


WORDS = {"audio_weight": 0.0, "text_weight": 1.0, "audio_sentiment": None}
WORDS |= {"audio_familiarity": None, "level_db": None}


def test_rows_whose_voice_is_not_heard_are_told_with_the_reasons(tmp_path: Path) -> None:
    rows = [sound_row(n) for n in range(ROWS)]
    for n in range(40):
        why = ["silent"] if n < 30 else ["outside_recording", "silent"]
        rows[n] |= WORDS | {"flags": ["no_audio", *why]}
    report = report_of(tmp_path / "1", rows)
    assert titles(report) == ["Voices not heard"]
    assert report.known.warnings[0].found == (
        "40 of 200 rows (20 %) are scored on words alone, as no voice is found where the "
        "recording should have it (silent 30, outside_recording 10)."
    )
    few = rows[20:40] + [sound_row(n) for n in range(200, 380)]
    assert titles(report_of(tmp_path / "2", few)) == []
    for n in range(ROWS):  # transcripts alone
        rows[n] = sound_row(n, **WORDS, flags=["no_audio"])
    assert "Voices not heard" not in titles(report_of(tmp_path / "3", rows))


def test_recordings_of_which_one_channel_alone_is_heard_are_told(tmp_path: Path) -> None:
    rows = [sound_row(n, channel=0 if n % 10 < 6 else n // 10 % 2) for n in range(ROWS)]
    (warning,) = report_of(tmp_path / "1", rows).known.warnings
    assert warning.title == "One side alone"
    assert "in 6 of 10 recordings" in warning.found
    assert "(channel 0 in 6)" in warning.found
    both = [sound_row(n, channel=n // 10 % 2) for n in range(ROWS)]
    assert titles(report_of(tmp_path / "2", both)) == []
    mixed = [sound_row(n, channel=None) for n in range(ROWS)]
    assert titles(report_of(tmp_path / "3", mixed)) == []


def test_a_table_of_an_older_run_without_levels_is_read(tmp_path: Path) -> None:
    scores = publish(tmp_path, [[sound_row(n) for n in range(ROWS)]], identity=IDENTITY)
    part = f"{scores}/scores/part-00000.parquet"
    write(part, read(part, "scores")[0].drop_columns(["level_db"]), "scores")
    assert titles(gather(scores)) == []


@given(st.integers(1, 10**6), st.sampled_from([0.05, 0.1, 0.5]))
def test_more_than_a_share_is_more_and_all_rows_always_are(rows: int, share: float) -> None:
    assert not is_more(int(rows * share), rows, share)
    assert is_more(rows, rows, share) or rows < 5
    if rows >= 10_000:
        assert is_more(int(rows * (share + 0.02)), rows, share)


@given(st.lists(st.lists(st.sampled_from(["unfamiliar", "music", "short"]), max_size=3)))
def test_flagged_rows_are_found(flags: list[list[str]]) -> None:
    rows = [score(f"u{n}", flags=own) for n, own in enumerate(flags)]
    table = pa.concat_tables(
        [pa.Table.from_pylist(half, schema=SCORES) for half in (rows[:2], rows[2:])]
    )
    assert flagged(table, "music").tolist() == ["music" in own for own in flags]


@given(st.lists(st.sampled_from(range(40)), max_size=3))
def test_parts_in_any_cut_give_the_same_warnings(cuts: list[int]) -> None:
    rows = [voice_row(n, audio_familiarity=0.0, flags=["no_text", "unfamiliar"]) for n in range(40)]
    table = pa.Table.from_pylist(rows, schema=SCORES)
    evidence = Evidence()
    edges = [0, *sorted(cuts), 40]
    for start, end in pairwise(edges):
        evidence.add(table.slice(start, end - start))
    recordings = {f"calls/{n}": 4 for n in range(10)}
    assert [one.title for one in warnings_of(evidence, ("en",), recordings)] == [
        "Unfamiliar speech"
    ]
    assert evidence.sets == {"voice alone": 40, "words alone": 0, "words and voice": 0}


def test_languages_of_a_hostile_source_are_bounded() -> None:
    rows = [
        score(f"u{n}", language=f"l{n}" + "x" * 500, flags=["other_language", "unfamiliar"])
        for n in range(2 * LANGUAGES_AT_MOST)
    ]
    evidence = Evidence()
    evidence.add(pa.Table.from_pylist(rows, schema=SCORES))
    assert len(evidence.other_languages) == LANGUAGES_AT_MOST + 1
    assert evidence.other_languages.total() == 2 * LANGUAGES_AT_MOST
    warning = warnings_of(evidence, ("en",), {})[0]
    assert len(warning.found) < 400


def test_flags_alone_tell_the_language_and_what_is_unfamiliar() -> None:
    assert warnings_of_flags({"unfamiliar": 5, "short": 90}, 100) == []
    assert warnings_of_flags({}, 0) == []
    language, unfamiliar = warnings_of_flags({"unfamiliar": 70, "other_language": 30}, 100)
    assert language.found.startswith("the words of 30 of 100 rows (30 %) are in a language")
    assert unfamiliar.found == "40 of 70 rows (57 %) are unlike what the head was trained on."
