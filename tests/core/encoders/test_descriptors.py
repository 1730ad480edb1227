"""Acoustic descriptors measure what they say, and are finite for any wave."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from daf_core.encoders.descriptors import Descriptors
from daf_core.encoders.loading import load_speech_encoder
from daf_core.weights.specs import resolve

PITCH, VOICED, LEVEL, CENTROID, TILT, FLUX = range(6)
DEVIATION = Descriptors.width // 3
TIME_S = np.arange(32_000) / 16_000


@pytest.fixture(scope="module")
def describe() -> Descriptors:
    encoder = load_speech_encoder(resolve("descriptors"))
    assert isinstance(encoder, Descriptors)
    return encoder


def voice(hertz: float) -> np.ndarray:
    return 0.1 * sum(np.sin(2 * np.pi * k * hertz * TIME_S) / k for k in range(1, 10))


@pytest.mark.parametrize("hertz", [80.0, 100.0, 150.0, 233.0, 400.0])
def test_pitch_of_a_steady_voice(describe: Descriptors, hertz: float) -> None:
    row = describe.encode([voice(hertz).astype(np.float32)])[0][0, 0]
    assert row[VOICED] == 1.0
    assert row[PITCH] == pytest.approx(np.log2(hertz / 100), abs=0.03)
    assert row[DEVIATION + PITCH] < 0.03


def test_noise_and_silence_are_unvoiced(describe: Descriptors) -> None:
    noise = np.random.default_rng(0).normal(0, 0.1, 32_000).astype(np.float32)
    rows = describe.encode([noise, np.zeros(32_000, np.float32)])[0][:, 0]
    assert rows[0, VOICED] < 0.05
    assert rows[1, VOICED] == rows[1, PITCH] == rows[1, FLUX] == 0.0
    np.testing.assert_allclose(rows[1, DEVIATION:], 0, atol=1e-4)


def test_level_is_kept_and_is_the_only_thing_a_gain_changes(describe: Descriptors) -> None:
    wave = voice(120.0).astype(np.float32)
    loud, soft = describe.encode([wave, wave / 10])[0][:, 0]
    assert loud[LEVEL] - soft[LEVEL] == pytest.approx(1.0, abs=0.01)
    np.testing.assert_allclose(loud[[PITCH, VOICED]], soft[[PITCH, VOICED]], atol=1e-3)
    np.testing.assert_allclose(
        loud[[CENTROID, TILT, FLUX]], soft[[CENTROID, TILT, FLUX]], atol=0.01
    )


def test_centroid_and_tilt_of_a_tone(describe: Descriptors) -> None:
    tones = [np.sin(2 * np.pi * hertz * TIME_S).astype(np.float32) for hertz in (250.0, 2000.0)]
    low, high = describe.encode(tones)[0][:, 0]
    assert low[CENTROID] == pytest.approx(-2, abs=0.05)
    assert high[CENTROID] == pytest.approx(1, abs=0.05)
    assert low[TILT] < -3 < 3 < high[TILT]


def test_long_waves_are_read_in_windows(describe: Descriptors) -> None:
    once = voice(150.0).astype(np.float32)
    short, long = describe.encode([once, np.tile(once, 31)])[0][:, 0]
    np.testing.assert_allclose(short[:19], long[:19], atol=0.05)


@settings(max_examples=40)
@given(wave=arrays(np.int16, st.integers(0, 2000)))
def test_any_wave_has_finite_descriptors(describe: Descriptors, wave: np.ndarray) -> None:
    rows, frames = describe.encode([wave, np.zeros(100, np.int16)])
    assert (rows.shape, frames.shape) == ((2, 1, 57), (2, 0, 0))
    assert np.isfinite(rows.astype(np.float16)).all()  # as they are stored
    np.testing.assert_array_equal(rows[:1], describe.encode([wave])[0])
