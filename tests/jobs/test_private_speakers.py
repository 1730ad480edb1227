"""`--redact` where callers are named by their number or mail address."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from daf_core.storage.output import manifest_output
from jobs.settings import ConvertSettings, ExportSettings, IngestSettings
from jobs.verbs import convert, export, ingest
from tests.core.calls.made_folder import scores_folder
from tests.core.calls.made_scores import scores_of
from tests.jobs.stored_text import stored_text

CALL = """WEBVTT

00:00.000 --> 00:01.000
<v +1 555 0100>hello

00:01.000 --> 00:02.000
<v jane.roe@example.com>hi there

00:02.000 --> 00:03.000
<v +1 555 0101>and me

00:03.000 --> 00:04.000
<v +1 555 0100>bye
"""
LABELS = "[00:00] +1 555 0100: hello\n[00:02] jane.roe@example.com: hi\n[00:03] +1 555 0100: so\n"
SECRETS = ("0100", "0101", "jane.roe", "example.com")
HIDDEN = ["[PHONE 1]", "[MAIL 1]", "[PHONE 2]", "[PHONE 1]"]


def speakers(out: Path) -> list[str | None]:
    (part,) = manifest_output(str(out)).read_all()
    rows = sorted(part.to_pylist(), key=lambda row: (row["recording_id"], row["start_s"] or 0.0))
    return [row["speaker"] for row in rows]


def run_ingest(source: Path, out: Path, **options: object) -> str:
    return ingest.run(IngestSettings(source=str(source), out=str(out), redact=True, **options))  # type: ignore[arg-type]


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    folder = tmp_path / "calls"
    folder.mkdir()
    for name, words in (("a.vtt", CALL), ("b.txt", LABELS)):
        (folder / name).write_text(words)
        soundfile.write(folder / f"{name[0]}.wav", np.zeros(4 * 8000), 8000)
    (tmp_path / "meta.csv").write_text("file,caller,date\na.wav,+1 555 0100,2026-03-02\n")
    return folder


def test_of_a_folder_no_number_of_a_speaker_is_stored(calls: Path, tmp_path: Path) -> None:
    said = run_ingest(
        calls,
        tmp_path / "m",
        meta=str(tmp_path / "meta.csv"),
        roles={"customer": "+1 555 0100", "agent": "Zoe"},
    )
    assert speakers(tmp_path / "m") == [*HIDDEN, "[PHONE 1]", "[MAIL 1]", "[PHONE 1]"]
    everything = stored_text(tmp_path / "m" / "manifest")
    assert not [one for one in SECRETS if one in everything]
    assert "no speaker fits agent=Zoe" in said
    assert "customer=" not in said
    (part,) = manifest_output(str(tmp_path / "m")).read_all()
    roles = [row["role"] for row in part.to_pylist() if row["speaker"] == "[PHONE 1]"]
    assert roles == ["customer"] * 4
    assert dict(part["meta"][0].as_py()) == {"caller": "[PHONE]", "date": "2026-03-02"}


def test_of_a_table_no_number_of_a_speaker_is_stored(tmp_path: Path) -> None:
    table = tmp_path / "calls.csv"
    names = ["+1 555 0100", "jane.roe@example.com", "+1 555 0101", "+1 555 0100"]
    lines = [f"call,{at},{at + 1},{name},hello,{name}" for at, name in enumerate(names)]
    table.write_text("\n".join(["recording_id,start_s,end_s,speaker,text,from", *lines]))
    run_ingest(table, tmp_path / "m")
    assert speakers(tmp_path / "m") == HIDDEN
    everything = stored_text(tmp_path / "m")
    assert not [one for one in SECRETS if one in everything]


def test_versions_of_a_table_follow_from_the_marks_alone(tmp_path: Path) -> None:
    """Otherwise a number could be guessed from the fingerprint of its row."""
    found = []
    for number in (100, 177):
        table = tmp_path / str(number) / "calls.csv"
        table.parent.mkdir()
        table.write_text(
            f"recording_id,speaker,text,caller\nc,+1 555 0{number},hi,+1 555 0{number}\n"
        )
        run_ingest(table, table.parent / "m")
        (part,) = manifest_output(str(table.parent / "m")).read_all()
        catalogue = sorted((table.parent / "m").rglob("*.parquet"))
        found.append([stored_text(path.parent) for path in catalogue if "catalog" in str(path)])
        assert part["speaker"].to_pylist() == ["[PHONE 1]"]
    assert found[0] == found[1]


@pytest.mark.parametrize("form", ["csv", "jsonl", "duckdb", "amazon"])
def test_exports_say_one_mark_for_one_speaker_everywhere(tmp_path: Path, form: str) -> None:
    who = ["+1 555 0100", "jane.roe@example.com", "+1 555 0101", "+1 555 0100"]
    rows = [
        {"utterance_id": f"u{turn}", "speaker": name}
        | {"start_s": 4.0 * turn, "end_s": 4.0 * turn + 6}
        | {"sentiment": 1.0, "words": 10, "polarity": "positive", "meta": [("caller", who[0])]}
        for turn, name in enumerate(who)
    ]
    scores_folder(tmp_path / "s", [scores_of(rows)])
    out = tmp_path / "out" / ("x.duckdb" if form == "duckdb" else "")
    out.parent.mkdir(exist_ok=True)
    settings = ExportSettings(str(tmp_path / "s"), to=form, out=str(out), redact=True)
    export.run(settings)
    everything = stored_text(tmp_path / "out")
    assert not [one for one in SECRETS if one in everything]
    if form == "jsonl":
        named = {
            name: [json.loads(line) for line in (out / f"{name}.jsonl").read_text().splitlines()]
            for name in ("utterances", "speakers", "calls")
        }
        assert [row["speaker"] for row in named["utterances"]] == HIDDEN
        assert {row["speaker"] for row in named["speakers"]} == {*HIDDEN}
        pairs = [(one["by"], one["of"]) for one in named["calls"][0]["interruption_list"]]
        assert ("[MAIL 1]", "[PHONE 1]") in pairs


def test_converted_transcripts_have_the_marks(calls: Path, tmp_path: Path) -> None:
    convert.run(ConvertSettings(str(calls), to="vtt", out=str(tmp_path / "out"), redact=True))
    everything = stored_text(tmp_path / "out")
    assert "[PHONE 2]" in everything
    assert not [one for one in SECRETS if one in everything]
