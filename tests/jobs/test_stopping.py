"""Commands that are asked to end do, within seconds, with a line and a status; real processes."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

ROOT = Path(__file__).parents[2]
WITHIN_S = 30.0
AGAIN = "run the same command again to continue"

SWALLOWED = "exec('while True:\\n try: time.sleep(600)\\n except BaseException: pass')"
BODIES = {
    "python": "time.sleep(600)",
    "swallowed": SWALLOWED,
    "a library that waits": "threading.Event.wait(threading.Event(), 600)",
    "C that looks at no signal": "ctypes.PyDLL(None).usleep(1) or ctypes.CDLL(None).pause() or "
    "[ctypes.CDLL(None).pause() for _ in range(9999)]",
    "closing that never ends": "stuck()",
    "swallowed, standard error held back": "os.dup2(os.open(os.devnull, os.O_WRONLY), 2) and "
    + SWALLOWED,
    "a library with handlers of its own": "handled_otherwise()",
}
PROGRAM = """
import contextlib, ctypes, os, signal, sys, threading, time
from jobs import cli
from jobs.command import stopping
stopping.GRACE_S = 1.0

@contextlib.contextmanager
def closing():
    try:
        yield
    finally:
        time.sleep(600)

def stuck():
    with closing():
        time.sleep(600)

def handled_otherwise():
    with stopping.handlers_kept():
        signal.signal(signal.SIGTERM, lambda number, _: sys.exit(number))  # as Ray
        signal.signal(signal.SIGINT, lambda *_: sys.exit(0))
        time.sleep(600)

def app(*_, **__):
    stopping.set_deadline({deadline})
    print("ready", flush=True)
    {body}

cli.app = app
cli.main()
"""


@pytest.fixture
def started() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts processes, and ends what a test leaves."""
    processes: list[subprocess.Popen[str]] = []

    def start(*arguments: str) -> subprocess.Popen[str]:
        pipe = subprocess.PIPE
        command = [sys.executable, *arguments]
        processes.append(
            subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)
        )
        return processes[-1]

    yield start
    for process in processes:
        process.kill()


@pytest.mark.parametrize(
    ("number", "why", "status"),
    [
        (signal.SIGINT, "interrupted", 130),
        (signal.SIGTERM, "stopped by SIGTERM", 143),
        (None, "the deadline is over", 1),
    ],
)
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES.keys())
def test_whatever_a_command_does_it_ends(started, body, number, why, status) -> None:
    process = started("-c", PROGRAM.format(body=body, deadline=None if number else 0.01))
    assert process.stdout.readline() == "ready\n"
    if number:
        process.send_signal(number)
    _, said = process.communicate(timeout=WITHIN_S)
    assert said.splitlines()[-1] == f"daf: {why}; {AGAIN}"
    assert process.returncode == status


DONE = """
import sys, threading, time
from jobs import cli
from jobs.command import console

def app(*_, **__):
    threading.Thread(target=time.sleep, args=(600,)).start()  # Python waits for it
    sys.exit({status})

cli.app = app
try:
    console.command()
finally:
    print("done", flush=True)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("status", [0, 3])
def test_a_command_that_is_done_keeps_its_status(started, number, status) -> None:
    process = started("-c", DONE.format(status=status))
    assert process.stdout.readline() == "done\n"
    process.send_signal(number)
    _, said = process.communicate(timeout=WITHIN_S)
    assert (process.returncode, said) == (status, "")


CLOSING = """
import ctypes, sys
from jobs import cli
from jobs.command import console

library = ctypes.CDLL(None)
# A library that closes after Python has, and takes until standard input is closed.
library.__cxa_atexit(library.getchar, None, None)
cli.app = lambda *_, **__: print("ready", flush=True) or sys.exit(3)
console.command()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_command_keeps_its_status_while_libraries_close(started, number) -> None:
    process = started("-c", CLOSING)
    assert process.stdout.readline() == "ready\n"
    until = time.monotonic() + WITHIN_S
    while _catches(process.pid, number):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(number)
    _, said = process.communicate(timeout=WITHIN_S)
    assert (process.returncode, said) == (3, "")


def _catches(process: int, number: int) -> bool:
    """Whether the process has a handler for the signal."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    masks = {name: value for name, _, value in (line.partition(":") for line in lines)}
    return bool(int(masks["SigCgt"], 16) >> (number - 1) & 1)


BEFORE = """
import os, signal
from jobs.command import stopping

stopping.Ending()
os.kill(os.getpid(), signal.{name})
"""


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_before_the_command_begins_is_told_too(started, name, status) -> None:
    _, said = (process := started("-c", BEFORE.format(name=name))).communicate(timeout=WITHIN_S)
    assert process.returncode == status
    assert said.endswith(f"; {AGAIN}\n")


IMPORTING = """
import os, signal, sys
from jobs.command import console

class Signals:
    def find_spec(self, name, *_):
        if name == "jobs.cli":
            os.kill(os.getpid(), signal.{name})

sys.meta_path.insert(0, Signals())
console.command()
"""


@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_while_the_command_is_imported_is_told_too(started, name, status) -> None:
    _, said = (process := started("-c", IMPORTING.format(name=name))).communicate(timeout=WITHIN_S)
    assert process.returncode == status
    assert said.splitlines()[-1].endswith(f"; {AGAIN}")


DAF = "from jobs.cli import main; main()"
CALLS = 20


@pytest.fixture(scope="module")
def calls(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Many short recordings with transcripts."""
    folder = tmp_path_factory.mktemp("calls")
    draw = np.random.default_rng(0)
    for number in range(CALLS):
        sound = 0.1 * draw.standard_normal(16_000 * 3)
        soundfile.write(folder / f"call-{number}.wav", sound, 16_000)
        cue = "1\n00:00:00,500 --> 00:00:02,500\nthat was very good of you\n"
        (folder / f"call-{number}.srt").write_text(cue)
    return folder


def appears(process: subprocess.Popen[str], pattern: str, folder: Path) -> None:
    """Wait until the command has made such a file, or has ended."""
    until = time.monotonic() + 200
    while not any(folder.glob(pattern)) and process.poll() is None:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("moment", ["manifest/run.json", "scores/part-*"])
@pytest.mark.timeout(600)
def test_score_stopped_at_any_moment_goes_on(started, calls: Path, tmp_path: Path, moment) -> None:
    out = tmp_path / "out"
    asked = ["score", str(calls), "--out", str(out), "--local", "--actors", "1"]
    asked += ["--part-minutes", "0.1"]
    process = started("-c", DAF, *asked)
    appears(process, moment, out)
    process.terminate()
    shown, said = process.communicate(timeout=WITHIN_S)
    if f"{CALLS} scored" not in shown:  # else it was just done
        assert process.returncode == 143
        assert said.splitlines()[-1] == f"daf: stopped by SIGTERM; {AGAIN}"
    again = started("-c", DAF, *asked)
    shown, _ = again.communicate(timeout=300)
    assert again.returncode == 0
    assert f"{CALLS} rows in, {CALLS} scored" in shown
    assert "every manifest row is either scored or quarantined, once" in shown


def test_rows_that_are_all_bad_are_status_3(started, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("audio_path\nmissing-1.wav\nmissing-2.wav\n")
    for rate in ("1", "0.2"):
        asked = ["ingest", str(tmp_path / "rows.csv"), "--out", str(tmp_path / f"m{rate}")]
        process = started("-c", DAF, *asked, "--max-error-rate", rate)
        shown, said = process.communicate(timeout=60)
        assert process.returncode == 3, said
        assert "2 of 2 rows are quarantined, all there are: missing_audio 2" in said
        assert "2 rows in, 0 in the manifest" in shown


def test_some_bad_rows_are_status_3_only_beyond_the_rate(started, tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("text,audio_path\nfine,\n,missing.wav\ngood,\nwell,\n")
    for rate, status in (("0.5", 0), ("0.2", 3)):
        asked = ["ingest", str(tmp_path / "rows.csv"), "--out", str(tmp_path / f"m{rate}")]
        process = started("-c", DAF, *asked, "--max-error-rate", rate)
        _, said = process.communicate(timeout=60)
        assert process.returncode == status, said
