"""A labelled corpus of short recordings, and tiny encoders for it."""

import csv
from pathlib import Path
from typing import NamedTuple

import numpy as np
import soundfile

from tests.core.encoders.encoder_folders import text_folder, whisper_folder

RATE_HZ = 8000
WORDS = "abcdefgh"
SPLITS = ("train", "train", "valid", "test")


class Encoders(NamedTuple):
    """Folders of encoders with random weights."""

    text: str
    audio: str


def make_encoders(folder: Path) -> Encoders:
    return Encoders(
        str(text_folder(folder / "bert", "bert")), str(whisper_folder(folder / "whisper"))
    )


def write_table(path: Path, rows: list[dict[str, object]]) -> str:
    """A CSV table; a cell that a row lacks is empty."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def write_hum(path: Path, pitch_hz: float, seconds: float = 3.0) -> None:
    """A voice-like hum."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    harmonics = sum(np.sin(2 * np.pi * k * pitch_hz * time_s) / k for k in range(1, 8))
    soundfile.write(path, 0.1 * harmonics, RATE_HZ)


def labelled_rows(folder: Path, recordings: int, audio: bool = True) -> list[dict[str, object]]:
    """Three utterances a recording; the label is in the first letter and in the pitch."""
    rows: list[dict[str, object]] = []
    for index in range(recordings):
        label = index % 7 - 3
        if audio:
            write_hum(folder / f"{index:02}.wav", 120 + 20 * label)
        for number in range(3):
            row = {
                "recording_id": f"{index:02}",
                "text": f"{WORDS[label + 3]} {'x y z'[: 2 * number + 1]}",
                "label": label,
                "split": SPLITS[index % len(SPLITS)],
            }
            cut = {"audio_path": f"{index:02}.wav", "start_s": number, "end_s": number + 1}
            rows.append(row | (cut if audio else {}))
    return rows
