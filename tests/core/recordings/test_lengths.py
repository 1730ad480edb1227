"""A recording is as long as what decodes: for every format, whole, cut short, joined, damaged."""

import struct
from contextlib import suppress
from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.arrays import RATE_HZ
from daf_core.errors import BadInput
from daf_core.recordings.audio import open_recording
from tests.core.recordings.made_files import NAMES, decoded_by_ffmpeg, make, mux, sound

# What a cut may differ by from the same slice of the whole, as a share of its level: after a jump
# codecs only come close, and AAC makes noise of its own. One sample of delay gives 0.15.
CLOSE = 0.08
NEED_THEIR_END = {".m4a", ".mov", ".mp4", ".m4b", ".3gp"}  # the table of packets is there


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("made")


def made(folder: Path, name: str) -> Path:
    return folder / name if (folder / name).exists() else make(folder, name)


def assert_consistent(path: Path) -> int:
    """Reading to the end gives the length; any cut is that slice of the whole. Gives the frames."""
    with open_recording(str(path)) as recording:
        frames = recording._decoder.frames
        whole = recording.read(0, 1000, 0)
        assert len(whole) == pytest.approx(recording.duration_s * RATE_HZ, abs=1)
        end_s = recording.duration_s
        for start_s in (end_s / 2, 0.0, end_s - 0.3, end_s / 3, end_s - 0.01):
            cut = recording.read(max(0, start_s), start_s + 0.2, 0)
            first = round(max(0, start_s) * RATE_HZ)
            expected = whole[first : first + len(cut)]
            assert len(cut) == min(len(whole), round((start_s + 0.2) * RATE_HZ)) - first
            assert np.linalg.norm(cut - expected) <= CLOSE * np.linalg.norm(expected) + 1e-3
    with open_recording(str(path)) as recording:  # a jump first, when nothing has been counted
        assert len(recording.read(end_s - 0.1, 1000, 0)) == pytest.approx(0.1 * RATE_HZ, abs=2)
    return frames


@pytest.mark.parametrize("name", NAMES)
def test_the_length_is_what_reading_to_the_end_gives(name, folder):
    path = made(folder, name)
    frames = assert_consistent(path)
    with open_recording(str(path)) as recording:
        assert recording.duration_s == pytest.approx(4.3, abs=0.13)  # WMA: two blocks of 2048
    if path.suffix not in {".rf64", ".g722", ".8svx", ".sph"}:
        assert frames == pytest.approx(decoded_by_ffmpeg(path), abs=1)


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=4, derandomize=True)
@given(share=st.floats(0.3, 0.99))
def test_a_file_that_is_cut_short_is_read_up_to_the_cut(name, folder, share):
    content = made(folder, name).read_bytes()
    path = folder / f"short-{name}"
    path.write_bytes(content[: int(len(content) * share)])
    if path.suffix in NEED_THEIR_END:
        with pytest.raises(BadInput) as caught, open_recording(str(path)) as recording:
            recording.read(0, 1)
        assert caught.value.reason == "unreadable_audio"
        return
    frames = assert_consistent(path)
    assert frames > 0
    if path.suffix in {".mp3", ".aac", ".ogg", ".opus", ".mka", ".webm", ".ts"}:
        assert frames == pytest.approx(decoded_by_ffmpeg(path), abs=1152)


@settings(max_examples=40, derandomize=True)
@given(name=st.sampled_from(NAMES), where=st.floats(0.1, 0.95), size=st.integers(1, 3000))
def test_damage_is_read_over_or_named(name, folder, where, size):
    content = bytearray(made(folder, name).read_bytes())
    at = int(len(content) * where)
    content[at : at + size] = np.random.default_rng(size).bytes(size)
    path = folder / f"damaged-{name}"
    path.write_bytes(content)
    with suppress(BadInput), open_recording(str(path)) as recording:
        whole = recording.read(0, 1000, 0)
        assert len(whole) == pytest.approx(recording.duration_s * RATE_HZ, abs=1)


JOINED = ["sf.ogg", "a.opus", "a.mp3", "a.aac", "a.ac3", "a.ts", "a.flac", "sf.flac"]


@pytest.mark.parametrize("name", JOINED)
@pytest.mark.parametrize("times", [2, 3])
def test_files_that_were_joined_are_heard_to_their_end(name, times, folder):
    path = folder / f"joined{times}-{name}"
    path.write_bytes(made(folder, name).read_bytes() * times)
    frames = assert_consistent(path)
    assert frames == pytest.approx(decoded_by_ffmpeg(path), abs=1)
    with open_recording(str(path)) as recording:
        assert recording.duration_s == pytest.approx(4.3 * times, abs=0.25 * times)
        last = recording.read(recording.duration_s - 3, 1000, 0)
    assert np.sqrt(np.mean(last**2)) > 0.1


@pytest.mark.parametrize(("muxer", "codec"), [("adts", "aac"), ("mp3", "libmp3lame")])
def test_what_changes_within_is_converted_to_what_was_first(muxer, codec, tmp_path):
    parts = []
    for number, (rate_hz, channels) in enumerate([(44_100, 1), (44_100, 2), (22_050, 1)]):
        frames = 0.3 * np.sin(2 * np.pi * 200 * (number + 1) * np.arange(3 * rate_hz) / rate_hz)
        frames = np.repeat(frames[:, None], channels, axis=1).astype(np.float32)
        path = tmp_path / f"part{number}"
        parts.append(mux(path, muxer, codec, rate_hz, channels, frames).read_bytes())
    path = tmp_path / "radio"
    path.write_bytes(b"".join(parts))
    with open_recording(str(path)) as recording:
        assert (recording.rate_hz, recording.channels) == (44_100, 1)
        assert recording.duration_s == pytest.approx(9, abs=0.3)
        for number, hz in enumerate([200, 400, 600]):
            cut = recording.read(3 * number + 1, 3 * number + 2)
            assert np.abs(np.fft.rfft(cut)).argmax() == pytest.approx(hz, abs=1)


def test_a_wav_of_over_four_gib_whose_size_fields_wrapped(tmp_path):
    rate_hz, seconds = 48_000, 12_000
    size = rate_hz * seconds * 2 * 4  # 4 channels of 16 bits: 4.29 GiB and some
    head = struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        *(b"RIFF", (size + 36) % 2**32, b"WAVE", b"fmt ", 16, 1, 4, rate_hz, rate_hz * 8, 8, 16),
        *(b"data", size % 2**32),
    )
    tone = (8000 * np.sin(2 * np.pi * 440 * np.arange(rate_hz) / rate_hz)).astype("<i2")
    with open(tmp_path / "long.wav", "wb") as file:
        file.write(head)
        file.seek(len(head) + (seconds - 1) * rate_hz * 8)
        file.write(np.repeat(tone[:, None], 4, axis=1).tobytes())
    with open_recording(str(tmp_path / "long.wav")) as recording:
        assert recording.duration_s == seconds
        cut = recording.read(seconds - 1, seconds, 2)
    assert np.abs(np.fft.rfft(cut)).argmax() == 440


@pytest.mark.parametrize("name", [b"RF64", b"BW64"])
@pytest.mark.parametrize("unknown", [0, 2**64 - 1])
def test_a_64_bit_wav_whose_recorder_was_cut_off_before_it_wrote_the_size(name, unknown, tmp_path):
    frames = (sound(8_000, 2, 2.5) * 32767).astype("<i2")
    head = struct.pack(
        "<4sI4s4sIQQQI4sIHHIIHH4sI",
        *(name, 2**32 - 1, b"WAVE", b"ds64", 28, unknown, unknown, unknown, 0),
        *(b"fmt ", 16, 1, 2, 8_000, 32_000, 4, 16, b"data", 2**32 - 1),
    )
    (tmp_path / "a.wav").write_bytes(head + frames.tobytes() + b"\1")  # and half a sample
    with open_recording(str(tmp_path / "a.wav")) as recording:
        assert (recording.duration_s, recording.channels, recording.rate_hz) == (2.5, 2, 8_000)
        assert np.abs(recording.read(2, 2.5, 1)).max() > 0.2


def test_opus_after_a_jump_is_where_it_is_when_read_from_the_start(tmp_path):
    frames = sound(48_000, 1, 12)
    soundfile.write(tmp_path / "a.opus", frames, 48_000, format="OGG", subtype="OPUS")
    with open_recording(str(tmp_path / "a.opus")) as recording:
        whole = recording.read(0, 12)
    for start_s in (0.5, 3.0, 11.5):
        with open_recording(str(tmp_path / "a.opus")) as recording:
            cut = recording.read(start_s, start_s + 0.4)
        first = round(start_s * RATE_HZ)
        np.testing.assert_allclose(cut, whole[first : first + len(cut)], atol=1e-4)


def test_sound_that_begins_late_begins_at_0(tmp_path):
    with av.open(str(tmp_path / "late.mka"), "w", format="matroska") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono")
        for number in range(20):
            block = (sound(RATE_HZ, 1, 0.1) * 32767).astype("<i2").T
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), "s16", "mono")
            frame.sample_rate, frame.pts = RATE_HZ, 5 * RATE_HZ + number * 1600
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with open_recording(str(tmp_path / "late.mka")) as recording:
        assert recording.duration_s == pytest.approx(2, abs=0.01)
        assert np.abs(recording.read(0, 0.1)).max() > 0.1


def test_an_ogg_page_that_claims_years_adds_none(tmp_path):
    """The last page says where sound ends, from which FFmpeg takes the length of its packet."""
    path = tmp_path / "a.ogg"
    soundfile.write(path, sound(16_000, 1, 3), 16_000, "VORBIS", format="OGG")
    data = bytearray(path.read_bytes())
    at = data.rindex(b"OggS")
    data[at + 6 : at + 14] = struct.pack("<q", 1 << 40)
    data[at + 22 : at + 26] = bytes(4)
    data[at + 22 : at + 26] = struct.pack("<I", ogg_sum(data[at:]))
    path.write_bytes(data)
    with open_recording(str(path)) as recording:
        assert recording.duration_s == pytest.approx(3, abs=0.3)
        assert len(recording.read(0, 1000, 0)) == pytest.approx(3 * RATE_HZ, abs=0.3 * RATE_HZ)


def test_each_of_many_channels_is_heard(tmp_path):
    path, channels = tmp_path / "a.wv", 12
    time_s = np.arange(48_000) / 48_000
    tones = np.stack([0.5 * np.sin(2 * np.pi * (200 + 50 * n) * time_s) for n in range(channels)])
    mux(path, "wv", "wavpack", 48_000, channels, tones.T.astype(np.float32))
    with open_recording(str(path)) as recording:
        heard = [recording.read(0, 1, channel) for channel in range(channels)]
    hz = [int(np.abs(np.fft.rfft(wave)).argmax()) for wave in heard]
    assert hz == [200 + 50 * n for n in range(channels)]


def ogg_sum(page: bytes) -> int:
    """CRC-32 of RFC 3533: polynomial 0x04c11db7, neither reflected nor inverted."""
    register = 0
    for byte in page:
        register ^= byte << 24
        for _ in range(8):
            register = register << 1 ^ (0x104C11DB7 if register >> 31 else 0)
    return register
