"""Damage to speech: of the given severity, of unchanged length, the same every time."""

import io
from itertools import pairwise

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch

from daf_core.damage import voice
from daf_core.damage.conditions import VARIATIONS
from daf_core.damage.telephone import FULL_SCALE, LOUDEST, mu_law, telephone

RATE_HZ = 16_000
HEARD = [one for one in VARIATIONS if one.modality == "audio"]
LEVELS_DB = [20.0, 0.0, -5.0]


def said(seconds: float, seed: int = 0) -> np.ndarray:
    """(samples,) int16, quiet enough that no damage here is louder than full scale."""
    time_s = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    hum = np.sin(2 * np.pi * (150 + 10 * seed) * time_s) * np.sin(2 * np.pi * 2 * time_s)
    return np.rint(0.03 * 32768 * hum).astype(np.int16)


def of(kind: str, level: float | None = None):
    return next(one for one in VARIATIONS if (one.kind, one.level) == (kind, level))


def power_db(wave: np.ndarray) -> float:
    return 10 * np.log10(np.mean(np.square(wave.astype(float))))


@pytest.mark.parametrize("level", LEVELS_DB)
@pytest.mark.parametrize("kind", ["white noise", "speech-shaped noise"])
def test_the_signal_to_noise_ratio_is_the_level(kind, level):
    for seed in range(5):
        wave = said(0.7 + seed, seed)
        noise = of(kind, level).apply_to_samples(wave, seed, "u") - wave.astype(float)
        assert power_db(wave) - power_db(noise) == pytest.approx(level, abs=0.1)


def test_a_result_that_is_too_loud_is_scaled_down_not_clipped():
    loud = (said(1) / 0.03 * 0.9).astype(np.int16)
    heard = of("white noise", -5.0).apply_to_samples(loud, 0, "u").astype(float)
    assert np.count_nonzero(np.abs(heard) > 32766) <= 2
    signal = heard @ loud / (loud.astype(float) @ loud) * loud
    assert power_db(signal) - power_db(heard - signal) == pytest.approx(-5, abs=0.3)


@settings(max_examples=25)
@given(
    samples=st.integers(1, 20_000),
    condition=st.sampled_from(HEARD),
    seed=st.integers(0, 3),
    silent=st.booleans(),
)
def test_length_is_kept_and_damage_is_the_same_every_time(samples, condition, seed, silent):
    wave = np.zeros(samples, np.int16) if silent else said(2)[:samples]
    one = condition.apply_to_samples(wave, seed, "u")
    assert (one.dtype, one.shape) == (np.int16, wave.shape)
    np.testing.assert_array_equal(one, condition.apply_to_samples(wave, seed, "u"))
    assert not silent or not one.any()


@pytest.mark.parametrize(
    "condition", [one for one in HEARD if one.kind != "telephone"], ids=lambda one: one.name
)
def test_another_utterance_or_seed_is_damaged_differently(condition):
    wave = said(20)
    made = [condition.apply_to_samples(wave, *which) for which in ((0, "u"), (0, "v"), (1, "u"))]
    assert len({one.tobytes() for one in [wave, *made]}) == 4


def test_less_and_more_noise_are_the_same_noise():
    wave = said(1)
    little, much = (
        of("white noise", level).apply_to_samples(wave, 0, "u") - wave.astype(float)
        for level in (20.0, -5.0)
    )
    assert np.corrcoef(little, much)[0, 1] > 0.999


def test_speech_shaped_noise_has_the_spectrum_of_speech():
    noise = voice.speech_shaped_noise(60 * RATE_HZ, np.random.default_rng(0))
    hz, density = welch(noise, RATE_HZ, nperseg=1024)
    level_db = {f: 10 * np.log10(density[np.argmin(abs(hz - f))]) for f in (50, 250, 500, 4000)}
    # ITU-T P.50, equation 4-1, by hand: 63.0, 59.3 and 34.5 dB
    assert level_db[250] - level_db[500] == pytest.approx(63.0 - 59.3, abs=0.7)
    assert level_db[500] - level_db[4000] == pytest.approx(59.3 - 34.5, abs=0.7)
    assert level_db[50] < level_db[250] - 20


@pytest.mark.parametrize("rt60_s", [0.3, 0.6, 1.0])
def test_a_room_decays_by_60_db_in_its_time_and_is_as_loud(rt60_s):
    click = np.zeros(2 * RATE_HZ)
    click[0] = 0.5
    wet = voice.reverberate(click, rt60_s, np.random.default_rng(0))
    assert power_db(wet) == pytest.approx(power_db(click), abs=1e-6)
    assert wet[0] ** 2 == pytest.approx(np.sum(wet[1:] ** 2), rel=1e-6)
    early, late = (
        power_db(wet[round((at - 0.05) * RATE_HZ) : round((at + 0.05) * RATE_HZ)])
        for at in (0.25 * rt60_s, 0.75 * rt60_s)
    )
    assert early - late == pytest.approx(30, abs=1.5)


def test_mu_law_is_g711_s():
    """libsndfile's tables are the oracle."""
    codes = np.arange(-FULL_SCALE, FULL_SCALE)
    file = io.BytesIO()
    soundfile.write(file, (4 * codes).astype(np.int16), 8000, "ULAW", format="WAV")
    file.seek(0)
    theirs, _ = soundfile.read(file, dtype="int16")
    np.testing.assert_array_equal(mu_law(codes) * 4, theirs)


@given(st.integers(-LOUDEST, LOUDEST))
def test_mu_law_errs_by_half_a_step_at_most(sample):
    coded = int(mu_law(np.array([sample]))[0])
    step = max(2, 2 ** (int(np.log2(abs(sample) + 33)) - 4))
    assert abs(coded - sample) <= step / 2
    assert mu_law(np.array([coded]))[0] == coded


@pytest.mark.parametrize(
    ("hz", "low_db", "high_db"), [(1000, -1, 1), (60, -99, -20), (5000, -99, -30)]
)
def test_the_telephone_passes_300_to_3400_hz(hz, low_db, high_db):
    tone = 0.3 * np.sin(2 * np.pi * hz * np.arange(RATE_HZ) / RATE_HZ)
    assert low_db <= power_db(telephone(tone)[4000:]) - power_db(tone) <= high_db


@pytest.mark.parametrize("share", [0.05, 0.1, 0.2, 0.4])
def test_as_many_packets_are_lost_as_asked_and_in_bursts(share):
    lost = voice.lost_packets(50_000, share, np.random.default_rng(0))
    assert lost.mean() == pytest.approx(share, rel=0.06)
    bursts = np.count_nonzero(np.diff(lost.astype(int)) == 1)
    assert lost.sum() / bursts == pytest.approx(voice.MEAN_BURST, rel=0.06)


def test_higher_loss_adds_lost_packets_and_leaves_the_others_untouched():
    wave = said(60) + np.int16(1000)
    gone = [of("packet loss", one).apply_to_samples(wave, 0, "u") == 0 for one in (5.0, 10.0, 40.0)]
    assert all((less <= more).all() for less, more in pairwise(gone))
    heard = of("packet loss", 40.0).apply_to_samples(wave, 0, "u")
    np.testing.assert_array_equal(heard[~gone[2]], wave[~gone[2]])
    packets = gone[2].reshape(-1, voice.PACKET)
    assert (packets.all(axis=1) == packets.any(axis=1)).all()


@settings(max_examples=20)
@given(seconds=st.floats(0.05, 4), seed=st.integers(0, 50))
def test_masks_take_bands_and_spans_away_and_leave_the_rest(seconds, seed):
    draw = np.random.default_rng(seed)
    wave = draw.standard_normal(round(seconds * RATE_HZ))
    masked = voice.mask_spectrogram(wave, np.random.default_rng(seed))
    assert masked.shape == wave.shape
    assert voice.power(masked) <= voice.power(wave) * 1.01
    silent = np.abs(masked).reshape(-1)[:: RATE_HZ // 100] < 1e-9
    assert silent.mean() <= 2 * voice.SPAN_SHARE + 0.1
    same = voice.mask_spectrogram(2 * wave, np.random.default_rng(seed))
    np.testing.assert_allclose(same, 2 * masked, atol=1e-9)


def test_a_masked_band_is_silent():
    wave = np.random.default_rng(0).standard_normal(4 * RATE_HZ)
    masked = voice.mask_spectrogram(wave, np.random.default_rng(1))
    (_, before), (_, after) = (welch(one, RATE_HZ, nperseg=800) for one in (wave, masked))
    assert (after / before).min() < 0.01
    assert np.median(after / before) > 0.3
