"""Utterances are where people speak, whatever the blocks they are read in."""

import numpy as np
import pytest
import soundfile
import torch

from daf_core.arrays import RATE_HZ
from daf_core.recordings import voice_activity
from daf_core.recordings.audio import open_recording
from daf_core.recordings.voice_activity import VoiceActivity


@pytest.fixture(scope="module")
def activity() -> VoiceActivity:
    return VoiceActivity()


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def meeting(corpora):
    return corpora / "longform" / "ami_pyannote" / "sample.flac"


def segments(activity, path, channel=None, **options):
    with open_recording(str(path)) as recording:
        return activity.segments(recording, channel, **options)


def assert_utterances(found, duration_s, longest_s):
    bounds = [bound for span in found for bound in span]
    assert bounds == sorted(bounds)
    assert bounds[0] >= 0
    assert bounds[-1] <= duration_s
    assert all(0 < end_s - start_s <= longest_s for start_s, end_s in found)


def test_the_same_as_silero_one_frame_at_a_time(activity, meeting, monkeypatch):
    import silero_vad

    monkeypatch.setattr(voice_activity, "BLOCK_FRAMES", 100)  # many blocks in 30 s
    with open_recording(str(meeting)) as recording:
        sound = torch.from_numpy(recording.read(0, 30))
    expected = silero_vad.get_speech_timestamps(
        sound,
        silero_vad.load_silero_vad(),
        min_silence_duration_ms=voice_activity.PAUSE_MS,
        max_speech_duration_s=voice_activity.LONGEST_S,
    )
    found = segments(activity, meeting)
    assert found == [(span["start"] / RATE_HZ, span["end"] / RATE_HZ) for span in expected]


def test_covers_what_the_reference_says_is_speech(activity, corpora, meeting):
    lines = (corpora / "longform" / "ami_pyannote" / "sample.rttm").read_text().splitlines()
    spoken, found = np.zeros(3_000, bool), np.zeros(3_000, bool)
    for fields in map(str.split, lines):
        start_s, length_s = float(fields[3]), float(fields[4])
        spoken[round(start_s * 100) : round((start_s + length_s) * 100)] = True
    for start_s, end_s in segments(activity, meeting):
        found[round(start_s * 100) : round(end_s * 100)] = True
    assert np.mean(found[spoken]) > 0.95
    assert np.mean(found == spoken) > 0.9


def test_utterances_end_at_pauses_and_are_not_too_long(activity, corpora):
    call = corpora / "longform" / "aws_call" / "auto0_mono.wav"
    found = segments(activity, call)
    assert len(found) > 30
    assert_utterances(found, 278, voice_activity.LONGEST_S)
    finer = segments(activity, call, pause_ms=200, longest_s=5.0)
    assert len(finer) > len(found)
    assert_utterances(finer, 278, 5.0)
    assert segments(activity, call) == found


def test_each_channel_has_its_own_utterances(activity, meeting, tmp_path):
    sound, rate_hz = soundfile.read(meeting, dtype="float32")
    quiet = np.zeros_like(sound)
    path = tmp_path / "two.wav"
    soundfile.write(path, np.stack([quiet, sound], axis=1), rate_hz)
    assert segments(activity, path, 0) == []
    assert segments(activity, path, 1) == segments(activity, meeting)


@pytest.mark.parametrize("seconds", [0.01, 1.0, 70.0])
def test_noise_and_silence_hold_no_utterance(activity, seconds, tmp_path):
    path = tmp_path / "still.wav"
    noise = np.random.default_rng(0).normal(0, 1e-4, round(seconds * RATE_HZ))
    soundfile.write(path, noise, RATE_HZ, subtype="FLOAT")
    assert segments(activity, path) == []


def test_torch_keeps_its_threads():
    # In a process of its own: silero-vad sets the number when it is first imported.
    import subprocess
    import sys

    script = (
        "import torch; torch.set_num_threads(2)\n"
        "from daf_core.recordings.voice_activity import VoiceActivity; VoiceActivity()\n"
        "assert torch.get_num_threads() == 2, torch.get_num_threads()"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
