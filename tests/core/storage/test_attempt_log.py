"""The log of an attempt: whole lines wherever it is killed, bounded, and never in the way."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from daf_core.storage import attempt_log
from daf_core.storage.attempt_log import AttemptLog

WRITER = """
import sys
from daf_core.storage.attempt_log import AttemptLog
log = AttemptLog(sys.argv[1], {"run": "r", "attempt": "a"})
for number in range(10**9):
    log.write("part", part=f"part-{number:05d}.parquet", filling="x" * (number % 700))
    if number == 1000:
        print("many", flush=True)
"""


def lines_of(log: Path) -> list[dict]:
    return [json.loads(line) for line in log.read_bytes().splitlines()]


@pytest.mark.parametrize("_again", range(3))
def test_after_a_kill_every_whole_line_is_valid(tmp_path: Path, _again: int) -> None:
    log = tmp_path / "a.jsonl"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(log)], stdout=subprocess.PIPE)
    assert writer.stdout
    writer.stdout.readline()
    writer.send_signal(signal.SIGKILL)
    writer.wait()
    whole, _, _rest = log.read_bytes().rpartition(b"\n")
    found = [json.loads(line) for line in whole.splitlines()]
    assert len(found) > 1000
    assert [one["part"] for one in found] == [f"part-{n:05d}.parquet" for n in range(len(found))]
    assert {(one["run"], one["attempt"], one["event"]) for one in found} == {("r", "a", "part")}


def test_a_full_log_says_so_once_and_how_it_ended(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(attempt_log, "LARGEST_BYTES", 6000)
    file = tmp_path / "a.jsonl"
    log = AttemptLog(str(file), {"run": "r"})
    for number in range(500):
        log.write("part", part=number)
    log.end(how="done", parts=500)
    events = [line["event"] for line in lines_of(file)]
    assert events == ["part"] * (len(events) - 2) + ["full", "end"]
    assert len(events) > 10
    assert file.stat().st_size <= 6000
    assert lines_of(file)[-1]["parts"] == 500


def test_two_attempts_write_files_of_their_own(tmp_path: Path) -> None:
    logs = [AttemptLog(str(tmp_path / f"{name}.jsonl"), {"attempt": name}) for name in "ab"]
    for number in range(20):
        logs[number % 2].write("part", part=number)
    for name, log in zip("ab", logs, strict=True):
        log.end(how="done")
        found = lines_of(tmp_path / f"{name}.jsonl")
        assert {line["attempt"] for line in found} == {name}
        assert len(found) == 11


def test_a_log_that_cannot_be_written_is_in_nobodys_way(tmp_path: Path) -> None:
    log = AttemptLog(str(tmp_path / "no folder" / "a.jsonl"), {})
    log.write("part")
    log.end(how="done")
    assert os.listdir(tmp_path) == []


def test_after_a_part_of_a_line_nothing_is_written(tmp_path: Path, monkeypatch) -> None:
    """On a full disk: what comes later would make the torn line longer, and wrong."""
    file = tmp_path / "a.jsonl"
    log = AttemptLog(str(file), {})
    log.write("part", part=1)
    write = os.write
    monkeypatch.setattr(os, "write", lambda fd, data: write(fd, data[:10]))
    log.write("part", part=2)
    monkeypatch.undo()
    log.write("part", part=3)
    log.end(how="OSError")
    whole, torn = file.read_bytes().splitlines()
    assert json.loads(whole)["part"] == 1
    assert len(torn) == 10
