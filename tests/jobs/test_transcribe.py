"""`daf transcribe` part by part: a manifest like that of ingest, with equal bytes however often it
was interrupted.
"""

import json
import shutil
from pathlib import Path

import pytest

pytest.importorskip("faster_whisper", reason="needs the extra asr")

from daf_core.errors import SettingsError
from daf_core.storage import parquet
from daf_core.storage.output import manifest_output
from jobs.settings import IngestSettings, TranscribeSettings
from jobs.verbs import ingest, transcribe

DEMO = Path(__file__).parents[2] / "jobs" / "demo_corpus"


def settings(folder: Path, out: str) -> TranscribeSettings:
    return TranscribeSettings(
        manifest=str(folder / "manifest"), out=str(folder / out), local=True, offline=True
    )


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A manifest of three parts, transcribed to `whole`."""
    folder = tmp_path_factory.mktemp("transcribe")
    table = folder / "calls.csv"
    rows = [
        "billing-dispute.wav,billing-dispute,,0,7.2,9.7",
        "billing-dispute.wav,billing-dispute,These words stay.,1,9.7,12",
        "hotel-room.wav,hotel-room,,,20,46",
        "callback-request.flac,callback-request,,,0,4",
        "not-there.wav,not-there,,,0,3",
    ]
    header = "audio_path,recording_id,text,channel,start_s,end_s"
    table.write_text("\n".join([header, *(f"{DEMO}/{row}" for row in rows)]))
    roots = [str(DEMO)]
    ingest.run(
        IngestSettings(
            source=str(table), out=str(folder / "manifest"), part_minutes=0.1, allow_root=roots
        )
    )
    line = transcribe.run(settings(folder, "whole"))
    assert "rows in" in line
    assert "transcribed" in line
    return folder


def bytes_of(folder: Path) -> dict[str, bytes]:
    """Everything but the run record and the attempts, which hold times."""
    files = [path for path in folder.rglob("*") if path.is_file() and "json" not in path.suffix]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_it_is_a_manifest_with_words(made: Path) -> None:
    output = manifest_output(str(made / "whole"))
    rows = [row for table in output.read_all() for row in table.to_pylist()]
    assert len(rows) > 8
    assert sum("transcribed" in row["flags"] for row in rows) > 6
    (kept,) = [row for row in rows if row["text"] == "These words stay."]
    assert kept["flags"] == []
    ids = [row["utterance_id"] for row in rows]
    assert len({*ids}) == len(ids)
    words = [
        word
        for name in output.part_names()
        for word in parquet.read(f"{output.words_uri}/{name}", "words")[0].to_pylist()
    ]
    assert {word["utterance_id"] for word in words} <= {*ids}
    record = json.loads((made / "whole" / "run.json").read_text())
    assert record["complete"]
    assert record["identity"]["recognizer"]["sha256"].startswith("1a5afae06a4d")
    assert record["flags"]["transcribed"] == sum("transcribed" in row["flags"] for row in rows)


def test_what_ingest_quarantined_stays_known(made: Path) -> None:
    before, after = (manifest_output(str(made / name)) for name in ("manifest", "whole"))
    for name in parquet.list_parts(before.quarantine_uri):
        theirs = parquet.read(f"{before.quarantine_uri}/{name}", "quarantine")[0].to_pylist()
        assert theirs == after.read_quarantine(name).to_pylist()


def test_an_interrupted_run_ends_with_the_same_bytes(made: Path) -> None:
    whole, killed = made / "whole", made / "killed"
    shutil.copytree(whole, killed)
    record = json.loads((killed / "run.json").read_text())
    (killed / "run.json").write_text(json.dumps({**record, "complete": False}))
    shutil.rmtree(killed / "index")
    parts = sorted((killed / "manifest").iterdir())
    assert len(parts) > 1
    parts[-1].unlink()  # killed between quarantine and part
    (killed / "words" / parts[0].name).touch()
    parts[0].unlink()  # killed before the first file was whole
    (killed / "words" / parts[0].name).unlink()
    transcribe.run(settings(made, "killed"))
    assert bytes_of(killed) == bytes_of(whole)


def test_nothing_is_done_twice(made: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in (made / "whole").rglob("*")}
    assert "done before" in transcribe.run(settings(made, "whole"))
    assert {path: path.stat().st_mtime_ns for path in (made / "whole").rglob("*")} == before


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"model": "openai/whisper-small"}, "not on this machine, and `offline` is set"),
        ({"language": "Klingonese"}, "expected a language such as en"),
        ({"out": "manifest"}, "expected another folder"),
    ],
)
def test_a_wrong_setting_stops_it_before_any_work(
    made: Path, changed: dict[str, str], message: str
) -> None:
    out = str(made / changed.pop("out", "wrong"))
    wrong = TranscribeSettings(
        manifest=str(made / "manifest"), out=out, local=True, offline=True, **changed
    )
    with pytest.raises(SettingsError, match=message):
        transcribe.run(wrong)
    assert not (made / "wrong").exists()


def test_a_folder_that_holds_no_recognizer(made: Path) -> None:
    wrong = TranscribeSettings(
        manifest=str(made / "manifest"), out=str(made / "wrong"), model=str(made), local=True
    )
    with pytest.raises(SettingsError, match=r"found no model\.bin"):
        transcribe.run(wrong)
