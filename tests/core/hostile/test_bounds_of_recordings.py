"""Recordings that unfold, hold nothing or last for days: bounded and named."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import soundfile

from daf_core.errors import BadInput
from daf_core.recordings.audio import open_recording
from daf_core.recordings.decoding import bounds
from daf_core.sources.inspection import measure
from daf_core.sources.manifest_rows import AudioSize
from daf_core.stages import decode
from daf_core.stages.decode import decode_part
from tests.core.hostile.bounded import HOLE, bounded, hollow
from tests.core.hostile.made_manifest import manifest, tone


@pytest.mark.parametrize("kind", ["mp3", "flac", "m4a", "webm_opus", "wav_16"])
def test_a_recording_of_holes_is_named(recordings: Callable[[str], Path], kind: str) -> None:
    path = Path(recordings(kind))
    with bounded():
        found = measure(str(hollow(path.with_name(f"hollow-{path.name}"), path.read_bytes())))
    assert isinstance(found, BadInput)
    assert found.reason == ("too_long" if kind == "wav_16" else "unreadable_audio")


@pytest.mark.parametrize("size", [4_000_044, HOLE])
def test_zeros_in_place_of_the_chunks_of_a_wav_are_named(
    recordings: Callable[[str], Path], size: int
) -> None:
    start = Path(recordings("wav_16")).read_bytes()[:36]  # up to the chunk of its samples
    with bounded(seconds=4.0):
        found = measure(str(hollow(Path(recordings("wav_16")).with_name("zeros.wav"), start, size)))
    assert isinstance(found, BadInput)
    assert found.reason == "unreadable_audio"
    assert found.message.endswith("expected a recording, found no end of its header")


def flac(path: Path, hours: float, rate_hz: int = 96_000) -> Path:
    silence = np.zeros(rate_hz * 60, np.int16)
    with soundfile.SoundFile(path, "w", rate_hz, 1, "PCM_16") as file:
        for _ in range(round(hours * 60)):
            file.write(silence)
    return path


def test_silence_in_a_small_file_is_heard_up_to_the_longest_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "CUT_VALUES", 15_000_000)  # 156 s at 96 kHz
    path = flac(tmp_path / "bomb.flac", 0.075)
    assert isinstance(measure(str(path)), AudioSize)
    row = {**manifest(str(path)).to_pylist()[0], "start_s": 0.0, "end_s": 270.0}
    with bounded():
        (row,) = decode_part(pa.Table.from_pylist([row], manifest("x").schema)).to_pylist()
    assert row["reason"] == "silent_audio"
    with open_recording(str(path)) as recording:
        assert recording.longest_cut_s == 156
        with pytest.raises(BadInput, match="expected a row of at most"):
            recording.read(0, 270)


def test_a_recording_of_days_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounds, "LONGEST_S", 60.0)  # as a file of days takes minutes to make
    for path in (flac(tmp_path / "long.flac", 0.05, 8000), tone(tmp_path / "long.wav", 61)):
        found = measure(str(path))
        assert isinstance(found, BadInput)
        assert found.reason == "too_long"
    assert isinstance(measure(str(tone(tmp_path / "short.wav", 59))), AudioSize)


def test_a_row_longer_than_the_longest_cut_is_heard_to_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "CUT_S", 2.0)
    (row,) = decode_part(manifest(str(tone(tmp_path / "a.wav", 3)))).to_pylist()
    assert len(row["samples"]) == 2 * 2 * 16_000
    assert "truncated_audio" in row["flags"]


@pytest.mark.parametrize("files", [1, 8])
def test_rows_of_a_part_hold_no_more_than_hours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: int
) -> None:
    monkeypatch.setattr(decode, "PART_S", 5.5)
    paths = [str(tone(tmp_path / f"{number % files}.wav", 1)) for number in range(8)]
    rows = decode_part(manifest(*paths)).to_pylist()
    assert sum(len(row["samples"] or b"") for row in rows) == 5 * 2 * 16_000
    assert [row["reason"] for row in rows if row["samples"] is None and not row["text"]] == [
        "too_long"
    ]
    assert [row["flags"] for row in rows if row["samples"] is None and row["text"]] == [
        ["no_audio", "too_long"]
    ] * 2


@pytest.mark.parametrize("times", [(np.nan, 1.0), (0.0, np.inf), (1e300, 1.1e300), (-np.inf, 1.0)])
def test_times_of_a_manifest_that_are_none_cost_their_row(
    tmp_path: Path, times: tuple[float, float]
) -> None:
    rows = manifest(*[str(tone(tmp_path / "a.wav"))] * 3).to_pylist()
    rows[0] |= dict(zip(("start_s", "end_s"), times, strict=True))
    decoded = decode_part(pa.Table.from_pylist(rows, manifest("x").schema)).to_pylist()
    assert [row["samples"] is None for row in decoded] == [True, False, False]
    assert decoded[0]["reason"] in ("bad_time", "outside_recording")
