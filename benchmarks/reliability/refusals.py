"""How soon does a command say that a Ray has no room for it, or that no Ray is there?

    python -m benchmarks.reliability.refusals --work DIR

Commands on the demo corpus ask the Ray that they start for what this machine lacks, and are pointed
at addresses where no Ray answers. What cannot be placed must be refused within 30 seconds with what
there is, a dead address within 15. No command asks for memory, so that the check of the room is
asked for it by itself. DIR holds a manifest and embeddings, and is deleted first.
"""

import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib import resources
from pathlib import Path

from tabulate import tabulate

from benchmarks.command_line import parser_for
from benchmarks.daf_command import DAF, daf

ROOM_WITHIN_S, ADDRESS_WITHIN_S = 30.0, 15.0
SAYS = "expected"
MEMORY = """
import sys
from daf_core.errors import SettingsError
from jobs.placement import Asked, check_placement
from jobs.ray_session import ray_session

if __name__ == "__main__":
    with ray_session():
        try:
            check_placement(Asked("a process", 1, {"CPU": 1.0, "memory": 2.0**50}))
        except SettingsError as err:
            print(err, file=sys.stderr)
            sys.exit(2)
"""


def main() -> None:
    parser = parser_for(__doc__, work="a manifest and embeddings")
    asked = parser.parse_args()
    shutil.rmtree(asked.work, ignore_errors=True)
    os.environ.pop("RAY_ADDRESS", None)
    corpus = resources.files("jobs") / "demo_corpus"
    daf("ingest", corpus, "--out", asked.work / "manifest", "--part-minutes", 0.2,
        "--labels", corpus / "labels.csv")  # fmt: skip
    daf("embed", "--manifest", asked.work / "manifest", "--out", asked.work / "embeddings")
    rows = [*unplaceable(asked.work), *dead_addresses(asked.work)]
    print(tabulate(rows, headers="keys", tablefmt="github", floatfmt=".1f"))
    bad = sum(row["as promised"] != "yes" for row in rows)
    print(f"\n{len(rows)} refusals, {bad} of them not as promised")
    sys.exit(1 if bad else 0)


def unplaceable(work: Path) -> Iterator[dict[str, object]]:
    """Ask the Rays that the commands start for what is not there."""
    out = ["--out", str(work / "out")]
    score = ["score", "--manifest", str(work / "manifest"), "--offline", *out]
    embed = ["embed", "--manifest", str(work / "manifest"), "--offline", *out]
    train = ["train", "--embeddings", str(work / "embeddings"), *out]
    commands = [
        ["score", str(resources.files("jobs") / "demo_corpus"), *out, "--gpus-per-actor", "1"],
        [*score, "--gpus-per-actor", "1"],
        [*score, "--gpus-per-actor", "0.5", "--actors", "2,4"],
        [*score, "--ray", "--actors", "20"],
        [*embed, "--gpus-per-actor", "8"],
        [*embed, "--ray", "--actors", "20,100"],
        [*train, "--workers", "64"],
        [*train, "--workers", "2", "--gpu"],
    ]
    for command in commands:
        asked = " ".join([command[0], *command[command.index(str(work / "out")) + 1 :]])
        yield refused(asked, [*DAF, *command], {}, 2, ROOM_WITHIN_S)
    program = [sys.executable, "-c", MEMORY]
    yield refused("a process with 2^50 bytes", program, {}, 2, ROOM_WITHIN_S)


def dead_addresses(work: Path) -> Iterator[dict[str, object]]:
    """Point `daf score` at addresses where no Ray is."""
    score = [*DAF, "score", "--manifest", str(work / "manifest"), "--out", str(work / "out")]
    with ExitStack() as stack:
        silent, web, full = (
            stack.enter_context(one) for one in (answering(b""), answering(b"HTTP/1.1 400\r\n\r\n"),
                                                 full_server())
        )  # fmt: skip
        addresses = {
            "nobody listens": "127.0.0.1:1",
            "no such host": "no-such-host.invalid:6379",
            "no address": "nonsense",
            "a server of web pages": f"127.0.0.1:{web}",
            "takes connections, says nothing": f"127.0.0.1:{silent}",
            "answers no connection": f"127.0.0.1:{full}",
            "Ray Client, nobody listens": "ray://127.0.0.1:1",
            "Ray Client, says nothing": f"ray://127.0.0.1:{silent}",
            "auto, and none was started": "auto",
        }
        for what, address in addresses.items():
            environment = {"RAY_ADDRESS": address, "RAY_TMPDIR": str(work)}
            yield refused(what, score, environment, 1, ADDRESS_WITHIN_S)


def refused(
    what: str, command: list[str], env: dict[str, str], status: int, within_s: float
) -> dict[str, object]:
    """Run a command that must be refused so; returns a row of the table."""
    began = time.monotonic()
    ended = subprocess.run(command, env=os.environ | env, capture_output=True, text=True)
    took_s = time.monotonic() - began
    said = (ended.stderr.strip().splitlines() or [""])[-1]
    good = ended.returncode == status and SAYS in said and took_s <= within_s
    print(f"{what}: {took_s:.1f} s, status {ended.returncode}: {said}", flush=True)
    return {
        "asked for": what,
        "seconds": took_s,
        "status": ended.returncode,
        "as promised": "yes" if good else "NO",
        "said": said.partition(": ")[2],
    }


@contextmanager
def answering(answer: bytes) -> Iterator[int]:
    """The port of a server that answers each connection so, and keeps it."""
    held: list[socket.socket] = []

    def serve() -> None:
        with suppress(OSError):  # it is closed
            while True:
                held.append(server.accept()[0])
                held[-1].sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]


@contextmanager
def full_server() -> Iterator[int]:
    """The port of a server whose queue is full: it answers no connection, as behind a firewall."""
    with ExitStack() as stack, socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        port: int = server.getsockname()[1]
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(("127.0.0.1", port))
        yield port


if __name__ == "__main__":
    main()
