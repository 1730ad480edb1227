"""The page of the report: what it shows, what it leaves out, and the job that writes it."""

import re
from pathlib import Path

import pyarrow as pa
import pytest

from daf_core.errors import SettingsError
from daf_core.report.page import gather, render
from daf_core.schemas import QUARANTINE
from daf_core.storage.files import join, write_json
from daf_core.storage.output import manifest_output
from daf_core.storage.parquet import part_name, write
from jobs.settings import ReportSettings
from jobs.verbs.report import run
from tests.core.report.hostile_text import HOSTILE
from tests.core.report.score_files import publish, score


def test_what_ingest_quarantined_is_on_the_page(call: str) -> None:
    assert "Not known: <bdi>there is no finished manifest at" in render(gather(call))
    manifest = manifest_output(str(Path(call).parent / "manifest"))
    write_json(manifest.record_uri, {"kind": "manifest"})
    assert "Nothing: all of the source is in the manifest." in render(gather(call))
    lost = [
        {"stage": "ingest", "reason": "unreadable_audio", "message": f"{name}: archived"}
        for name in HOSTILE
    ]
    table = pa.Table.from_pylist(lost, schema=QUARANTINE)
    write(join(manifest.quarantine_uri, part_name(3)), table, "quarantine")
    report = gather(call)
    assert (report.quarantined, report.ingest.quarantined) == (3, len(HOSTILE))
    page = render(report)
    assert (
        f"{len(HOSTILE)} rows, recordings or files of the source never reached the manifest" in page
    )
    assert "archived" in page
    assert page.count("<script") == 1  # that of the page
    assert "of 13 utterances 3 have no audio and 1 has no text." in page


def test_page_shows_the_contradiction_with_time_and_words(call: str) -> None:
    page = render(gather(call))
    assert "In 1 utterance (8 %)" in page
    assert "<b>1:02:05</b> <bdi>agent · Ann</bdi>" in page
    assert "Oh, lovely." in page
    assert "words −1.0, tone +1.5, fused +0.5" in page
    assert "21 November 2026, 04:10 UTC" in page
    assert "the recording cannot be decoded" in page
    assert "are accounted for" not in page


def test_contradictions_show_the_interval_of_a_score_that_has_one(tmp_path: Path) -> None:
    known = publish(tmp_path / "a", [[score("u", interval_low=-0.5, interval_high=1.0)]])
    unknown = publish(tmp_path / "b", [[score("u")]])
    assert "fused, −0.5 to +1.0" in render(gather(known))
    assert '<line class="sure" x1="41.7%" x2="66.7%"' in render(gather(known))
    assert '<line class="sure" x1="41' not in render(gather(unknown))


def test_reasons_of_a_weight_are_words_with_their_meaning(tmp_path: Path) -> None:
    reasons = ["text_sure", "audio_unsure", "quiet_audio", "of another version"]
    page = render(gather(publish(tmp_path, [[score("odd", weight_reasons=reasons)]])))
    assert 'title="the voice is quiet: under -45 dBFS">quiet voice</abbr>' in page
    for shown in ("words sure", "voice unsure", "of another version"):
        assert f">{shown}</abbr>" in page


def test_without_text_no_word_of_a_transcript_is_in_the_page(call: str) -> None:
    with_words, without = render(gather(call)), render(gather(call, text=False))
    for words in ("Oh, lovely.", "I am cross.", "A note."):
        assert words in with_words
        assert words not in without
    assert "Words: left out." in without
    folder = str(Path(call).parent)
    assert folder in with_words
    assert folder not in without  # a folder may name people
    message = "z0.wav: not audio"
    assert message in with_words
    assert message not in without  # messages name files and quote words


def test_a_manifest_that_is_gone_leaves_words_out_unless_it_was_asked_for(tmp_path: Path) -> None:
    scores = publish(tmp_path, [[score("odd")]], manifest=str(tmp_path / "gone"))
    assert "there is no manifest at" in render(gather(scores))
    with pytest.raises(SettingsError, match=r"gone: expected part-\*\.parquet of a manifest"):
        gather(scores, manifest=str(tmp_path / "gone"))


def test_a_head_without_weights_is_noted(tmp_path: Path) -> None:
    bare = {"text_weight": None, "audio_weight": None}
    rows = [score("u0", text_sentiment=None, audio_sentiment=None) | bare]
    page = render(gather(publish(tmp_path, [rows])))
    assert "This head gives no weights." in page
    assert "In no utterance do words and tone" in page
    assert 'class="ribbon"' not in page


def test_nothing_scored_is_a_page_too(tmp_path: Path) -> None:
    refused = [{"stage": "decode", "reason": "missing_audio", "message": "a.wav: no file"}]
    page = render(gather(publish(tmp_path, [[]], quarantine=refused)))
    assert "How 0 recordings sound" in page
    assert "there is no file at the audio path" in page


def test_rows_that_are_unaccounted_for_are_counted(tmp_path: Path) -> None:
    page = render(gather(publish(tmp_path, [[score("u0")]], rows_in=5)))
    assert "5 utterances went in and 1 are accounted for" in page


def test_job_writes_the_page_and_counts(call: str, tmp_path: Path) -> None:
    out = tmp_path / "report.html"
    *known, line = run(ReportSettings(scores=call, out=str(out))).splitlines()
    assert known[0] == "how well: no intervals; familiarity is not measured; 1 warning"
    assert known[1].startswith("warning: No intervals: 13 of 13 rows (100 %) have no interval")
    assert re.fullmatch(
        rf"{re.escape(str(out))}: 13 utterances of 3 recordings, 1 contradiction, \d+\.\d s", line
    )
    first = out.read_bytes()
    run(ReportSettings(scores=call, out=str(out)))
    assert out.read_bytes() == first


def test_job_names_what_is_missing(call: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="give the folder that daf score wrote"):
        run(ReportSettings(scores=str(tmp_path / "nowhere"), out=str(tmp_path / "r.html")))
    with pytest.raises(SettingsError, match="expected a file for the page"):
        run(ReportSettings(scores=call, out=str(tmp_path)))
    assert not (tmp_path / "r.html").exists()
