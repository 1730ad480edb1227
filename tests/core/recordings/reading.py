"""Kinds of recordings by what decodes them, and what reading one gives."""

from functools import cache

import numpy as np
import pytest

from daf_core.errors import BadInput
from daf_core.recordings.audio import open_recording

SOUNDFILE = [
    *("wav_u8", "wav_16", "wav_24", "wav_32", "wav_float", "wav_ulaw", "wav_alaw"),
    *("flac", "mp3", "ogg_vorbis", "ogg_opus"),
]
PYAV = ["wav_gsm", "m4a", "adts", "webm_opus", "mka_aac", "amr_nb", "wav_g722"]


def assert_bad(reason: str, uri) -> str:
    with pytest.raises(BadInput) as caught, open_recording(str(uri)) as recording:
        recording.read(0, recording.duration_s)
    assert caught.value.reason == reason
    assert str(uri) in caught.value.message
    assert "\n" not in caught.value.message
    return caught.value.message


@cache
def whole(path, channel: int | None = None) -> np.ndarray:
    with open_recording(str(path)) as recording:
        return recording.read(0, 1e4, channel)
