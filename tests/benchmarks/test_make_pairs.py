"""The degraded pairs: the same bytes for a seed, damage where the table says so."""

import csv
import filecmp
import subprocess
import sys
from importlib import resources
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import soxr

from benchmarks.corpora import Row, read_rows, write_rows
from benchmarks.science.make_pairs import (
    LEVEL,
    PACKET_SAMPLES,
    RATE_HZ,
    SIGNS,
    Corpora,
    make_pairs,
)

DEMO = Path(str(resources.files("jobs") / "demo_corpus"))
COUNTS = {"train": 30, "valid": 6, "test": 9}
REFERENCE = Path("tools") / "make_degraded_pairs.py"  # beside the folder of corpora


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Corpora in the layout of benchmarks/data/README.md, with voices of the demo corpus."""
    folder = tmp_path_factory.mktemp("data")
    for corpus in ("mosei", "ravdess"):
        (folder / corpus).mkdir()
    samples, found_hz = soundfile.read(DEMO / "hotel-room.wav", always_2d=True)
    voice = soxr.resample(samples[:, 0], found_hz, RATE_HZ)
    sentences: list[Row] = []
    voices: list[Row] = []
    for number in range(27):
        sign, split = SIGNS[number % 3], list(COUNTS)[number // 9]
        one = {"label": str(float(sign)), "split": split}
        words = " ".join(f"{letter}{number}" for letter in "abcdefgh")
        sentences.append({**one, "text": words, "video_id": f"v{number}"})
        sound = voice[number * RATE_HZ : (number + 2) * RATE_HZ]
        name = f"{number}.flac"
        soundfile.write(folder / "ravdess" / name, sound, RATE_HZ)
        voices.append({**one, "audio_path": name, "speaker": f"actor{number}"})
    for label, text in (("0.5", "neither neutral nor clear at all"), ("3.0", "too short")):
        sentences.append({"label": label, "split": "train", "text": text, "video_id": "unfit"})
    voices.append({"label": "", "split": "train", "audio_path": "none.flac", "speaker": "unfit"})
    write_rows(folder / "mosei" / "manifest.csv", sentences)
    write_rows(folder / "ravdess" / "manifest.csv", voices)
    return folder


@pytest.fixture(scope="module")
def pairs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pairs(data, tmp_path_factory.mktemp("pairs"), 7, COUNTS)


def same_files(one: Path, other: Path) -> bool:
    names = sorted(str(path.relative_to(one)) for path in one.rglob("*.*"))
    assert names == sorted(str(path.relative_to(other)) for path in other.rglob("*.*"))
    _, differing, failed = filecmp.cmpfiles(one, other, names, shallow=False)
    return not differing and not failed


def test_a_seed_gives_the_same_bytes_and_another_seed_others(
    data: Path, pairs: Path, tmp_path: Path
) -> None:
    make_pairs(data, tmp_path / "again", 7, COUNTS)
    make_pairs(data, tmp_path / "other", 8, COUNTS)
    assert same_files(pairs.parent, tmp_path / "again")
    assert not same_files(pairs.parent, tmp_path / "other")


def test_sentence_and_voice_have_the_same_sign_and_split(data: Path, pairs: Path) -> None:
    by_speaker = {row["speaker"]: row for row in read_rows(data / "ravdess" / "manifest.csv")}
    by_video = {row["video_id"]: row for row in read_rows(data / "mosei" / "manifest.csv")}
    rows = read_rows(pairs)
    assert len(rows) == sum(COUNTS.values())
    for row in rows:
        sentence, voice = by_video[row["recording_id"]], by_speaker[row["speaker"]]
        assert row["label"] == sentence["label"]
        assert np.sign(float(sentence["label"])) == float(voice["label"])
        assert row["split"] == sentence["split"] == voice["split"]


def test_what_the_table_calls_damaged_is_damaged_and_nothing_else(data: Path, pairs: Path) -> None:
    voices = read_rows(data / "ravdess" / "manifest.csv")
    by_speaker = {row["speaker"]: row for row in voices}
    sentences = {row["video_id"]: row["text"] for row in read_rows(data / "mosei" / "manifest.csv")}
    corpora = Corpora([], voices, data / "ravdess")
    rows = read_rows(pairs)
    assert {row["degraded"] for row in rows} == {"none", "text", "audio"}
    lost = []
    for row in rows:
        clean = corpora.wave(by_speaker[row["speaker"]])
        found, _ = soundfile.read(pairs.parent / row["audio_path"])
        assert (row["text"] != sentences[row["recording_id"]]) == (row["degraded"] == "text")
        assert len(row["text"].split()) == 8
        if row["degraded"] == "audio":
            assert level(found[found != 0]) > 1.2 * LEVEL  # the noise is louder than the voice
            lost += lost_packets(found)
        else:
            assert np.abs(found - clean).max() < 1e-4
    assert 0.15 < np.mean(lost) < 0.45


def level(samples: npt.NDArray[np.float64]) -> float:
    return float(np.sqrt(np.mean(samples**2)))


def lost_packets(samples: npt.NDArray[np.float64]) -> list[bool]:
    """Which packets are silence."""
    starts = range(0, len(samples), PACKET_SAMPLES)
    return [not samples[start : start + PACKET_SAMPLES].any() for start in starts]


def test_a_recording_at_another_rate_is_refused_by_name(data: Path) -> None:
    corpora = Corpora([], [], DEMO)
    with pytest.raises(ValueError, match=r"hotel-room\.wav: expected 16000 Hz, found 8000 Hz"):
        corpora.wave({"audio_path": "hotel-room.wav"})


@pytest.mark.parametrize("seed", [7, 43])
def test_pairs_equal_those_that_the_published_figures_are_from(
    corpora: Path, seed: int, tmp_path: Path
) -> None:
    reference = corpora.parent / REFERENCE
    if not reference.is_file():
        pytest.skip(f"no script at {reference} that the pairs were first made with")
    counts = {"train": 24, "valid": 9, "test": 9}
    sizes = [text for split, rows in counts.items() for text in (f"--{split}", str(rows))]
    command = [sys.executable, reference, "--data", corpora, "--out", tmp_path / "reference"]
    subprocess.run([*map(str, command), "--seed", str(seed), *sizes], check=True)
    make_pairs(corpora, tmp_path / "ours", seed, counts)
    assert same_files(tmp_path / "reference", tmp_path / "ours")
    with (tmp_path / "ours" / "manifest.csv").open(newline="") as file:
        assert len(list(csv.DictReader(file))) == 42
