"""Cuts are where they should be, in every format; what is not a recording says so."""

import io
import struct
import tracemalloc
from functools import cache
from pathlib import Path

import av
import fsspec
import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

import jobs
from daf_core.arrays import RATE_HZ
from daf_core.errors import BadInput, NotDone
from daf_core.recordings.audio import Recording, open_recording
from daf_core.recordings.decoding.ffmpeg import PyAVDecoder
from daf_core.recordings.decoding.libsndfile import SoundFileDecoder
from daf_core.recordings.decoding.mpeg_decoder import MpegDecoder
from daf_core.recordings.levels import audio_flags
from daf_core.sources.recording_names import names_a_recording

SOUNDFILE = [
    *("wav_u8", "wav_16", "wav_24", "wav_32", "wav_float", "wav_ulaw", "wav_alaw"),
    *("flac", "mp3", "ogg_vorbis", "ogg_opus"),
]
PYAV = ["wav_gsm", "m4a", "adts", "webm_opus", "mka_aac", "amr_nb", "wav_g722"]
MONO_ONLY = {"wav_gsm", "amr_nb", "wav_g722"}

# What a cut may differ by from the same slice of the whole. AAC fills noisy bands with noise of
# its own, AMR and Opus predict from all that came before: after a jump they only come close.
TOLERANCE = {"m4a": 0.01, "adts": 0.01, "mka_aac": 0.01, "amr_nb": 0.01}
TOLERANCE |= {"ogg_opus": 5e-4, "webm_opus": 5e-4}
# How late the sound is, in samples: encoder delay that the format has no field for.
LATE = {"adts": 372, "amr_nb": 80, "wav_g722": 22}

relaxed = settings(
    max_examples=12,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def assert_bad(reason: str, uri) -> str:
    with pytest.raises(BadInput) as caught, open_recording(str(uri)) as recording:
        recording.read(0, recording.duration_s)
    assert caught.value.reason == reason
    assert str(uri) in caught.value.message
    assert "\n" not in caught.value.message
    return caught.value.message


@cache
def whole(path, channel: int | None = None) -> np.ndarray:
    with open_recording(str(path)) as recording:
        return recording.read(0, 1e4, channel)


@cache
def decoded_at_once(path, channel: int) -> np.ndarray:
    """Without our code: all of the file in one call of libsndfile, then resampled."""
    frames, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
    frames = np.ascontiguousarray(frames[:, channel].clip(-1, 1))
    return soxr.resample(frames, rate_hz, RATE_HZ).clip(-1, 1)


@pytest.mark.parametrize("kind", [*SOUNDFILE, *PYAV])
def test_sound_is_in_its_place_and_the_length_is_right(kind, recordings, speech):
    path = recordings(kind)
    sound = whole(path)
    with open_recording(str(path)) as recording:
        assert recording.duration_s == pytest.approx(30, abs=0.03)
        assert abs(len(sound) - recording.duration_s * RATE_HZ) <= 0.03 * RATE_HZ
    assert sound.dtype == np.float32
    likeness = correlate(sound[: len(speech)], speech, mode="full", method="fft")
    late = int(likeness.argmax()) - (len(speech) - 1)
    # AMR keeps no waveform, so its likeness peaks a glottal pulse away for some voices.
    assert late == pytest.approx(LATE.get(kind, 0), abs=100 if kind == "amr_nb" else 1)
    sound = sound[late:][: len(speech)]
    assert np.corrcoef(sound, speech[: len(sound)])[0, 1] > (0.5 if kind == "amr_nb" else 0.95)


@pytest.mark.parametrize("kind", [*SOUNDFILE, *PYAV])
@relaxed
@given(cuts=st.lists(st.tuples(st.floats(0, 31), st.floats(0, 4)), min_size=1, max_size=6))
def test_cuts_in_any_order_equal_slices_of_the_whole(kind, recordings, cuts):
    channels = 1 if kind in MONO_ONLY else 2
    path = recordings(kind, channels)
    # Opus is decoded by FFmpeg, as libsndfile is late after a jump.
    reference = decoded_at_once if kind in SOUNDFILE and kind != "ogg_opus" else whole
    wholes = [reference(path, channel) for channel in range(channels)]
    with open_recording(str(path)) as recording:
        for number, (start_s, length_s) in enumerate(cuts):
            channel = number % channels
            cut = recording.read(start_s, start_s + length_s, channel)
            start, stop = round(start_s * RATE_HZ), round((start_s + length_s) * RATE_HZ)
            expected = wholes[channel][start:stop]
            assert cut.shape == expected.shape
            assert np.abs(cut - expected).max(initial=0) <= TOLERANCE.get(kind, 1e-6)


def test_mp3_with_pauses_in_small_pieces(make_recording, tmp_path, speech):
    # After a pause MP3 has saved up bits, and borrows them from frames far before.
    halves = np.arange(len(speech)) // 8_000 % 2
    voices = soxr.resample(
        np.stack([speech * halves, speech * (1 - halves)], axis=1), 16_000, 44_100
    )
    path = make_recording(tmp_path / "pauses.mp3", "mp3", voices)
    with open_recording(str(path)) as recording:
        pieces = [recording.read(tenth / 10, (tenth + 1) / 10, 0) for tenth in range(300)]
    np.testing.assert_allclose(np.concatenate(pieces), decoded_at_once(path, 0), atol=1e-6)


@relaxed
@given(
    rate_hz=st.sampled_from([4_000, 8_000, 11_025, 22_050, 32_000, 44_100, 48_000, 96_000])
    | st.integers(6_000, 50_000),
    start_s=st.floats(0, 4),
    length_s=st.floats(0, 4),
)
def test_cuts_at_any_rate_equal_slices_of_the_whole_resampled(tmp_path, rate_hz, start_s, length_s):
    frames = np.random.default_rng(0).uniform(-0.5, 0.5, (4 * rate_hz, 1)).astype(np.float32)
    path = tmp_path / "noise.wav"
    soundfile.write(path, frames, rate_hz, subtype="FLOAT")
    expected = soxr.resample(frames[:, 0], rate_hz, RATE_HZ)
    start, stop = round(start_s * RATE_HZ), round((start_s + length_s) * RATE_HZ)
    with open_recording(str(path)) as recording:
        cut = recording.read(start_s, start_s + length_s)
    assert cut.shape == expected[start:stop].shape
    # The resampler rounds where in its filter it stands at rates that share little with 16 kHz.
    assert np.abs(cut - expected[start:stop]).max(initial=0) < 1e-5


def test_no_channel_is_the_mean_of_all(recordings):
    path = recordings("wav_16", 2)
    mean = (whole(path, 0) + whole(path, 1)) / 2
    np.testing.assert_allclose(whole(path), mean, atol=1e-6)
    with open_recording(str(path)) as recording, pytest.raises(BadInput) as caught:
        recording.read(0, 1, channel=2)
    assert caught.value.reason == "bad_channel"


def test_amr_wideband(tmp_path):
    # No encoder is at hand; any bits are a valid frame of it.
    rng = np.random.default_rng(0)
    frames = b"".join(b"\x44" + rng.bytes(60) for _ in range(500))
    path = tmp_path / "call.awb"
    path.write_bytes(b"#!AMR-WB\n" + frames)
    with open_recording(str(path)) as recording:
        assert (recording.rate_hz, recording.channels) == (16_000, 1)
        assert recording.duration_s == pytest.approx(10)
        assert len(recording.read(8, 9)) == RATE_HZ


def test_reads_beyond_the_end_give_what_there_is(recordings):
    for kind in ("mp3", "m4a", "webm_opus"):
        with open_recording(str(recordings(kind))) as recording:
            assert len(recording.read(29, 40)) == pytest.approx(RATE_HZ, abs=500)
            assert recording.read(50, 60).shape == (0,)
            assert recording.read(5, 5).shape == (0,)
            assert len(recording.read(1, 2)) == RATE_HZ


def test_what_is_not_a_number_is_silence_and_all_is_in_range(tmp_path):
    frames = np.full(44_100, 0.5, np.float32)
    frames[10_000:10_100] = np.nan
    frames[20_000:20_100] = np.inf
    frames[30_000:30_100] = 1e38
    soundfile.write(tmp_path / "odd.wav", frames, 44_100, subtype="FLOAT")
    sound = whole(tmp_path / "odd.wav")
    assert np.abs(sound).max() <= 1
    assert sound[10_050 * 160 // 441] == pytest.approx(0, abs=0.01)
    assert sound[15_000 * 160 // 441] == pytest.approx(0.5, abs=0.01)


def test_flags():
    tone = 0.3 * np.sin(np.arange(RATE_HZ) / 5).astype(np.float32)
    assert audio_flags(tone) == []
    assert audio_flags(tone * 0.003) == ["silent"]
    assert audio_flags(np.clip(tone * 9, -1, 1)) == ["clipped"]
    assert audio_flags(tone[:4_799]) == ["short"]
    assert audio_flags(tone[:4_800]) == []
    assert audio_flags(tone[:0]) == ["silent", "short"]


def test_clipping_is_flagged_after_mu_law_and_resampling(make_recording, tmp_path, speech):
    loud = soxr.resample(np.clip(speech * 40, -1, 1), 16_000, 8_000)
    path = make_recording(tmp_path / "loud.wav", "wav_ulaw", np.clip(loud, -1, 1)[:, None])
    assert audio_flags(whole(path)) == ["clipped"]


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


def test_every_recording_of_the_demo_corpus_reads():
    demo = Path(jobs.__file__).parent / "demo_corpus"
    paths = [path for path in sorted(demo.iterdir()) if names_a_recording(path.name)]
    assert len({path.suffix for path in paths}) == 5
    for path in paths:
        with open_recording(str(path)) as recording:
            middle_s = recording.duration_s / 2
            cut = recording.read(middle_s, middle_s + 0.5)
        assert len(cut) == pytest.approx(0.5 * RATE_HZ, abs=2)
        assert np.isfinite(cut).all()
