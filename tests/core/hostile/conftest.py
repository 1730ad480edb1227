"""A folder to ingest, with links, a pipe and a socket in it; tests end where they began."""

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.core.hostile.made_manifest import tone


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A folder with a recording, beside one that must not be read."""
    folder = tmp_path / "source"
    tone(folder / "in/good.wav")
    for name in ("in/good", "inner"):
        (folder / f"{name}.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:00.900\nfine words\n")
    tone(tmp_path / "outside/secret.wav")
    (folder / "out").symlink_to("../outside")
    (folder / "link.wav").symlink_to("../outside/secret.wav")
    (folder / "inner.wav").symlink_to("in/good.wav")
    (folder / "zero.wav").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.wav")
    with socket.socket(socket.AF_UNIX) as sock:
        os.chdir(folder)  # names of sockets are short
        sock.bind("socket.wav")
    return folder


@pytest.fixture(autouse=True)
def _stay() -> Iterator[None]:
    before = os.getcwd()
    yield
    os.chdir(before)
