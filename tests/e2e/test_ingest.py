import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import fsspec
import numpy as np
import pytest
import soundfile as sf

from daf_core.errors import SettingsError
from jobs.settings import IngestSettings
from jobs.verbs import ingest

RATE_HZ = 8000
DAF = "from jobs.cli import main; main()"


@pytest.fixture
def table(tmp_path):
    """70 recordings of which one is missing and one is empty, two rows each, text in half."""
    folder = tmp_path / "corpus"
    folder.mkdir()
    lines = ["text,audio_path,start_s,end_s"]
    for index in range(70):
        if index != 7:
            sf.write(folder / f"{index:02}.wav", np.zeros(0 if index == 9 else RATE_HZ), RATE_HZ)
        lines += [f"word {index},{index:02}.wav,0.5,1", f",{index:02}.wav,0,0.5"]
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    return str(folder / "t.csv")


def files(folder):
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*.parquet")}


def test_ray_and_this_process_write_the_same_files(table, tmp_path, monkeypatch):
    monkeypatch.setattr(ingest, "ray_pays", lambda *_: True)
    with_ray = ingest.run(IngestSettings(source=table, out=str(tmp_path / "1"), part_minutes=0.5))
    monkeypatch.setattr(ingest, "ray_pays", lambda *_: False)
    here = ingest.run(IngestSettings(source=table, out=str(tmp_path / "2"), part_minutes=0.5))
    expected = (
        "140 rows in, 138 in the manifest, 2 quarantined (empty_audio 1, missing_audio 1; in "
    )
    assert with_ray.startswith(expected)
    assert here.startswith(expected)
    assert files(tmp_path / "1") == files(tmp_path / "2")
    assert sum(name.startswith("manifest/part-") for name in files(tmp_path / "1")) == 3


def without_seconds(said: str) -> str:
    return re.sub(r"\b[\d.]+ s\b", "… s", said)


def test_a_second_run_does_nothing_and_other_settings_are_refused(table, tmp_path):
    settings = IngestSettings(source=table, out=str(tmp_path / "m"))
    first = ingest.run(settings)
    assert "70 recordings (70 new)" in first
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "m").rglob("*")}
    again = first.replace("70 new", "70 kept")
    said = ingest.run(settings)
    assert without_seconds(said) == f"nothing to do: {without_seconds(again)}"
    assert before == {path: path.stat().st_mtime_ns for path in (tmp_path / "m").rglob("*")}
    with pytest.raises(SettingsError, match="part_minutes"):
        ingest.run(IngestSettings(source=table, out=str(tmp_path / "m"), part_minutes=1))
    fresh = IngestSettings(source=table, out=str(tmp_path / "m"), part_minutes=1, fresh=True)
    assert "2 parts" in ingest.run(fresh)


def test_a_killed_process_is_gone_on_with(tmp_path):
    folder, out = tmp_path / "calls", tmp_path / "m"
    folder.mkdir()
    sf.write(tmp_path / "silence.wav", np.zeros(RATE_HZ * 6), RATE_HZ)
    for index in range(200):
        os.link(tmp_path / "silence.wav", folder / f"{index:03}.wav")
        (folder / f"{index:03}.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:06.000\nhi\n")
    command = [sys.executable, "-c", DAF, "ingest", folder, "--out", out, "--part-minutes", "0.1"]
    process = subprocess.Popen(list(map(str, command)))
    try:
        while len(list(out.glob("index/recordings/*"))) < 20 and process.poll() is None:
            time.sleep(0.002)
    finally:
        process.kill()
    assert process.wait() == -signal.SIGKILL
    kept = {path: path.stat().st_ino for path in out.glob("index/recordings/part-*.parquet")}
    parts = {
        out / "manifest" / path.name: (out / "manifest" / path.name).stat().st_ino for path in kept
    }

    settings = {"source": str(folder), "part_minutes": 0.1}
    summary = ingest.run(IngestSettings(out=str(out), **settings))
    assert f"({200 - len(kept)} new, {len(kept)} kept)" in summary
    assert parts == {path: path.stat().st_ino for path in parts}
    ingest.run(IngestSettings(out=str(tmp_path / "undisturbed"), **settings))
    assert files(out) == files(tmp_path / "undisturbed")


def test_an_archive_on_s3_grows(bucket, tmp_path):
    fs = fsspec.filesystem("s3", use_listings_cache=False)
    sf.write(tmp_path / "a.wav", np.zeros(RATE_HZ * 6), RATE_HZ)
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:06.000\nhi\n")

    def put(name):
        for suffix in ("wav", "vtt"):
            fs.put_file(str(tmp_path / f"a.{suffix}"), f"archive/growing/{name}.{suffix}")

    def run():
        return ingest.run(
            IngestSettings(source=f"{bucket}/growing", out=f"{bucket}/grown", part_minutes=0.2)
        )

    def parts():
        found = fs.ls("archive/grown/manifest", detail=True)
        return {Path(o["name"]).name: o["LastModified"] for o in found if "part-" in o["name"]}

    for name in "abc":
        put(name)
    assert "2 parts, 0.01 hours of speech, 3 recordings (3 new)" in run()
    before = parts()
    put("b")  # again, the same: its ETag is
    put("d")
    assert "4 recordings (1 new, 3 kept)" in run()
    assert before.items() < parts().items()
    assert len(parts()) == 3
    (tmp_path / "a.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:05.000\nho\n")
    put("c")
    fs.rm("archive/growing/a.vtt")
    fs.rm("archive/growing/a.wav")
    assert "4 recordings (1 changed, 1 gone, 2 kept)" in run()
    assert sorted(parts()) == [f"part-0000{number}.parquet" for number in (0, 2, 3)]
    assert run().startswith("nothing to do: 4 rows in, 4 in the manifest")


@pytest.mark.parametrize("channels", [{"0": "a", "1": "A"}, {"x": "a"}, {"": "a"}])
def test_unfit_channels_are_refused(channels):
    with pytest.raises(SettingsError, match="`channels`"):
        IngestSettings(source="calls", out="m", channels=channels)
