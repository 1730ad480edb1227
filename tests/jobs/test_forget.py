"""`daf forget`: a recording is in none of the tables any more, and does not come back."""

import csv
import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import soundfile

from daf_core.browse.archive import Archive
from daf_core.errors import NotDone, SettingsError
from daf_core.storage import part_index, run_record
from daf_core.storage.output import manifest_output, scores_output
from jobs.parts.calls import make_calls
from jobs.settings import EncodeResources, ForgetSettings, VerifySettings
from jobs.verbs import forget, ingest, verify
from tests.core.manifest.failing_store import FailingFileSystem, empty_store  # noqa: F401
from tests.core.privacy.made_chain import PART, chain
from tests.jobs.scored_calls import CUE, add_call, asked, scored
from tests.jobs.stored_text import stored_text


@pytest.fixture
def calls(tmp_path: Path) -> Path:
    folder = tmp_path / "calls"
    folder.mkdir()
    for name in ("ada", "bob", "jane-roe", "kim", "lea"):
        add_call(folder, name)
    (folder / "jane-roe.srt").write_text("1\n00:00:00,000 --> 00:00:01,000\nshort\n")
    return folder


@pytest.fixture
def out(calls: Path, tmp_path: Path) -> Path:
    """Finished scores with all that may lie beside them."""
    folder = tmp_path / "s"
    ingest.run(asked(calls, folder / "manifest"))
    scored(folder)
    Archive(scores_output(str(folder)), None).read()  # as `daf browse` does
    assert (folder / "index" / "listed.parquet").exists()
    (folder / "report.html").write_text("<p>jane-roe")
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(
            [["utterance_id", "recording_id"], ["1", "jane-roe"], ["2", "ada"]]
        )
    return folder


def forgotten(folder: Path | str, *ids: str, **options: object) -> str:
    return forget.run(ForgetSettings(str(folder), recording=[*ids], **options))  # type: ignore[arg-type]


def verified(out: Path | str) -> str:
    return verify.run(VerifySettings(manifest=f"{out}/manifest", scores=str(out)))


def test_no_table_names_it_any_more_and_the_others_stay(out: Path, calls: Path) -> None:
    assert "jane-roe" in stored_text(out)
    said = forgotten(out, "jane-roe").splitlines()
    assert said[0] == (
        "forgot 1 recording: 2 rows of the manifest, 2 rows of the scores, 1 part of the speakers "
        "made again, 1 part of the calls made again, 1 line of labels.csv, report.html "
        "(`daf report` makes it again)"
    )
    assert said[1] == f"not touched: the files of the source themselves: {calls}"
    assert "jane-roe" not in stored_text(out)
    assert verified(out).startswith("8 rows in, 8 scored, 0 quarantined: every manifest row")
    record = json.loads((out / "run.json").read_text())
    assert (record["complete"], record["scored"], record["rows_in"]) == (True, 8, 8)
    assert make_calls(scores_output(str(out)), EncodeResources()) == {"scored": 4}
    assert "ada" in (out / "labels.csv").read_text()


def test_it_does_not_come_back_unless_asked_for(out: Path, calls: Path) -> None:
    forgotten(out, "jane-roe")
    again = ingest.run(asked(calls, out / "manifest"))
    assert again.startswith("nothing to do: 8 rows in, 8 in the manifest")
    (calls / "jane-roe.vtt").write_text(CUE.format("her again"))
    add_call(calls, "new")
    said = ingest.run(asked(calls, out / "manifest"))
    assert "recordings left out, as `daf forget` removed them: 1" in said
    assert "10 rows in, 10 in the manifest" in said
    assert "jane-roe" not in stored_text(out)
    ingest.run(asked(calls, out / "manifest", fresh=True))
    assert "jane-roe" not in stored_text(out / "manifest")
    assert forgotten(out, "jane-roe", undo=True).startswith("1 recording comes back")
    assert "12 rows in, 12 in the manifest" in ingest.run(asked(calls, out / "manifest"))


def test_what_the_source_lacks_is_said_as_before(calls: Path, tmp_path: Path) -> None:
    """The lines below the summary come back with the next run, and name nothing that is gone."""
    meta, out = tmp_path / "crm.csv", tmp_path / "m"
    meta.write_text("file,team\nada,1\nbob,2\nzoe,3\n")
    given = {"meta": str(meta), "channels": {"0": "agent"}}
    lacking = "--meta: 3 of 5 recordings have no line, such as jane-roe.wav, kim.wav, lea.wav"
    assert lacking in ingest.run(asked(calls, out, **given))
    forgotten(out, "jane-roe")
    again = ingest.run(asked(calls, out, **given)).splitlines()
    assert again[0].startswith("nothing to do: 9 rows in, 8 in the manifest")
    assert again[1:] == [
        "--channels: no utterance is on channel 0 (agent); the recordings have one channel, or "
        "nothing tells their channels apart",
        "--meta: 1 of 3 lines fits no recording, such as zoe",
        "--meta: 2 of 4 recordings have no line, such as kim.wav, lea.wav",
        "recordings left out, as `daf forget` removed them: 1",
        "quarantined, unmatched_meta: crm.csv:4: expected a file of this recording in the folder, "
        "found none",
    ]
    assert ingest.run(asked(calls, out, **given)).splitlines()[1:] == again[1:]
    assert "jane-roe" not in stored_text(out)


def test_the_same_parts_are_scored_as_before(out: Path) -> None:
    """Nothing is made again: facts of scores and manifest agree."""
    forgotten(out, "jane-roe", "ada")
    manifest, scores = manifest_output(f"{out}/manifest"), scores_output(str(out))
    made_from = part_index.of_finished(manifest, run_record.read_complete(manifest))
    made = part_index.of_finished(scores, run_record.read_complete(scores))
    assert {name: one.rows_fingerprint for name, one in made.items()} == {
        name: one.rows_fingerprint for name, one in made_from.items()
    }


def test_what_is_not_there_is_refused_before_anything_changes(out: Path, tmp_path: Path) -> None:
    before = stored_text(out)
    with pytest.raises(SettingsError, match="found none with the id nobody; nothing was removed"):
        forgotten(out, "ada", "nobody")
    with pytest.raises(SettingsError, match="with the id Jane-Roe, the nearest are jane-roe; noth"):
        forgotten(out, "Jane-Roe")
    with pytest.raises(SettingsError, match="with the id jane_ro, the nearest are jane-roe; noth"):
        forgotten(out, "jane_ro")
    with pytest.raises(SettingsError, match="expected a folder made by daf score"):
        forgotten(tmp_path / "calls", "ada")
    with pytest.raises(SettingsError, match="expected `recording` or `recordings`"):
        forgotten(out)
    with pytest.raises(SettingsError, match="forgotten, found 0 of 1"):
        forgotten(out, "ada", undo=True)
    assert stored_text(out) == before


def test_one_of_several_recordings_of_a_name_and_what_was_quarantined(
    calls: Path, tmp_path: Path
) -> None:
    soundfile.write(calls / "jane-roe.flac", np.zeros(2 * 8000), 8000)
    (calls / "max.wav").write_bytes(b"RIFF")
    out = tmp_path / "m"
    ingest.run(asked(calls, out))
    table = tmp_path / "who.csv"
    table.write_text("recording_id,why\njane-roe.wav,asked\nmax,asked\n")
    forget.run(ForgetSettings(str(out), recordings=str(table)))
    assert "nothing to do" in ingest.run(asked(calls, out))
    everything = stored_text(out)
    assert "jane-roe.flac" in everything
    assert not [one for one in ("jane-roe.wav", "max.wav") if one in everything]


def test_ids_may_be_given_by_name_where_they_are_hashed(calls: Path, tmp_path: Path) -> None:
    out, salt = tmp_path / "m", "a salt of enough letters"
    ingest.run(asked(calls, out, hash_ids=salt))
    said = forgotten(out, "jane-roe", hash_ids=salt)
    assert "2 rows of the manifest" in said
    assert "jane-roe" not in stored_text(out)
    assert ingest.run(asked(calls, out, hash_ids=salt)).startswith("nothing to do: 8 rows in")


def killed(changes: int) -> bool:
    """Forget, but storage fails after so many changes; returns whether that stopped it."""
    FailingFileSystem.changes_left = changes
    try:
        forgotten("memory://s", "jane-roe")
        return False
    except (NotDone, OSError):
        return True
    finally:
        FailingFileSystem.changes_left = float("inf")


def tables() -> dict[str, bytes]:
    """All tables in the storage, but none of index/ and no records, which say when."""
    return {
        path: file.getvalue()
        for path, file in FailingFileSystem.store.items()
        if path.endswith(".parquet") and "/index/" not in path
    }


def test_killed_at_any_change_and_run_again_the_tables_are_the_same(calls: Path) -> None:
    FailingFileSystem.store.clear()
    ingest.run(asked(calls, "memory://s/manifest"))
    scored("memory://s")
    start = dict(FailingFileSystem.store)
    forgotten("memory://s", "jane-roe")
    expected = tables()
    assert not [path for path, data in expected.items() if b"jane-roe" in data]
    kills = 0
    for changes in range(100):
        FailingFileSystem.store.clear()
        FailingFileSystem.store.update(start)
        if not killed(changes):
            break
        kills += 1
        forgotten("memory://s", "jane-roe")
        assert tables() == expected, changes
        assert verified("memory://s").startswith("8 rows in, 8 scored")
    assert kills > 15


def test_what_is_recognized_and_scored_of_a_manifest_elsewhere(tmp_path: Path) -> None:
    own, transcribed, scores = chain(tmp_path)
    record = run_record.read_complete(transcribed)
    run_record.finish(transcribed, record.identity, record.facts | {"manifest": own.root})
    said = forgotten(transcribed.root, "b").splitlines()
    assert said[0] == "forgot 1 recording: 2 rows of the transcribed manifest"
    assert said[1].startswith(f"its manifest {own.root} may hold them still: `daf forget")
    assert transcribed.read(PART)["recording_id"].to_pylist() == ["a"]
    assert not pq.read_table(f"{transcribed.words_uri}/{PART}").num_rows
    assert run_record.read_complete(transcribed).facts["rows_in"] == 1
    assert scores.read(PART).num_rows == 2
