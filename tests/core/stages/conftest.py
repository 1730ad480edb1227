"""A part with rows of every kind, the encoders to embed it, loaded once, and a head on disk."""

from pathlib import Path

import pytest
import soundfile

from daf_core.errors import SettingsError
from daf_core.stages.embed import Embed
from daf_core.weights.specs import resolve
from tests.core.stages.made_parts import RATE_HZ, manifest_rows
from tests.core.stages.whole_head import save_head


@pytest.fixture(scope="module")
def recording(tmp_path_factory, speech):
    path = tmp_path_factory.mktemp("audio") / "speech.wav"
    soundfile.write(path, speech[: 6 * RATE_HZ], RATE_HZ, subtype="PCM_16")
    return str(path)


@pytest.fixture(scope="module")
def part(recording):
    """Both modalities, text, audio, a missing file with and without text, a time past the end."""
    audio = {"audio_uri": recording, "start_s": 1.0, "end_s": 2.5}
    missing = {"audio_uri": f"{recording}.gone", "start_s": 0.0, "end_s": 1.0}
    return manifest_rows(
        {"text": "good morning", **audio},
        {"text": "words alone"},
        {**audio, "start_s": 2.2, "end_s": 2.4},
        {"text": "the file is gone", **missing},
        missing,
        {**audio, "start_s": 90.0, "end_s": 91.0},
    )


@pytest.fixture(scope="package")
def embed():
    names = {"text": "sentence-transformers/all-MiniLM-L6-v2", "audio": "descriptors"}
    try:
        return Embed({column: resolve(name, offline=True) for column, name in names.items()})
    except SettingsError as err:
        pytest.skip(f"no packaged weights: {err}")


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("head")
    save_head(folder, {"metrics": {"test": {"r": float("nan")}}})
    return folder
