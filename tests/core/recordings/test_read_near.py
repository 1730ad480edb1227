"""`Recording.read_near`: from a far place the same sound as `read`, sooner."""

import numpy as np
import pytest
import soxr

from daf_core.recordings.audio import open_recording
from tests.conftest import PYAV_KINDS, SOUNDFILE_KINDS, write_recording

OFF_S = 0.03
SECONDS = 80


@pytest.mark.parametrize(
    "kind", ["ogg_opus", "m4a", "webm_opus", "mka_aac", "adts", "mp3", "wav_ulaw"]
)
def test_the_sound_of_a_far_place_is_that_of_read(kind, tmp_path):
    suffix, _, rate_hz = (SOUNDFILE_KINDS | PYAV_KINDS)[kind]
    time_s = np.arange(SECONDS * 16_000) / 16_000
    voice = np.sin(2 * np.pi * (200 + 3 * time_s) * time_s) * np.clip(np.sin(7 * time_s), 0, 1)
    voices = 0.3 * np.stack([voice, np.roll(voice, 16_000)], axis=1).astype(np.float32)
    path = write_recording(tmp_path / f"r.{suffix}", kind, soxr.resample(voices, 16_000, rate_hz))
    with open_recording(str(path)) as recording:
        near = recording.read_near(70, 72, 1)
        exact = recording.read(70, 72, 1)
    assert len(near) == pytest.approx(len(exact), abs=2)
    reach = round(OFF_S * 16_000)
    middle = exact[reach : len(exact) - reach]
    fits = [np.dot(middle, near[shift : shift + len(middle)]) for shift in range(2 * reach - 2)]
    assert max(fits) > 0.95 * np.dot(middle, middle)
