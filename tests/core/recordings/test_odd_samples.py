"""What is not a number is silence; what is silent, short or clipped is flagged."""

import numpy as np
import pytest
import soundfile
import soxr

from daf_core.arrays import RATE_HZ
from daf_core.recordings.levels import audio_flags
from tests.core.recordings.reading import whole


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
