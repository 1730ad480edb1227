"""What a command writes to the terminal: only lines of its own."""

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import start

OURS = re.compile(r"(embedded|scored|trials|ingest|predicted): .*")  # progress, every 30 seconds


def complaints(verb: str, **options: object) -> list[str]:
    """Lines on standard error of `daf VERB …`, in a process of its own, that are not ours."""
    job = start(verb, stderr=subprocess.PIPE, **options)
    _, said = job.communicate(timeout=900)
    assert job.returncode == 0, said.decode()
    return [line for line in said.decode().splitlines() if line and not OURS.fullmatch(line)]


@pytest.fixture(params=["embed", "train", "evaluate", "score", "report"])
def command(
    request: pytest.FixtureRequest,
    manifest: str,
    embeddings: str,
    undisturbed: Path,
    make_head: Any,
    encoders: Any,
    tmp_path: Path,
) -> tuple[str, dict[str, object]]:
    """A verb and its options."""
    options: dict[str, dict[str, object]] = {
        "embed": {
            "manifest": manifest,
            "text_encoder": encoders.text,
            "audio_encoder": encoders.audio,
        },
        "train": {"embeddings": embeddings, "epochs": 2},
        "evaluate": {"embeddings": embeddings, "epochs": 2, "heads": "daf,concat", "seeds": 1},
        "score": {"manifest": manifest, "head": make_head()},
        "report": {"scores": undisturbed},
    }
    verb: str = request.param
    return verb, {**options[verb], "out": tmp_path / "out"}


def test_no_line_of_a_library_reaches_the_terminal(command: tuple[str, dict[str, object]]) -> None:
    verb, options = command
    assert complaints(verb, **options) == []
