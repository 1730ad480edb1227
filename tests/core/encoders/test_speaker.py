"""The speaker encoder: equal to its package's, and near for one voice, far for two."""

from itertools import combinations
from pathlib import Path
from pickle import UnpicklingError

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

import jobs
from daf_core.arrays import RATE_HZ, Samples
from daf_core.encoders.loading import load_speech_encoder, load_text_encoder
from daf_core.encoders.speaker import HOP, WINDOW, SpeakerEncoder, window_starts
from daf_core.errors import SettingsError
from daf_core.recordings.audio import open_recording
from daf_core.weights import specs
from daf_core.weights.known import DESCRIPTORS, SPEAKER
from daf_core.weights.packages import packaged
from daf_core.weights.specs import resolve

CALL = Path(jobs.__file__).parent / "demo_corpus" / "billing-dispute.wav"
with_weights = pytest.mark.skipif(not packaged(SPEAKER), reason="Resemblyzer is not installed")


@pytest.fixture(scope="module")
def encoder() -> SpeakerEncoder:
    encoder = load_speech_encoder(resolve(SPEAKER, offline=True))
    assert isinstance(encoder, SpeakerEncoder)
    return encoder


def voice(channel: int, start_s: float, end_s: float) -> Samples:
    with open_recording(str(CALL)) as recording:
        return recording.read(start_s, end_s, channel)


@with_weights
@pytest.mark.parametrize("seconds", [0.4, 1.5, 1.7, 2.9, 12.0])
def test_embeddings_equal_those_of_the_package(encoder: SpeakerEncoder, seconds: float) -> None:
    pytest.importorskip("librosa")
    pytest.importorskip("webrtcvad")
    package = pytest.importorskip("resemblyzer")
    wave = voice(0, 0.0, seconds)
    known = package.VoiceEncoder("cpu", verbose=False)
    expected = known.embed_utterance(package.normalize_volume(wave, -30, increase_only=True))
    np.testing.assert_allclose(encoder.encode([wave])[0][0, 0], expected, atol=1e-5)


@with_weights
def test_a_voice_is_nearer_to_itself_than_to_another(encoder: SpeakerEncoder) -> None:
    waves = [voice(channel, start, start + 8) for channel in (0, 1) for start in (0, 12)]
    found = encoder.encode(waves)[0][:, 0]
    alike = {pair: found[pair[0]] @ found[pair[1]] for pair in combinations(range(4), 2)}
    same = {(0, 1), (2, 3)}
    assert min(alike[pair] for pair in same) > max(alike[pair] for pair in alike.keys() - same)


@with_weights
def test_a_row_does_not_depend_on_its_batch_nor_on_how_soft_it_is(encoder: SpeakerEncoder) -> None:
    waves = [voice(0, 0, 3), voice(1, 2, 9), voice(0, 5, 5.2)]
    together = encoder.encode(waves)[0]
    alone = np.concatenate([encoder.encode([wave])[0] for wave in waves])
    np.testing.assert_array_equal(together, alone)
    softer = np.concatenate([encoder.encode([wave / 64])[0] for wave in waves])
    softest = np.concatenate([encoder.encode([wave / 4096])[0] for wave in waves])
    np.testing.assert_allclose(softer, softest, atol=1e-4)


@with_weights
@settings(max_examples=10, deadline=None)
@given(
    wave=arrays.arrays(
        np.float32, st.integers(0, 30_000), elements=st.floats(-1, 1, width=32), fill=st.just(0)
    )
)
def test_any_wave_has_a_finite_embedding(encoder: SpeakerEncoder, wave: Samples) -> None:
    found = encoder.encode([wave])[0][0, 0]
    assert np.isfinite(found).all()
    assert np.linalg.norm(found) <= 1 + 1e-5
    assert found.min() >= 0


@given(st.integers(0, 60 * RATE_HZ), st.integers(1, WINDOW))
def test_windows_are_in_equal_steps_and_hold_all_but_a_short_end(samples: int, step: int) -> None:
    starts = window_starts(samples, step)
    assert starts == [*range(0, len(starts) * step, step)]
    assert starts[-1] == 0 or starts[-1] * HOP < samples
    left_out = samples - (starts[-1] + WINDOW) * HOP
    assert left_out < step * HOP


@with_weights
def test_it_has_no_frames_and_reads_no_text() -> None:
    spec = resolve(SPEAKER, offline=True)
    with pytest.raises(SettingsError, match="`frames` 4: expected an encoder with hidden layers"):
        load_speech_encoder(spec, steps=4)
    with pytest.raises(SettingsError, match="expected a text encoder, got speaker"):
        load_text_encoder(spec)


@with_weights
def test_a_folder_of_its_name_is_not_taken_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / SPEAKER).mkdir()
    monkeypatch.chdir(tmp_path)
    assert resolve(SPEAKER, offline=True).name == SPEAKER


def test_where_its_package_is_missing_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(specs, "packaged", lambda name: ())
    with pytest.raises(SettingsError, match=r"pip install --no-deps Resemblyzer==0\.1\.4"):
        resolve(SPEAKER)
    with pytest.raises(SettingsError, match=f"encoder {DESCRIPTORS}: .*built in"):
        specs.fetch(DESCRIPTORS)


def test_a_file_that_holds_more_than_tensors_is_not_run(tmp_path: Path) -> None:
    class Runs:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.mkdir, (str(tmp_path / "ran"),))

    torch.save({"model_state": Runs()}, tmp_path / "weights.pt")
    with pytest.raises(UnpicklingError):
        SpeakerEncoder(tmp_path / "weights.pt")
    assert not (tmp_path / "ran").exists()
