"""Utterances are where people speak, whatever the blocks they are read in."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import torch

import jobs
from daf_core.arrays import RATE_HZ
from daf_core.one_thread import one_thread
from daf_core.recordings import voice_activity
from daf_core.recordings.audio import open_recording
from daf_core.recordings.voice_activity import VoiceActivity
from daf_core.sources.transcripts import read_transcript

DEMO = Path(jobs.__file__).parent / "demo_corpus"


@pytest.fixture(scope="module")
def activity() -> VoiceActivity:
    return VoiceActivity()


@pytest.fixture(autouse=True)
def _one_thread():
    with one_thread():
        yield


def segments(activity, path, channel=None, **options):
    with open_recording(str(path)) as recording:
        return activity.segments(recording, channel, **options)


def assert_utterances(found, duration_s, longest_s):
    bounds = [bound for span in found for bound in span]
    assert bounds == sorted(bounds)
    assert bounds[0] >= 0
    assert bounds[-1] <= duration_s
    assert all(0 < end_s - start_s <= longest_s for start_s, end_s in found)


@pytest.mark.parametrize(
    ("name", "channel"),
    [
        ("billing-dispute.wav", 0),
        ("billing-dispute.wav", 1),
        ("callback-request.flac", None),
        ("delivery-late.ogg", 1),
        ("starting-again-podcast.mp3", None),
    ],
)
def test_segments_equal_those_of_silero(activity, name, channel, monkeypatch):
    import silero_vad

    monkeypatch.setattr(voice_activity, "BLOCK_FRAMES", 100)  # many blocks in a minute
    with open_recording(str(DEMO / name)) as recording:
        sound = np.concatenate(list(voice_activity._blocks(recording, channel)))
    expected = silero_vad.get_speech_timestamps(
        torch.from_numpy(sound),
        silero_vad.load_silero_vad(),
        min_silence_duration_ms=voice_activity.PAUSE_MS,
        max_speech_duration_s=voice_activity.LONGEST_S,
    )
    assert len(expected) > 1
    found = segments(activity, DEMO / name, channel)
    assert found == [(span["start"] / RATE_HZ, span["end"] / RATE_HZ) for span in expected]


@pytest.mark.parametrize("name", ["billing-dispute.wav", "hotel-room.wav"])
def test_covers_what_the_transcript_says_is_speech(activity, name):
    path = DEMO / name
    (transcript,) = [path.with_suffix(s) for s in (".vtt", ".srt") if path.with_suffix(s).exists()]
    spoken, found = np.zeros(6_000, bool), np.zeros(6_000, bool)
    for cue in read_transcript(str(transcript)).cues:
        spoken[round(cue.start_s * 100) : round(cue.end_s * 100)] = True
    for start_s, end_s in segments(activity, path):
        found[round(start_s * 100) : round(end_s * 100)] = True
    assert np.mean(found[spoken]) > 0.98
    assert np.mean(found == spoken) > 0.85  # pauses under half a second are no gap


def test_utterances_end_at_pauses_and_are_not_too_long(activity):
    podcast = DEMO / "starting-again-podcast.mp3"
    found = segments(activity, podcast)
    assert len(found) > 4
    assert_utterances(found, 66, voice_activity.LONGEST_S)
    finer = segments(activity, podcast, pause_ms=200, longest_s=5.0)
    assert len(finer) > 2 * len(found)
    assert_utterances(finer, 66, 5.0)
    assert segments(activity, podcast) == found


def test_each_channel_has_its_own_utterances(activity, tmp_path):
    alone = DEMO / "callback-request.flac"
    sound, rate_hz = soundfile.read(alone, dtype="float32")
    path = tmp_path / "two.wav"
    soundfile.write(path, np.stack([np.zeros_like(sound), sound], axis=1), rate_hz)
    assert segments(activity, path, 0) == []
    assert segments(activity, path, 1) == segments(activity, alone) != []


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
