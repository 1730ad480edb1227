"""Where data may come from: each kind of place that a row or a link of a source may name."""

import csv
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from daf_core.errors import BadInput, SettingsError
from daf_core.recordings.audio import open_recording
from daf_core.storage.files import filesystem
from daf_core.storage.uris import problem, shown, without_secrets
from tests.core.hostile.made_manifest import tone
from tests.core.hostile.places import MISSING, OUTSIDE, PLACES, SECRET
from tests.core.hostile.watching import watched
from tests.core.sources.ingest import ingest


@pytest.mark.parametrize("column", ["audio_path", "audio_uri"])
@pytest.mark.parametrize("kind", PLACES)
def test_a_row_that_names_another_place_is_one_quarantined_row(
    source: Path, kind: str, column: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(source.parent / "outside"))
    place, reason = PLACES[kind]
    place = place.replace("{top}", str(source.parent))
    if column == "audio_uri" and reason in (OUTSIDE, MISSING, "unreadable_audio"):
        place = place if "://" in place or place[0] in "/~" else f"{source}/{place}"
        reason = OUTSIDE if kind == "a tilde" else reason
    rows = [("bad", place, ""), ("good", f"{source}/in/good.wav", "fine words")]
    with open(source / "calls.csv", "w", newline="") as file:
        csv.writer(file).writerows([("utterance_id", column, "text"), *rows])
    with watched() as seen:
        found = ingest(source / "calls.csv")
    assert [row["utterance_id"] for row in found.rows] == ["good"]
    (bad,) = found.quarantined
    assert bad["reason"] == reason
    assert not seen.asked
    assert not seen.outside()
    told = repr(bad)
    assert SECRET not in told
    assert len(told) < 5 * 8192
    if reason == OUTSIDE:
        assert "`allow_root`" in bad["message"]


def test_rows_with_words_are_refused_too_and_the_summary_says_what_admits_them(
    source: Path,
) -> None:
    """Words without their sound would hide that a whole table was refused."""
    from daf_core.sources.open_source import open_source

    for name in ("a", "b"):
        tone(source.parent / f"nas/2024/{name}.wav")
    rows = [f"{source.parent}/nas/2024/{name}.wav,words" for name in ("a", "b")]
    (source / "calls.csv").write_text("\n".join(["audio_path,text", *rows]))
    opened = open_source(f"{source}/calls.csv")
    opened.gather()
    assert [row["reason"] for row in opened.quarantined] == [OUTSIDE] * 2
    (hint,) = opened.remarks(None).hints  # type: ignore[arg-type]
    assert hint.startswith("2 rows name a file outside of the source and are quarantined")
    assert f"`allow_root` {source.parent}/nas/2024 admits them" in hint
    found = ingest(source / "calls.csv", allow_roots=[f"{source.parent}/nas"])
    assert len(found.rows) == 2
    assert not found.quarantined


def test_links_of_a_folder_that_lead_out_are_named(source: Path) -> None:
    with watched() as seen:
        found = ingest(source)
    assert {row["recording_id"] for row in found.rows} == {"in/good", "inner"}
    reasons = {row["file"].rpartition("/")[2]: row["reason"] for row in found.quarantined}
    assert reasons == {
        "out": "linked_outside",
        "link.wav": "linked_outside",
        "zero.wav": "linked_outside",
        "pipe.wav": "not_a_file",
        "socket.wav": "not_a_file",
    }
    assert not seen.outside()


def test_a_record_of_a_run_that_is_a_pipe_is_no_output_of_daf(source: Path) -> None:
    os.mkfifo(source / "in/run.json")
    assert {row["recording_id"] for row in ingest(source).rows} >= {"in/good"}


@pytest.mark.parametrize("uri", [place for place, reason in PLACES.values() if SECRET in place])
def test_credentials_are_told_and_never_repeated(uri: str) -> None:
    assert "credentials" in (problem(uri) or "")
    assert SECRET not in shown(uri)
    assert SECRET not in without_secrets(f"cannot read {uri}, twice {uri}")
    with pytest.raises(SettingsError) as refused:
        filesystem(uri)
    assert SECRET not in str(refused.value)
    with pytest.raises(BadInput) as row:
        open_recording(uri)
    assert SECRET not in str(row.value)


def test_credentials_stay_hidden_however_they_are_repeated() -> None:
    long = "s3://b/a?X-Amz-Signature=" + f"{SECRET}s3://b/a?X-Amz-Signature=" * 200
    assert SECRET not in without_secrets(long)
    assert SECRET not in shown(f"?sig={SECRET}memory://?sig={SECRET}")
    before = f"user:{SECRET}@s3://b/a.wav"
    assert SECRET not in shown(before) + without_secrets(f"a.wav {before}: no such protocol")
    slashes = f"s3:///user:{SECRET}@b/a.wav"
    assert SECRET not in shown(slashes) + without_secrets(f"{before} and {slashes}")
    assert SECRET not in without_secrets(f"x:y@hostFILE:///user:{SECRET}@b")
    with pytest.raises(BadInput) as refused:
        open_recording(f"s3://b/a.wav#raw=ulaw:8000:1/?token={SECRET}")
    assert SECRET not in str(refused.value)


def test_names_that_look_like_it_are_still_names(tmp_path: Path) -> None:
    for name in ("12::30.wav", "a:b@c.wav", "call?sig=1.wav", "a::b://c.wav", "it's #1.wav"):
        assert open_recording(str(tone(tmp_path / name))).duration_s == 1.0


def test_a_path_in_a_parquet_cell_is_not_looked_at_elsewhere(source: Path) -> None:
    data = (source / "in/good.wav").read_bytes()
    paths = [f"{source.parent}/outside/secret.wav", "http://127.0.0.1:9/a.wav", "../x", "\0"]
    cells = [{"bytes": data, "path": path} for path in paths]
    pq.write_table(pa.table({"audio": cells}), source / "t.parquet")
    with watched() as seen:
        found = ingest(source / "t.parquet", rename={"audio": "audio_path"})
    assert len(found.rows) == len(paths)
    assert all(row["audio_uri"].startswith(f"{source}/t.parquet#") for row in found.rows)
    assert not seen.asked
    assert not seen.outside()
