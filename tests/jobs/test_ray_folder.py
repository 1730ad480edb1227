"""What killed runs have left is deleted; what is in use, kept or another's stays."""

import logging
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.own_ray import folder as ray_folder
from jobs.own_ray.folder import LEFT_S, LOCK, MOST_BYTES, RayFolder, sweep

HOLDS = """
import os, subprocess, sys
from jobs.own_ray.folder import RayFolder
folder = RayFolder()
child = subprocess.Popen(["sleep", "60"], stdout=subprocess.DEVNULL)
print(folder.path, child.pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def short(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """RAY_TMPDIR with a name that is short enough."""
    number = next(one for one in range(1000) if not os.path.lexists(f"/tmp/t{one}"))
    folder = Path(f"/tmp/t{number}")
    folder.mkdir()
    monkeypatch.setenv("RAY_TMPDIR", str(folder))
    yield folder
    shutil.rmtree(folder)


def aged(folder: Path | str) -> Path:
    """The folder with a lock file that is old enough."""
    then = time.time() - LEFT_S - 1
    os.utime(Path(folder, LOCK), (then, then))
    return Path(folder)


def test_the_folder_of_a_killed_driver_is_deleted_by_the_next(short: Path) -> None:
    pipe = subprocess.PIPE
    driver = subprocess.Popen([sys.executable, "-c", HOLDS], stdin=pipe, stdout=pipe, text=True)
    assert driver.stdout is not None
    path, child = driver.stdout.readline().split()
    left = aged(path)
    (left / "ray0").mkdir()
    assert left.parent == short
    sweep(str(short))
    assert left.exists()  # in use
    driver.kill()
    driver.wait()
    try:
        held = RayFolder()  # though a process that the driver started lives on
        assert not left.exists()
        assert os.listdir(held.path) == [LOCK]
        held.delete()
        held.close()
    finally:
        os.kill(int(child), 9)
        if driver.stdin is not None:
            driver.stdin.close()
        driver.stdout.close()


def test_what_is_kept_young_or_unknown_stays(short: Path) -> None:
    kept, young = RayFolder(), RayFolder()
    kept.keep()
    young.close()
    unknown = short / "daf-unknown"
    unknown.mkdir()
    elsewhere = short / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / LOCK).touch()
    aged(elsewhere)
    (short / "daf-link").symlink_to(elsewhere)
    linked = short / "daf-linked-lock"
    linked.mkdir()
    (linked / LOCK).symlink_to(elsewhere / LOCK)
    before = sorted(os.listdir(short))
    sweep(str(short))
    assert sorted(os.listdir(short)) == before
    assert (elsewhere / LOCK).exists()
    aged(young.path)
    sweep(str(short))
    assert not os.path.exists(young.path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_the_folder_of_another_user_stays(short: Path) -> None:
    others = RayFolder()
    others.close()
    os.chown(aged(others.path), 12345, 12345)
    sweep(str(short))
    assert os.path.exists(others.path)


def test_a_variable_that_is_not_taken_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ray_folder._warn.cache_clear()
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))
    assert len(str(tmp_path)) > MOST_BYTES
    with caplog.at_level(logging.WARNING):
        ray_folder.warn_if_not_taken()
        ray_folder.warn_if_not_taken()
    (said,) = caplog.messages
    assert said.startswith(f"RAY_TMPDIR {tmp_path} is not taken: expected a path of at most 9 ")
    assert "Unix sockets below it have at most 107; Ray's files are in /tmp; " in said
    monkeypatch.setenv("RAY_TMPDIR", "/none")
    ray_folder.warn_if_not_taken()
    assert "RAY_TMPDIR /none is not taken: expected a folder, found none" in caplog.messages[-1]


def test_a_variable_that_is_taken_is_not_spoken_of(
    short: Path, caplog: pytest.LogCaptureFixture
) -> None:
    ray_folder.warn_if_not_taken()
    assert caplog.messages == []
    assert ray_folder.folder_of_folders() == str(short)
