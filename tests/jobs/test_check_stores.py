"""A store that says nothing, or answers what is of no use, is told in one line, with what to do."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import s3fs

from daf_core.errors import NotDone
from daf_core.storage import s3
from jobs import check_stores, cli


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


LISTING = b"""<?xml version="1.0"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
<Name>b</Name><IsTruncated>false</IsTruncated><Contents><Key>calls/a.vtt</Key><ETag>"a"</ETag>
<LastModified>yesterday</LastModified><Size>5</Size></Contents></ListBucketResult>"""
BOMB = b"""<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "AAAA"><!ENTITY b "&a;&a;">]>
<ListBucketResult><Name>&b;</Name></ListBucketResult>"""
MAY = "ask for permission for it, s3:ListBucket on the bucket"
BROKEN = "check AWS_ENDPOINT_URL, and run the command again"


def error(code: str, message: str = "") -> bytes:
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>".encode()


@contextmanager
def answering(status: int, body: bytes, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store that answers everything so."""

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        do_HEAD = do_GET

        def log_message(self, *_: object) -> None:
            pass

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "key")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setitem(check_stores.TIMEOUTS, "retries", {"total_max_attempts": 1})
    monkeypatch.setitem(s3.OPTIONS["config_kwargs"], "retries", {"total_max_attempts": 1})
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        s3fs.S3FileSystem.clear_instance_cache()
        yield
        s3fs.S3FileSystem.clear_instance_cache()
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "body", "answer", "todo", "exit_status"),
    [
        (403, error("AccessDenied", "No"), "its store answered 403 ", MAY, 1),
        (301, error("PermanentRedirect"), "its store gave an answer that cannot be", BROKEN, 1),
        (400, error("Odd", "so it is"), "its store answered 400 Odd (so it is)", BROKEN, 2),
        (500, error("InternalError"), "answered 500 InternalError", BROKEN, 1),
        (200, b"\0\xffgarbage<<<>", "answered 500 (Internal Server Error)", BROKEN, 1),
        (200, LISTING, 'cannot be read: Invalid timestamp "yesterday"', BROKEN, 1),
    ],
)
@pytest.mark.parametrize("verb", ["ingest", "verify"])
def test_an_answer_that_is_of_no_use_is_one_line_with_the_place_and_what_to_do(
    status: int,
    body: bytes,
    answer: str,
    todo: str,
    exit_status: int,
    verb: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path,
) -> None:
    out = ["--out", str(tmp_path / "m")] if verb == "ingest" else []
    monkeypatch.setattr("sys.argv", ["daf", verb, "s3://b/calls", *out])
    with answering(status, body, monkeypatch), pytest.raises(SystemExit) as ended:
        cli.main()
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("daf: s3://b/calls")
    assert answer in line
    assert todo in line
    assert ended.value.code == exit_status
