"""A Ray that its user started by `ray start` asks for a token, and is joined with it."""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip(
    "ray._private.authentication.authentication_token_setup", reason="a Ray without tokens"
)
WITHIN_S = 60
JOIN = """
import ray
from daf_core.errors import NotDone
from jobs.ray_session import ray_session

try:
    with ray_session():
        print(int(ray.cluster_resources()["CPU"]))
except NotDone as err:
    print(err)
"""
START = "from ray.scripts.scripts import main; main()"
OPTIONS = ("--head", "--num-cpus=3", "--port=0", "--include-dashboard=false", "--block")


@pytest.fixture
def started() -> Iterator[dict[str, str]]:
    """The environment of a user who has a token and has started a Ray."""
    folder = Path(tempfile.mkdtemp(prefix="r", dir="/tmp"))  # short: paths of sockets
    token = folder / "home/.ray/auth_token"
    token.parent.mkdir(parents=True)
    token.write_text("a" * 64)
    ours = {"HOME": str(folder / "home"), "RAY_TMPDIR": str(folder), "RAY_ADDRESS": "auto"}
    environment = {k: v for k, v in os.environ.items() if not k.startswith("RAY_AUTH")} | ours
    command = [sys.executable, "-c", START, "start", *OPTIONS]
    started = {**environment, "RAY_ADDRESS": ""}
    process = subprocess.Popen(
        command, env=started, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    until = time.monotonic() + WITHIN_S
    while not (folder / "ray/ray_current_cluster").exists():
        assert time.monotonic() < until
        time.sleep(0.2)
    yield environment
    process.terminate()
    process.wait()
    shutil.rmtree(folder, ignore_errors=True)


def joined(environment: dict[str, str]) -> str:
    command = [sys.executable, "-c", JOIN]
    return subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, text=True, check=True
    ).stdout


def test_a_ray_of_this_user_is_joined_with_its_token(started: dict[str, str]) -> None:
    assert joined(started) == "3\n"
    Path(started["HOME"], ".ray/auth_token").write_text("b" * 64)
    assert "asks for a token and refuses what this command has" in joined(started)
