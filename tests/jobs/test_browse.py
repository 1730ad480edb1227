"""`daf browse` as other programs reach it: who is let in, what is read, how it starts and ends."""

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlencode

import pytest

from daf_core.errors import SettingsError
from jobs.settings import BrowseSettings
from jobs.verbs import browse
from tests.browser.browsed import Server, ask, call, publish, serving, sound

SECRET = "nobody may read this"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("browse")
    (folder / "secret.txt").write_text(SECRET)
    rows = call("one", [-1, 1, 0, 0, 0], ["a", "b", "c", "d", "e"])
    hour = sound(folder / "r.wav", "wav_ulaw", seconds=90)
    places = [hour, "http://127.0.0.1:1/x.wav", str(folder / "secret.txt"), "/dev/zero"]
    for row, place in zip(rows, [*places, f"simplecache::file://{hour}"], strict=True):
        row["audio_uri"] = place
    rows[0] |= {"start_s": 0.0, "end_s": 90.0}
    publish(folder / "scores", [rows])
    with serving(folder / "scores") as running:
        yield running


PATHS = [
    "/",
    "/call?call=one",
    "/clip.wav?call=one&utterance=one-0",
    "/export.csv",
    "/static/app.js",
]


@pytest.mark.parametrize("path", [*PATHS, "/nothing", "/?token=wrong", "/?token="])
def test_nothing_is_answered_without_the_token(server, path):
    for cookie in (None, server.cookie + "x", "daf_browse_1=" + server.token):
        status, _, body = ask(server, path, Cookie=cookie)
        assert status == 403
        assert b"one" not in body.replace(b"one that", b"")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:80", "0.0.0.0", "", None])
def test_another_host_is_refused_even_with_the_token(server, host):
    assert ask(server, "/", Host=host)[0] in (400, 403)
    assert ask(server, f"/?token={server.token}", Host=host)[0] in (400, 403)


def test_the_cookie_is_out_of_reach_for_scripts_and_other_sites(server):
    status, headers, body = ask(server, f"/call?token={server.token}&call=o%22ne", Cookie=None)
    cookie = headers["set-cookie"].lower()
    assert status == 200
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert server.token.encode() not in body
    assert b'url=/call?call=o%22ne"' in body


def test_every_answer_forbids_what_it_does_not_need(server):
    for path in [*PATHS, "/nothing", "/call?call=none"]:
        _, headers, _ = ask(server, path)
        assert headers["content-security-policy"].startswith(
            "default-src 'none'; script-src 'self'"
        )
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("origin", [None, "null", "http://evil.example", "http://127.0.0.1:1"])
def test_only_its_own_page_gives_labels(server, origin):
    body = json.dumps({"call": "one", "utterance": "one-0", "label": 1})
    assert ask(server, "/labels", "POST", body, Origin=origin)[0] == 403
    assert not (server.scores / "labels.csv").exists()


@pytest.mark.parametrize(
    "body",
    [
        *("", "[]", "{}", "[" * 5000, "x" * 20_000),
        '{"call":"one","utterance":"one-0","label":4}',
        '{"call":"one","utterance":"one-0","label":NaN}',
        '{"call":"one","utterance":"one-0","label":true}',
        '{"call":"one","utterance":"one-0","label":"1"}',
        '{"call":"one","utterance":"one-0","label":1%s}' % ("0" * 400),
        '{"call":"one","utterance":"one-0","label":1%s}' % ("0" * 5000),
        '{"call":"x","utterance":"y","label":1}',
    ],
)
def test_what_is_no_label_is_refused(server, body):
    assert ask(server, "/labels", "POST", body)[0] in (400, 404, 413)
    assert not (server.scores / "labels.csv").exists()


def test_a_clip_is_at_most_a_minute_and_comes_in_ranges(server):
    path = "/clip.wav?call=one&utterance=one-0"
    status, headers, whole = ask(server, path)
    assert (status, headers["content-type"]) == (200, "audio/wav")
    assert len(whole) == 44 + 60 * 16_000 * 2
    assert len(ask(server, f"{path}&from=60")[2]) == 44 + 30 * 16_000 * 2
    status, headers, some = ask(server, path, Range="bytes=10-19")
    assert (status, some) == (206, whole[10:20])
    assert headers["content-range"] == f"bytes 10-19/{len(whole)}"
    assert ask(server, path, Range=f"bytes={len(whole)}-")[0] == 416
    for odd in ("bytes=\xb2-", "bytes=1-\xb2", "bytes=-5", "bytes=1-2,4-5", "words=1-2"):
        assert ask(server, path, Range=odd)[0] == 200
    assert ask(server, f"{path}&from=1e9")[0] == 400


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_only_recordings_are_opened(server, number):
    """Of a web server, of text, a device, a chain of file systems nothing is read."""
    status, _, body = ask(server, f"/clip.wav?call=one&utterance=one-{number}")
    assert status == 404
    assert SECRET.encode() not in body


@pytest.mark.parametrize(
    "path",
    [
        "/clip.wav?" + urlencode({"call": "/etc/passwd", "utterance": "/etc/passwd"}),
        "/clip.wav?call=one&utterance=../secret.txt",
        "/clip.wav?call=one",
        "/static/..%2f..%2fapp.py",
        "/static/app.py",
        "/call?call=%00%ff",
        "/call",
    ],
)
def test_what_the_manifest_does_not_name_is_not_there(server, path):
    assert ask(server, path)[0] == 404


@pytest.mark.parametrize(
    "query",
    [
        *("low=x", "low=nan", "high=4", "sort=text;drop", "status=all", "page=-1", "page=9e9"),
        *("words=" + "x" * 201, "page=" + "9" * 5000, "page=²"),
    ],
)
def test_a_wrong_address_is_one_line(server, query):
    status, _, body = ask(server, "/?" + urlencode([tuple(query.split("=", 1))]))
    assert status == 400
    assert b"expected" in body
    assert b"Traceback" not in body


def test_without_words_none_is_shown(server, tmp_path):
    publish(tmp_path / "s", [call("one", [-1, 1], ["a secret word", "b"])])
    with serving(tmp_path / "s", "--no-text") as running:
        body = b"".join(
            ask(running, path)[2] for path in ("/?words=secret", "/call?call=one", "/export.csv")
        )
        ask(
            running,
            "/labels",
            "POST",
            json.dumps({"call": "one", "utterance": "one-0", "label": 1}),
        )
    assert b"secret word" not in body
    assert "secret word" not in (tmp_path / "s/labels.csv").read_text()


def test_a_port_that_is_taken_and_scores_that_are_not_there_are_told(server, tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"`port` {port}: expected one that is free"):
            browse.run(BrowseSettings(str(server.scores), port=port))
    with pytest.raises(SettingsError, match="expected"):
        browse.run(BrowseSettings(str(tmp_path)))
    with pytest.raises(SettingsError, match=r"`manifest` .*: expected part"):
        browse.run(BrowseSettings(str(server.scores), manifest=str(Path(tmp_path))))


def opened(server: Server) -> socket.socket:
    host, port = server.origin.removeprefix("http://").split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def test_who_says_nothing_does_not_keep_the_owner_out(server):
    """Others on the machine may open connections without the token, as many as they like."""
    silent = []
    for _ in range(600):
        one = opened(server)
        one.sendall(b"GET / HTTP/1.1\r\nHost: 127.")
        silent.append(one)
    assert ask(server, "/")[0] == 200
    with suppress(ConnectionResetError):
        assert silent[0].recv(1) == b""  # ended, as the oldest
    for one in silent:
        one.close()


def test_a_connection_without_the_token_is_closed_with_the_answer(server):
    with opened(server) as one:
        host = f"Host: {server.origin.removeprefix('http://')}"
        one.sendall(f"POST /labels HTTP/1.1\r\n{host}\r\nContent-Length: 900\r\n\r\n".encode())
        answer = b"".join(iter(lambda: one.recv(4096), b""))
    assert answer.startswith(b"HTTP/1.1 403")


def test_many_requests_of_the_owner_are_all_answered(server):
    with ThreadPoolExecutor(150) as pool:
        found = [*pool.map(lambda _: ask(server, "/call?call=one")[0], range(150))]
    assert found == [200] * 150
