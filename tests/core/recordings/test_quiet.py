"""What libraries write to standard error about a sound recording stays off the terminal."""

import os
import threading
from pathlib import Path

import av
import numpy as np
import pytest

from daf_core.recordings.audio import open_recording
from daf_core.recordings.decoding.quiet import quiet

RATE_HZ = 16_000


def write_low_mp3(path: Path) -> None:
    """Bursts at 24 kb/s: frames borrow bits of those before, about which mpg123 complains."""
    times = np.arange(10 * RATE_HZ) / RATE_HZ
    noise = np.random.default_rng(0).normal(0, 0.3, len(times))
    samples = np.sin(1257 * times) * (np.sin(9 * times) > 0) + noise * (np.sin(4 * times) > 0.3)
    frame = av.AudioFrame.from_ndarray(
        (0.3 * samples).astype(np.float32)[None], format="fltp", layout="mono"
    )
    frame.sample_rate = RATE_HZ
    fifo = av.AudioFifo()
    fifo.write(frame)
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libmp3lame", rate=RATE_HZ)
        stream.bit_rate, stream.layout = 24_000, "mono"
        while (piece := fifo.read(1152, partial=True)) is not None:
            out.mux(stream.encode(piece))
        out.mux(stream.encode(None))


def test_reading_pieces_of_an_mp3_writes_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    write_low_mp3(tmp_path / "low.mp3")
    capfd.readouterr()
    with open_recording(str(tmp_path / "low.mp3")) as recording:
        for tenth in range(90):
            recording.read(tenth / 10, (tenth + 1) / 10, 0)
    os.write(2, b"shown again")
    assert capfd.readouterr().err == "shown again"


def test_threads_leave_standard_error_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        for _ in range(200):
            with quiet():
                os.write(2, b"hidden")

    threads = [threading.Thread(target=work) for _ in range(4)]
    before = len(os.listdir("/proc/self/fd"))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.write(2, b"shown")
    assert capfd.readouterr().err == "shown"
    assert len(os.listdir("/proc/self/fd")) == before
