"""How long does `daf browse` take to start, list, search and play, of a million utterances?

    python -m benchmarks.speed.browsing --work DIR [--calls 50000]

Makes the archive in WORK first (a quarter of an hour), unless it is there, and then asks a running
server for pages and sounds, one after the other.
"""

import os
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlencode

from benchmarks.command_line import parser_for
from benchmarks.daf_command import DAF
from benchmarks.speed.made_archive import KINDS, make_archive
from jobs.parts.calls import make_calls
from jobs.settings import EncodeResources

SAMPLED = 32
SORTS = ("falling", "contradictory", "interrupted", "silent", "longest", "-talk_s", "recording_id")
WORDS = ("refund", "terrible internet", "router bill", "never", "zzz", "PLEASE", "card order late")


def main() -> None:
    parser = parser_for(__doc__, work="the archive")
    parser.add_argument("--calls", type=int, default=50_000)
    asked = parser.parse_args()
    if not (asked.work / "index" / "calls.parquet").exists():
        asked.work.mkdir(parents=True, exist_ok=True)
        make_calls(make_archive(asked.work, asked.calls), EncodeResources(local=True))
    measure(asked.work, asked.calls)


def measure(folder: Path, calls: int) -> None:
    """Start the server, print what takes how long, end it."""
    began = time.monotonic()
    server = subprocess.Popen([*DAF, "browse", str(folder)], stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    base, token = server.stdout.readline().strip().split("/?token=")
    cookie = f"daf_browse_{base.rpartition(':')[2]}={token}"

    def get(path: str) -> bytes:
        headers = {"Cookie": cookie, "Accept": "text/html"}
        with urllib.request.urlopen(urllib.request.Request(base + path, headers=headers)) as answer:
            found: bytes = answer.read()
        return found

    for what, sign in (("calls", b"Reading the calls"), ("words", b"still being read")):
        while sign in get("/"):
            time.sleep(0.5)
        print(f"{what} are there after {time.monotonic() - began:.1f} s")
    status = Path(f"/proc/{server.pid}/status").read_text()
    print(f"memory {int(status.split('VmRSS:')[1].split()[0]) / 1e6:.2f} GB")
    listed(get)
    heard(get, calls)
    server.send_signal(2)
    server.wait()


def listed(get: Callable[[str], bytes]) -> None:
    told(get, "list, any page", [f"/?page={37 * number}" for number in range(SAMPLED)])
    told(get, "list, any order", [f"/?sort={one}" for one in SORTS])
    filters = [f"/?meta.queue=queue-{n % 6}&meta.agent=agent-{n:02}&low=-1" for n in range(SAMPLED)]
    told(get, "list, filtered", filters)
    told(get, "search", [f"/?{urlencode({'words': one})}" for one in WORDS])


def heard(get: Callable[[str], bytes], calls: int) -> None:
    """Calls and sounds; the recordings of the calls take turns (`made_archive`)."""
    step = max(len(KINDS), calls // SAMPLED // len(KINDS) * len(KINDS))
    names = [f"2026/11/{one % 28 + 1:02}/call-{one:06}" for one in range(0, calls, step)]
    told(get, "call", [f"/call?{urlencode({'call': name})}" for name in names])
    for offset, kind in enumerate(KINDS):
        numbers = range(offset, calls, step)
        asked = [
            {"call": f"2026/11/{n % 28 + 1:02}/call-{n:06}", "utterance": f"call-{n:06}-07"}
            for n in numbers
        ]
        told(get, f"clip, {kind}", [f"/clip.wav?{urlencode(one)}" for one in asked])


def told(get: Callable[[str], bytes], what: str, paths: list[str]) -> None:
    times = []
    for path in paths:
        began = time.monotonic()
        get(path)
        times.append(time.monotonic() - began)
    print(f"{what:16} median {statistics.median(times):.3f} s, longest {max(times):.3f} s")
    sys.stdout.flush()


if __name__ == "__main__":
    print(f"load {os.getloadavg()[0]:.1f}")
    main()
