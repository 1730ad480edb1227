"""A store that says nothing, or answers what nobody expected, is told in one line."""

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from daf_core.errors import NotDone
from jobs import check_stores

ANSWERS = {
    "denied": (403, b"<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>"),
    "moved": (301, b"<Error><Code>PermanentRedirect</Code><Message>x</Message></Error>"),
    "broken": (500, b"<Error><Code>InternalError</Code></Error>"),
    "garbage": (200, b"\x00\xffgarbage<<<>"),
}


class Answering(BaseHTTPRequestHandler):
    """Gives the answer that the first part of the path names."""

    def do_GET(self) -> None:
        status, body = ANSWERS[self.path.lstrip("/").partition("?")[0]]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize(
    ("bucket", "status", "said"),
    [
        (
            "denied",
            1,
            "the object store answers ListObjectsV2 with AccessDenied: Access Denied; allow",
        ),
        ("moved", 1, "s3://moved/in: its store answers ListObjectsV2 with PermanentRedirect: "),
        ("broken", 1, "s3://broken/in: its store answers ListObjectsV2 with InternalError: "),
        ("garbage", 1, "s3://garbage/in: its store answers ListObjectsV2 with "),
    ],
)
def test_answers_nobody_expected_are_told(
    tmp_path: Path, bucket: str, status: int, said: str
) -> None:
    program = "import sys; from jobs.command.console import command; sys.argv[0] = 'daf'; command()"
    asked = ["ingest", f"s3://{bucket}/in", "--out", str(tmp_path / "m")]
    ended = subprocess.run(
        [sys.executable, "-c", program, *asked], capture_output=True, text=True, timeout=100
    )
    assert ended.returncode == status
    assert ended.stderr.startswith(f"daf: {said}")
    assert len(ended.stderr.splitlines()) == 1


def test_a_store_that_says_nothing_is_tried_twice_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(check_stores.TIMEOUTS, "read_timeout", 0.5)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    asked = []

    def listen(server: socket.socket) -> None:
        while True:
            try:
                asked.append(server.accept()[0])
            except OSError:  # closed
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.getsockname()[1]}")
        threading.Thread(target=listen, args=[server], daemon=True).start()
        with pytest.raises(NotDone, match=r"^s3://calls/in: its store does not answer: "):
            check_stores.check_store("s3://calls/in")
    assert len(asked) == 2
