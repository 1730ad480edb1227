"""How long recordings take to open and measure: seconds, and the share of the file that is read.

    python -m benchmarks.speed.probing [--hours 10]

Ten hours of MP3 are made of one minute that is repeated frame by frame: with a Xing tag, at a
constant bit rate without a tag, and at a variable one without (which must be read whole).
"""

import argparse
import tempfile
import time
from pathlib import Path

import av
import numpy as np
import soundfile

from daf_core.recordings.decoding.mpeg_frames import MpegFile
from daf_core.recordings.decoding.mpeg_length import MpegLength, first_frame

RATE_HZ = 48_000  # where all frames of one bit rate have one size, so that minutes join well


class Counted:
    """A file that counts the bytes that are read."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        self.bytes = 0

    def read(self, size: int) -> bytes:
        """Up to `size` bytes."""
        data = self._file.read(size)
        self.bytes += len(data)
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        """Move and return the new position."""
        return self._file.seek(offset, whence)


def minute(path: Path, quality: float | None) -> tuple[bytes, bytes]:
    """A minute of MP3: the frame with the tag, and the frames behind it."""
    noise = np.random.default_rng(0).normal(0, 0.1, 60 * RATE_HZ)
    noise *= np.repeat(np.random.default_rng(1).uniform(0, 1, 60), RATE_HZ)
    mode = "CONSTANT" if quality is None else "VARIABLE"
    soundfile.write(
        path, noise, RATE_HZ, format="MP3", compression_level=quality or 0.7, bitrate_mode=mode
    )
    data = path.read_bytes()
    first = first_frame(MpegFile(path.open("rb")))
    assert first is not None
    start = first.offset + first.header.size
    return data[first.offset : start], data[start:]


def tagged(tag: bytes, frames: int, size: int) -> bytes:
    """The tag's frame with other numbers of frames and bytes."""
    at = max(tag.find(b"Xing"), tag.find(b"Info"))
    numbers = frames.to_bytes(4, "big") + size.to_bytes(4, "big")
    return tag[: at + 8] + numbers + tag[at + 16 :]


def main() -> None:
    """Make the files, measure each three times, print the best."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=float, default=10)
    times = round(parser.parse_args().hours * 60)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for kind, quality in [("constant", None), ("variable", 0.5)]:
            tag, frames = minute(folder / "minute.mp3", quality)
            count = sum(1 for _ in MpegFile((folder / "minute.mp3").open("rb")).frames(0)) - 1
            (folder / f"{kind}.mp3").write_bytes(frames * times)
            head = tagged(tag, count * times, len(tag) + len(frames) * times)
            (folder / f"{kind}, tag.mp3").write_bytes(head + frames * times)
        for path in sorted(folder.glob("*able*.mp3")) + sorted(folder.glob("constant*.mp3")):
            print(measure(path))
        noise = np.random.default_rng(0).normal(0, 0.1, 10 * RATE_HZ)
        soundfile.write(folder / "ten seconds.wav", noise, RATE_HZ)
        print(f"ten seconds.wav: opened in {opened_ms(folder / 'ten seconds.wav'):.2f} ms")


def measure(path: Path) -> str:
    """One line: seconds to measure the length, hours, and the share of the file that was read."""
    best = float("inf")
    for _ in range(3):
        file, start = Counted(path), time.perf_counter()
        mpeg = MpegFile(file)
        first = first_frame(mpeg)
        assert first is not None
        length = MpegLength(mpeg, first)
        best = min(best, time.perf_counter() - start)
    size = path.stat().st_size
    hours = length.samples / length.rate_hz / 3600
    return (
        f"{path.name}: {size / 1e6:.0f} MB, {hours:.4f} h in {best:.3f} s, "
        f"{file.bytes / size:.1%} read (PyAV {av.__version__})"
    )


def opened_ms(path: Path) -> float:
    """The median time to open a recording and ask for its length, in milliseconds."""
    from daf_core.recordings.audio import open_recording

    took = []
    for _ in range(200):
        start = time.perf_counter()
        with open_recording(str(path)) as recording:
            assert recording.duration_s
        took.append(time.perf_counter() - start)
    return float(np.median(took)) * 1000


if __name__ == "__main__":
    main()
