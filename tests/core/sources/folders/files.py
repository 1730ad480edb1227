"""Files that the tests of folders are made of."""

import wave
from pathlib import Path

import numpy as np

RATE_HZ = 8000
VTT = (
    "WEBVTT\n\n00:00.500 --> 00:01.000\n<v Agent>Hello</v>\n\n"
    "00:01.000 --> 00:02.300\n<v Kim>Hi</v>\n"
)
SRT = "1\n00:00:00,100 --> 00:00:01,000\nGood morning\n"


def tone(path: Path, seconds: float = 2.0, channels: int = 1) -> Path:
    """Write a WAV, whatever the suffix of `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    times = np.arange(int(seconds * RATE_HZ)) / RATE_HZ
    sound = np.repeat(np.int16(9000 * np.sin(2 * np.pi * 220 * times)), channels)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(channels)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(sound.tobytes())
    return path


def text(path: Path, content: str = VTT) -> Path:
    """Write a text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content, encoding="utf-8")
    return path
