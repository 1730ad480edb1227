"""What is no recording says so, as do reads that fail; damage costs only what it hits."""

import io
import struct
import tracemalloc

import av
import fsspec
import numpy as np
import pytest

from daf_core.arrays import RATE_HZ
from daf_core.errors import NotDone
from daf_core.recordings.audio import Recording, open_recording
from daf_core.recordings.decoding.ffmpeg import PyAVDecoder
from daf_core.recordings.decoding.libsndfile import SoundFileDecoder
from daf_core.recordings.decoding.mpeg_decoder import MpegDecoder
from tests.core.recordings.reading import PYAV, SOUNDFILE, assert_bad, whole


def test_no_file_and_empty_files(tmp_path, make_recording):
    assert_bad("missing_audio", tmp_path / "none.wav")
    assert_bad("missing_audio", tmp_path)
    (tmp_path / "empty.mp3").touch()
    assert_bad("empty_audio", tmp_path / "empty.mp3")
    make_recording(tmp_path / "header.wav", "wav_16", np.zeros((0, 1), np.float32))
    assert_bad("empty_audio", tmp_path / "header.wav")


def test_what_is_no_recording(tmp_path, recordings):
    song = recordings("wav_16")
    contents = {
        "text.wav": b"good morning, how can I help you\n" * 500,
        "page.mp3": b"<html><body>404 not found</body></html>",
        "zeros.m4a": bytes(5_000),
        "noise.wav": np.random.default_rng(0).bytes(30_000),
        "cut.wav": song.read_bytes()[:30],
        # Playlists would have other files opened and passed on as sound.
        "list.mp3": f"#EXTM3U\n#EXT-X-TARGETDURATION:30\n#EXTINF:30,\n{song}\n".encode(),
        "list.m4a": f"ffconcat version 1.0\nfile '{song}'\n".encode(),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        assert "good morning" not in assert_bad("unreadable_audio", tmp_path / name)


def test_a_picture_holds_no_sound(tmp_path):
    with av.open(str(tmp_path / "film.mp4"), "w") as container:
        stream = container.add_stream("mpeg4", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for picture in [av.VideoFrame(64, 64, "yuv420p") for _ in range(5)]:
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    assert "sound" in assert_bad("unreadable_audio", tmp_path / "film.mp4")


@pytest.mark.parametrize("size", [0, 0xFFFFFFFF, 0x7FFFF000])
def test_a_wav_whose_recorder_never_wrote_its_length(size, tmp_path, recordings):
    content = bytearray(recordings("wav_16").read_bytes())
    at = content.find(b"data") + 4
    content[at : at + 4] = struct.pack("<I", size)
    (tmp_path / "open.wav").write_bytes(content)
    np.testing.assert_allclose(whole(tmp_path / "open.wav"), whole(recordings("wav_16")), atol=1e-6)


def test_a_flac_that_does_not_say_its_length(tmp_path, recordings):
    content = bytearray(recordings("flac").read_bytes())
    content[21] &= 0xF0
    content[22:26] = bytes(4)
    (tmp_path / "stream.flac").write_bytes(content)
    with open_recording(str(tmp_path / "stream.flac")) as recording:
        assert recording.duration_s == pytest.approx(30, abs=0.1)
    np.testing.assert_allclose(
        whole(tmp_path / "stream.flac"), whole(recordings("flac")), atol=1e-6
    )


def test_a_declared_length_takes_no_memory(tmp_path, recordings):
    content = bytearray(recordings("flac").read_bytes())
    content[21] |= 0x0F
    content[22:26] = b"\xff" * 4  # 18 days
    (tmp_path / "long.flac").write_bytes(content)
    tracemalloc.start()
    try:
        with open_recording(str(tmp_path / "long.flac")) as recording:
            assert recording.duration_s == pytest.approx(30, abs=0.1)
            assert len(recording.read(29, 30)) == RATE_HZ
        assert tracemalloc.get_traced_memory()[1] < 64 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("at", "value"), [(22, b"\x00\x04\x80\xbb"), (24, b"\xff\xff\xff\x7f")])
def test_a_header_with_absurd_numbers(at, value, tmp_path, recordings):
    content = bytearray(recordings("wav_16").read_bytes())
    content[at : at + len(value)] = value
    (tmp_path / "odd.wav").write_bytes(content)
    assert_bad("unreadable_audio", tmp_path / "odd.wav")


@pytest.mark.parametrize("kind", ["m4a", "webm_opus"])
def test_what_follows_damage_stays_in_its_place(kind, tmp_path, recordings):
    path = recordings(kind)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 300] = bytes(300)
    (tmp_path / path.name).write_bytes(content)
    expected = whole(path)[27 * RATE_HZ : 28 * RATE_HZ]
    with open_recording(str(tmp_path / path.name)) as recording:
        jumped = recording.read(27, 28)
        decoded_through = recording.read(0, 28)[27 * RATE_HZ :]
    assert np.corrcoef(jumped, expected)[0, 1] > 0.99
    assert np.corrcoef(decoded_through, expected)[0, 1] > 0.99


def test_a_damaged_flac_is_read_up_to_the_damage(tmp_path, recordings):
    content = recordings("flac").read_bytes()
    (tmp_path / "half.flac").write_bytes(content[: len(content) // 2])
    with open_recording(str(tmp_path / "half.flac")) as recording:
        np.testing.assert_allclose(
            recording.read(3, 5), whole(recordings("flac"))[3 * RATE_HZ : 5 * RATE_HZ], atol=1e-6
        )
        assert 10 < recording.duration_s < 20
        end_s = recording.duration_s
        assert len(recording.read(end_s - 1, end_s + 1)) == pytest.approx(RATE_HZ, abs=1)
        assert not len(recording.read(28, 29))
        assert len(recording.read(1, 2)) == RATE_HZ


def test_another_file_system(recordings):
    content = recordings("m4a").read_bytes()
    fsspec.filesystem("memory").pipe_file("/calls/one.m4a", content)
    np.testing.assert_array_equal(whole("memory://calls/one.m4a"), whole(recordings("m4a")))
    assert_bad("missing_audio", "memory://calls/none.m4a")


class FailsOnce(io.BytesIO):
    """A file of which one read breaks off."""

    reads = 0
    bad_read = -1

    def readinto(self, buffer):
        self.count()
        return super().readinto(buffer)

    def read(self, count=-1):
        self.count()
        return super().read(count)

    def count(self):
        self.reads += 1
        if self.reads == self.bad_read:
            raise ConnectionError("lost")


DECODERS = {"mp3": MpegDecoder.of, "ogg_opus": PyAVDecoder} | dict.fromkeys(PYAV, PyAVDecoder)


@pytest.mark.parametrize("kind", [*SOUNDFILE, *PYAV])
def test_a_read_that_fails_is_neither_the_end_nor_damage(kind, recordings):
    def cuts(bad_read):
        file = FailsOnce(recordings(kind).read_bytes())
        file.bad_read = bad_read
        decoder = DECODERS.get(kind, SoundFileDecoder)
        with Recording("call", file, decoder(file, "call")) as recording:
            duration_s = recording.duration_s
            read = [recording.read(start, start + 1) for start in (3, 20, 11, duration_s - 1)]
        return file.reads, duration_s, np.concatenate(read).tobytes()

    undisturbed = cuts(bad_read=-1)
    for bad_read in np.unique(np.geomspace(1, undisturbed[0], 12, dtype=int)):
        with pytest.raises(NotDone, match="call: cannot be read: lost; run the command again"):
            cuts(bad_read)
