"""Tones and hold music are told; whatever people do with their voices is not."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import jobs
from daf_core.arrays import RATE_HZ
from daf_core.recordings.audio import open_recording
from daf_core.recordings.tones import sound_kind
from daf_core.recordings.voice_activity import VoiceActivity
from tests import made_sounds

DEMO = Path(jobs.__file__).parent / "demo_corpus"
RECORDINGS = sorted(p for p in DEMO.iterdir() if p.suffix in {".wav", ".flac", ".ogg", ".mp3"})
LINES = made_sounds.lines(np.random.default_rng(0))
TONES = dict(made_sounds.tones(np.random.default_rng(1)))
MUSIC = dict(made_sounds.music(np.random.default_rng(2)))

few = settings(max_examples=25, derandomize=True)


@pytest.fixture(scope="module")
def utterances() -> list[np.ndarray]:
    """Cuts of the demo corpus, as voice activity finds them."""
    activity, found = VoiceActivity(), []
    for path in RECORDINGS:
        with open_recording(str(path)) as recording:
            found += [recording.read(*span) for span in activity.segments(recording, None)]
    assert len(found) > 20
    return found


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("name", TONES)
def test_a_tone_is_told_on_every_line(name, line):
    assert sound_kind(LINES[line](TONES[name])) == "tone"


@pytest.mark.parametrize("line", LINES)
def test_music_is_told_on_every_line(line):
    kinds = {name: sound_kind(LINES[line](sound)) for name, sound in MUSIC.items()}
    assert None not in kinds.values()
    # A lone flute has hardly more than one line at a time.
    assert {name for name, kind in kinds.items() if kind == "tone"} <= {
        name for name in kinds if name.startswith("flute")
    }


@pytest.mark.parametrize("line", LINES)
def test_speech_is_never_told_as_something_else(utterances, line):
    assert [sound_kind(LINES[line](cut)) for cut in utterances] == [None] * len(utterances)


@few
@given(
    cut=st.integers(0, 20),
    start=st.floats(0, 0.9),
    seconds=st.floats(0.05, 4),
    gain=st.floats(0.001, 1),
    speed=st.sampled_from([0.6, 1.0, 1.6]),
)
def test_no_piece_of_speech_is_told(utterances, cut, start, seconds, gain, speed):
    sound = utterances[cut]
    first = round(start * len(sound))
    piece = sound[first : first + round(seconds * RATE_HZ)]
    slower = np.interp(np.arange(0, len(piece) - 1, speed), np.arange(len(piece)), piece)
    assert sound_kind((gain * slower).astype(np.float32)) is None


@few
@given(cut=st.integers(0, 20), name=st.sampled_from(sorted(MUSIC)), below_db=st.floats(8, 30))
def test_speech_over_music_is_speech(utterances, cut, name, below_db):
    sound, music = utterances[cut], np.resize(MUSIC[name], len(utterances[cut]))
    level = np.sqrt(np.mean(sound**2) / np.mean(music**2)) * 10 ** (-below_db / 20)
    assert sound_kind((sound + level * music).astype(np.float32)) is None


@few
@given(name=st.sampled_from(sorted(TONES)), gain=st.floats(0.003, 1), shift=st.integers(0, 40_000))
def test_level_and_start_of_a_tone_do_not_matter(name, gain, shift):
    rolled = np.roll(np.pad(TONES[name], (0, RATE_HZ)), shift)
    assert sound_kind((gain * rolled).astype(np.float32)) == "tone"


@pytest.mark.parametrize("samples", [0, 1, 2, 100, 1_023, 1_024, 2_048, 2_049, 40_000])
def test_nothing_and_noise_are_neither(samples):
    noise = np.random.default_rng(samples).normal(0, 0.1, samples).astype(np.float32)
    for sound in (np.zeros(samples, np.float32), np.full(samples, 0.3, np.float32), noise):
        assert sound_kind(sound) is None


def test_laughter_like_bursts_and_cries_are_not_told():
    draw = np.random.default_rng(3)
    time_s = np.arange(3 * RATE_HZ) / RATE_HZ
    for pitch_hz in (180, 300, 450, 900):
        glide = pitch_hz * (1 + 0.12 * np.sin(2 * np.pi * 1.3 * time_s))
        shaken = glide * (1 + 0.01 * np.cumsum(draw.normal(0, 0.1, len(time_s))) / 40)
        phase = 2 * np.pi * np.cumsum(shaken) / RATE_HZ
        cry = sum(np.sin(number * phase) / number for number in range(1, 8))
        laugh = cry * np.clip(np.sin(2 * np.pi * 4.5 * time_s), 0, 1)
        for sound in (cry, laugh):
            assert sound_kind((0.1 * sound).astype(np.float32)) is None
