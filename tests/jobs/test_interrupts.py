"""Ctrl-C, which a terminal sends to all processes of a command, is heard by the command alone."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# While a process is started, SIGINT goes to its process group again and again.
PROGRAM = """
import multiprocessing, os, signal, sys, threading, time
from jobs.parts.forkserver import start_forkserver
from jobs.parts.process_executor import end_with_the_driver
from jobs.reading.readers import Readers

def interrupt():
    for _ in range(100):
        os.killpg(0, signal.SIGINT)
        time.sleep(0.02)

def wait():
    end_with_the_driver()
    time.sleep(600)

def ended():
    return os.waitpid(-1, os.WNOHANG)[0]

def worker():
    process = multiprocessing.get_context("forkserver").Process(target=wait)
    process.start()
    while process.is_alive():
        os.kill(process.pid, signal.SIGINT)
        process.join(0.1)
    assert process.exitcode == -signal.SIGINT

STARTED = {
    "forkserver": lambda: (start_forkserver(), interrupts.join(), print(ended())),
    "reader": lambda: print([*Readers(60.0)(sorted, [2, 1])]),
    "worker": lambda: (start_forkserver([]), interrupts.join(), worker()),
}

if __name__ == "__main__":
    heard = []
    signal.signal(signal.SIGINT, lambda *_: heard.append(1))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])
    interrupts = threading.Thread(target=interrupt)
    interrupts.start()
    STARTED[sys.argv[1]]()
    interrupts.join()
    print(len(heard) > 10)
"""


@pytest.mark.parametrize(
    ("process", "said"),
    [("forkserver", "0\nTrue\n"), ("reader", "[1, 2]\nTrue\n"), ("worker", "True\n")],
)
def test_a_process_that_starts_prints_nothing_and_goes_on(
    tmp_path: Path, process: str, said: str
) -> None:
    """And a worker that is ready is ended by it, as its driver may be gone."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    ended = subprocess.run(
        [sys.executable, str(script), process],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        start_new_session=True,
        check=False,
    )
    assert (ended.stderr, ended.stdout, ended.returncode) == ("", said, 0)
