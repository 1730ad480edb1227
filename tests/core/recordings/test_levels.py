"""What holds nothing to hear is no voice; offsets, peaks and channels that cancel do no harm."""

import numpy as np
import pyarrow as pa
import pytest
import soundfile
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from daf_core.arrays import RATE_HZ
from daf_core.recordings.audio import open_recording
from daf_core.recordings.levels import audio_flags, even_out, holds_nothing, level_db
from daf_core.recordings.mixing import mono
from daf_core.schemas import MANIFEST
from daf_core.stages.decode import decode_part

RNG = np.random.default_rng(0)


def click(samples: int) -> np.ndarray:
    sound = np.zeros(samples, np.float32)
    sound[samples // 2 : samples // 2 + 5] = [0.2, 0.9, -0.8, 0.3, -0.1]
    return sound


NOTHING = {
    "zeros": np.zeros(RATE_HZ, np.float32),
    "constant": np.full(RATE_HZ, 0.3, np.float32),
    "one sample": np.full(1, 0.5, np.float32),
    "two samples": np.array([0.4, -0.4], np.float32),
    "9 ms of noise": RNG.uniform(-0.5, 0.5, 144).astype(np.float32),
    "none": np.zeros(0, np.float32),
    "click": click(RATE_HZ),
    "click on an offset": click(RATE_HZ) / 2 + np.float32(0.2),
    "dither": (RNG.integers(-1, 2, RATE_HZ) / 32768).astype(np.float32),
    "even noise at -70 dBFS": RNG.uniform(-3e-4, 3e-4, RATE_HZ).astype(np.float32),
}


@pytest.mark.parametrize("what", NOTHING)
def test_nothing_to_hear(what):
    assert holds_nothing(NOTHING[what])


@settings(max_examples=60, derandomize=True)
@given(dbfs=st.floats(-70, 0), start=st.integers(2, 20), seconds=st.floats(0.8, 8))
def test_speech_is_heard_at_any_level(speech, dbfs, start, seconds):
    cut = speech[start * RATE_HZ :][: round(seconds * RATE_HZ)]
    cut = cut / np.abs(cut).max()
    assume(np.count_nonzero(np.abs(cut)[::80] > 0.1) > 15)  # a syllable and more
    cut *= 10 ** (dbfs / 20)
    assert not holds_nothing((np.rint(cut * 32768) / 32768).astype(np.float32))


@given(st.integers(1, 4000), st.integers(1, 32768), st.integers(0, 99))
def test_the_level_is_that_of_the_root_mean_square(samples, peak, seed):
    pcm = np.random.default_rng(seed).integers(-peak, peak, samples).astype(np.int16)
    assume(pcm.any())
    expected = 20 * np.log10(np.sqrt(np.mean((pcm / 32768) ** 2)))
    assert level_db(pcm) == pytest.approx(expected, abs=1e-9)
    assert level_db(pcm) <= 0


def test_full_scale_is_0_db_and_zeros_have_no_level():
    assert level_db(np.full(10, -32768, np.int16)) == 0
    assert level_db(np.zeros(10, np.int16)) is None


@given(offset=st.floats(-0.8, 0.8), level=st.floats(0.01, 0.15))
def test_an_offset_is_removed(offset, level, speech):
    cut = speech[: 3 * RATE_HZ] / np.abs(speech).max() * level
    evened = even_out((cut + offset).astype(np.float32), bounded=True)
    if abs(offset) > level:
        assert abs(evened.mean()) < 1e-3
        np.testing.assert_allclose(evened, cut - cut.mean(), atol=1e-4)


def test_sound_without_an_offset_stays_as_it_is(speech):
    np.testing.assert_array_equal(even_out(speech, bounded=True), speech)
    np.testing.assert_array_equal(even_out(speech, bounded=False), speech)


@pytest.mark.parametrize("gain", [3.0, 20.0, 32768.0])
def test_floats_beyond_full_scale_are_scaled_not_clipped(gain, speech, tmp_path):
    loud = speech[: 5 * RATE_HZ] / np.abs(speech[: 5 * RATE_HZ]).max()
    soundfile.write(tmp_path / "hot.wav", loud * gain, RATE_HZ, subtype="FLOAT")
    decoded = decode(tmp_path / "hot.wav", "hello")
    assert decoded["flags"] == []
    np.testing.assert_allclose(np.frombuffer(decoded["samples"], "<i2") / 32768, loud, atol=1e-4)


def decode(path, text: str | None) -> dict:
    row = dict.fromkeys(MANIFEST.names) | {"meta": [], "flags": [], "utterance_id": "u"}
    row |= {"recording_id": "r", "audio_uri": str(path), "text": text}
    return decode_part(pa.Table.from_pylist([row], schema=MANIFEST)).to_pylist()[0]


@pytest.mark.parametrize("what", [name for name in NOTHING if name != "none"])
def test_a_row_with_nothing_to_hear_is_as_without_audio(what, tmp_path):
    soundfile.write(tmp_path / "a.wav", NOTHING[what], RATE_HZ, subtype="PCM_16")
    spoken = decode(tmp_path / "a.wav", "hello")
    assert spoken["samples"] is None
    assert spoken["flags"] == ["no_audio", "silent"]
    assert spoken["reason"] is None
    assert decode(tmp_path / "a.wav", None)["reason"] == "silent_audio"


def test_channels_that_cancel_are_not_mixed(speech, tmp_path):
    voice = speech[: 10 * RATE_HZ]
    soundfile.write(tmp_path / "out.wav", np.stack([voice, -voice], axis=1), RATE_HZ)
    with open_recording(str(tmp_path / "out.wav")) as recording:
        mixed = recording.read(0, 10)
        first = recording.read(0, 10, 0)
        np.testing.assert_array_equal(mixed, first)
        for start_s in range(10):
            cut = recording.read(start_s, start_s + 1)
            np.testing.assert_array_equal(cut, first[start_s * RATE_HZ :][:RATE_HZ])


def test_one_channel_alone_of_many_is_taken_and_two_voices_are_mixed(speech):
    alone = np.zeros((RATE_HZ, 8), np.float32)
    alone[:, 5] = speech[:RATE_HZ]
    np.testing.assert_array_equal(mono(alone, None), alone[:, 5])
    both = np.stack([speech[:RATE_HZ], speech[5 * RATE_HZ :][:RATE_HZ]], axis=1)
    np.testing.assert_allclose(mono(both, None), both.mean(axis=1), atol=1e-7)


def test_a_quiet_recording_keeps_its_remark(speech):
    quiet = speech / np.abs(speech).max() * 5e-4
    assert not holds_nothing(quiet)
    assert audio_flags(quiet) == ["silent"]
