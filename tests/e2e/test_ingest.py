import numpy as np
import pytest
import soundfile as sf

from daf_core.errors import SettingsError
from jobs import ingest
from jobs.settings import IngestSettings

RATE_HZ = 8000


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
    expected = "140 rows in, 138 in the manifest, 2 quarantined (empty_audio 1, missing_audio 1)"
    assert with_ray.startswith(expected)
    assert here.startswith(expected)
    assert files(tmp_path / "1") == files(tmp_path / "2")
    assert len(files(tmp_path / "1")) == 5


def test_a_second_run_does_nothing_and_other_settings_are_refused(table, tmp_path):
    settings = IngestSettings(source=table, out=str(tmp_path / "m"))
    first = ingest.run(settings)
    assert ingest.run(settings) == f"nothing to do: {first}"
    with pytest.raises(SettingsError, match="part_minutes"):
        ingest.run(IngestSettings(source=table, out=str(tmp_path / "m"), part_minutes=1))
    fresh = IngestSettings(source=table, out=str(tmp_path / "m"), part_minutes=1, fresh=True)
    assert "2 parts" in ingest.run(fresh)


@pytest.mark.parametrize("channels", ["agent", "0=", "0=a,0=b", "0=a,1=A", "x=a", ","])
def test_unfit_channels_are_refused(channels):
    with pytest.raises(SettingsError, match="--channels"):
        ingest.parse_channels(channels)


def test_channels_and_renames_are_read():
    assert ingest.parse_channels("0=agent, 1=customer") == {0: "agent", 1: "customer"}
    assert ingest.parse_channels(None) == {}
    assert ingest.parse_renames(["a=b"]) == {"a": "b"}
    with pytest.raises(SettingsError, match="THEIRS=OURS"):
        ingest.parse_renames(["a"])
