"""A store that takes connections and says nothing is told before any work."""

import socket
import threading

import pytest

from daf_core.errors import NotDone
from jobs import check_stores


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
