"""Cuts are where they should be, in every format and at every rate."""

from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.signal import correlate

import jobs
from daf_core.arrays import RATE_HZ
from daf_core.errors import BadInput
from daf_core.recordings.audio import open_recording
from daf_core.sources.recording_names import names_a_recording
from tests.core.recordings.reading import PYAV, SOUNDFILE, whole

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
