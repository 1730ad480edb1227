"""An utterance's embedding is its own: no batch, no padding, no sample format changes it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import AutoModel, Wav2Vec2FeatureExtractor, WhisperFeatureExtractor, WhisperModel

from daf_core.arrays import RATE_HZ
from daf_core.encoders.descriptors import Descriptors
from daf_core.encoders.loading import load_speech_encoder
from daf_core.encoders.speech import SpeechEncoder
from daf_core.encoders.waves import normalise_level
from daf_core.weights.packages import packaged
from daf_core.weights.specs import resolve
from tests.core.encoders.encoder_folders import WAVE, wave_folder, whisper_folder

# WavLM in transformers hands torch two masks of different types.
pytestmark = pytest.mark.filterwarnings("ignore:Support for mismatched key_padding_mask")

WHISPER = "openai/whisper-tiny.en"
LENGTHS = st.lists(st.integers(0, 20_000), min_size=1, max_size=5)


def speech(samples: int, seed: int = 0) -> np.ndarray:
    """A vowel-like wave whose pitch and loudness wander, with a little noise."""
    random = np.random.default_rng(seed)
    time = np.arange(samples) / RATE_HZ
    phase = 2 * np.pi * (140 * time + 8 * np.sin(3 * time + seed))
    tone = sum(np.sin(k * phase) / k for k in range(1, 12)) * (1.2 + np.sin(5 * time))
    return (0.05 * tone + 0.002 * random.standard_normal(samples)).astype(np.float32)


@pytest.fixture(scope="module", params=["whisper", *WAVE])
def encoder(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> SpeechEncoder:
    folder = tmp_path_factory.mktemp("speech")
    if request.param == "whisper":
        whisper_folder(folder)
    else:
        wave_folder(folder, request.param)
    encoder = load_speech_encoder(resolve(str(folder)))
    assert isinstance(encoder, SpeechEncoder)
    return encoder


@pytest.fixture(scope="module")
def whisper() -> SpeechEncoder:
    if not packaged(WHISPER):
        pytest.skip("the package with whisper-tiny.en is not installed")
    encoder = load_speech_encoder(resolve(WHISPER, offline=True), offline=True)
    assert isinstance(encoder, SpeechEncoder)
    return encoder


def pooled(encoder: SpeechEncoder | Descriptors, waves: list[np.ndarray]) -> np.ndarray:
    return encoder.encode(waves)[0]


def alone(encoder: SpeechEncoder | Descriptors, waves: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([pooled(encoder, [wave]) for wave in waves])


@settings(max_examples=10)
@given(lengths=LENGTHS, batch_samples=st.sampled_from([1, 30_000, 500_000]))
def test_a_batch_gives_what_each_wave_gives_alone(
    encoder: SpeechEncoder, lengths: list[int], batch_samples: int
) -> None:
    encoder.batch_samples = batch_samples
    waves = [speech(length, seed) for seed, length in enumerate(lengths)]
    np.testing.assert_allclose(pooled(encoder, waves), alone(encoder, waves), atol=1e-5)


def test_a_batch_of_the_real_whisper_gives_what_each_wave_gives_alone(
    whisper: SpeechEncoder,
) -> None:
    waves = [speech(length, length) for length in (64_000, 319, 48_321, 100_000, 500_000)]
    np.testing.assert_allclose(pooled(whisper, waves), alone(whisper, waves), atol=2e-5)


def test_int16_and_float_agree_and_the_level_does_not_matter(encoder: SpeechEncoder) -> None:
    wave = np.round(speech(16_000) * 32768).astype(np.int16)
    quiet = wave.astype(np.float32) / 32768 / 50
    rows = pooled(encoder, [wave, wave.astype(np.float32) / 32768, quiet])
    np.testing.assert_allclose(rows[1:], rows[[0, 0]], atol=1e-5)


def test_silence_and_very_short_waves_are_finite(encoder: SpeechEncoder) -> None:
    waves = [np.zeros(16_000, np.int16), np.zeros(0, np.float32), np.ones(1, np.float32)]
    rows = pooled(encoder, waves)
    assert rows.shape == (3, encoder.layers, encoder.width) == (3, 3, 64)
    assert np.isfinite(rows.astype(np.float16)).all()  # as they are stored
    assert pooled(encoder, []).shape == (0, 3, 64)


def test_a_long_wave_has_the_statistics_of_all_its_windows(encoder: SpeechEncoder) -> None:
    # An even number of windows of whole Whisper positions, so that the pieces are the windows.
    wave = encoder.network.prepare(speech(2 * 20 * RATE_HZ))
    frames = [encoder.network([half]) for half in np.split(wave, 2)]
    (row,) = pooled(encoder, [wave])
    width = encoder.network.width
    counts = [count[0] for count, _, _ in frames]
    means = [moments[0, :, 0] for _, moments, _ in frames]
    squares = [moments[0, :, 1] + counts[0] * moments[0, :, 0] ** 2 for _, moments, _ in frames]
    mean = np.average(means, axis=0, weights=counts)
    deviation = np.sqrt(np.sum(squares, axis=0) / np.sum(counts) - mean**2)
    np.testing.assert_allclose(row[:, :width], mean, atol=1e-4)
    np.testing.assert_allclose(row[:, width:], deviation, atol=1e-3)


def test_with_short_windows_a_repeated_sound_is_embedded_as_the_sound_alone(
    tmp_path: Path,
) -> None:
    """Of a Whisper, whose positions tell where in an utterance something is heard."""
    spec = resolve(str(whisper_folder(tmp_path)))
    sound = speech(2 * RATE_HZ)
    whole, short = (load_speech_encoder(replace(spec, window_s=one)) for one in (30, 2))
    repeated = np.tile(sound, 4)
    apart = {
        name: float(np.abs(np.subtract(*pooled(encoder, [sound, repeated]))).max())
        for name, encoder in (("whole", whole), ("short", short))
    }
    assert apart["short"] < 1e-4
    assert apart["whole"] > 1e-2
    cut = pooled(short, [np.concatenate([repeated, sound[: RATE_HZ // 2]])])
    assert np.isfinite(cut).all()  # five windows of 1.7 s


def pooled_by_hand(hidden: tuple[torch.Tensor, ...]) -> np.ndarray:
    layers = [torch.cat([layer.mean(1)[0], layer.std(1, unbiased=False)[0]]) for layer in hidden]
    return torch.stack(layers).numpy()


@pytest.mark.parametrize("family", WAVE)
def test_wave_networks_give_what_transformers_gives(family: str, tmp_path: Path) -> None:
    folder = wave_folder(tmp_path, family)
    wave = normalise_level(speech(16_000))
    values = Wav2Vec2FeatureExtractor.from_pretrained(folder)(
        wave, sampling_rate=RATE_HZ, return_tensors="pt"
    ).input_values
    with torch.inference_mode():
        model = AutoModel.from_pretrained(folder).eval()
        hidden = model(values, output_hidden_states=True).hidden_states
    encoder = load_speech_encoder(resolve(str(folder)))
    np.testing.assert_allclose(pooled(encoder, [wave])[0], pooled_by_hand(hidden), atol=2e-5)


def test_whisper_gives_what_transformers_gives_on_30_s(tmp_path: Path) -> None:
    folder = whisper_folder(tmp_path)
    wave = normalise_level(speech(30 * RATE_HZ))
    mel = WhisperFeatureExtractor()(wave, sampling_rate=RATE_HZ, return_tensors="pt").input_features
    with torch.inference_mode():
        model = WhisperModel.from_pretrained(folder).eval().encoder
        hidden = model(mel, output_hidden_states=True).hidden_states
    encoder = load_speech_encoder(resolve(str(folder)))
    np.testing.assert_allclose(pooled(encoder, [wave])[0], pooled_by_hand(hidden), atol=2e-5)


@settings(max_examples=10)
@given(lengths=st.lists(st.integers(1, 1500), min_size=1, max_size=4))
def test_log_mel_is_that_of_transformers_on_the_valid_frames(
    whisper: SpeechEncoder, lengths: list[int]
) -> None:
    """A wave of whole positions; the loudest sound is its end, where batches may go wrong."""
    waves = [speech(320 * length, length) for length in lengths]
    for wave in waves:
        wave[-100:] *= 20
    expected = WhisperFeatureExtractor()(waves, sampling_rate=RATE_HZ, return_tensors="np")
    ours = whisper.network.log_mel(waves, np.array([len(wave) for wave in waves])).numpy()
    for row, theirs, wave in zip(ours, expected.input_features, waves, strict=True):
        frames = len(wave) // 160
        np.testing.assert_allclose(row[:, :frames], theirs[:, :frames], atol=1e-5)
        assert not row[:, frames:].any()


def test_the_packaged_whisper_hears(whisper: SpeechEncoder) -> None:
    """Trained weights tell a low voice from a high one at every layer, at any level."""
    low, high = speech(48_000, 1), np.repeat(speech(24_000, 1), 2)
    rows = pooled(whisper, [low, 0.3 * low, high])
    near = np.linalg.norm(rows[0] - rows[1], axis=1)
    far = np.linalg.norm(rows[0] - rows[2], axis=1)
    assert (far > 100 * near).all()


@pytest.mark.parametrize("family", ["whisper", *WAVE])
@pytest.mark.parametrize("layers", [1, 2, 3, 9])
def test_first_layers_are_the_same_without_the_others(
    family: str, layers: int, tmp_path: Path
) -> None:
    folder = whisper_folder(tmp_path) if family == "whisper" else wave_folder(tmp_path, family)
    spec, waves = resolve(str(folder)), [speech(16_000), speech(9_000)]
    all_layers = pooled(load_speech_encoder(spec), waves)
    cut = load_speech_encoder(spec, layers=layers)
    assert cut.layers == min(layers, 3)
    np.testing.assert_allclose(pooled(cut, waves), all_layers[:, :layers], atol=1e-6)


def test_bfloat16_is_close_to_float32(whisper: SpeechEncoder) -> None:
    fast = load_speech_encoder(resolve(WHISPER, offline=True), offline=True, precision="bfloat16")
    waves = [speech(64_000), speech(20_000, 1)]
    exact = pooled(whisper, waves)
    error = np.linalg.norm(pooled(fast, waves) - exact, axis=2) / np.linalg.norm(exact, axis=2)
    assert 0 < error.max() < 0.02
