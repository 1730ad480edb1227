"""Where nobody says whether Ray or processes of this machine encode."""

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.errors import NotDone, SettingsError
from daf_core.storage.part_index import PartFacts
from jobs import cli, ray_address
from jobs.parts.executor import _then_on_ray
from jobs.parts.process_executor import WorkerDied
from jobs.parts.ray_or_processes import (
    RAY_PAYS_AUDIO_S,
    RAY_PAYS_ROWS,
    choose_processes,
)
from jobs.ray_address import address_to_join, ray_runs
from jobs.ray_session import ray_session
from jobs.settings import (
    AdaptSettings,
    EmbedSettings,
    EncodeResources,
    PlanSettings,
    ScoreSettings,
    StressSettings,
    TranscribeSettings,
)


def part(name: str = "part-00000.parquet", rows: int = 1, audio_s: float = 1.0) -> PartFacts:
    return PartFacts(
        name=name, rows_in=rows, rows=rows, audio_s=audio_s, rows_fingerprint="", reasons={}
    )


SMALL, LONG, MANY = [part()], [part(audio_s=RAY_PAYS_AUDIO_S)], [part(rows=RAY_PAYS_ROWS)]


@pytest.fixture(autouse=True)
def no_ray(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No Ray is named, and none has left its address."""
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    monkeypatch.setenv("RAY_TMPDIR", str(tmp_path))


def serve(answer: bytes) -> socket.socket:
    """A server that answers every connection so, until it is closed."""
    server = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        with contextlib.suppress(OSError):
            while connection := server.accept()[0]:
                connection.sendall(answer)
                held.append(connection)

    held: list[socket.socket] = []
    threading.Thread(target=run, daemon=True).start()
    return server


@pytest.fixture
def port() -> Iterator[int]:
    """Of a server that answers as Ray's do: HTTP/2's frame of settings, of type 4."""
    with serve(bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    ("parts", "processes"), [([], True), (SMALL, True), (LONG, False), (MANY, False)]
)
def test_the_work_decides(parts: list[PartFacts], processes: bool) -> None:
    assert choose_processes(EncodeResources(), parts) is processes


@pytest.mark.parametrize("parts", [SMALL, LONG])
def test_what_is_asked_for_is_done(parts: list[PartFacts]) -> None:
    assert choose_processes(EncodeResources(local=True), parts)
    assert not choose_processes(EncodeResources(local=False), parts)
    assert not choose_processes(EncodeResources(gpus_per_actor=0.5), parts)


@pytest.mark.parametrize("gpus", [0, 0.5, 4])
def test_gpus_of_ray_are_not_asked_for_without_ray(gpus: float) -> None:
    said = f"`gpus_per_actor` {gpus:g}: goes with Ray, and with `local` nothing runs there"
    verbs: list[tuple[type[EncodeResources], dict[str, Any]]] = [
        (EncodeResources, {}),
        (ScoreSettings, {"source": "c", "out": "s"}),
        (EmbedSettings, {"manifest": "m", "out": "e"}),
        (StressSettings, {"manifest": "m", "heads": ["fast"], "out": "t"}),
        (TranscribeSettings, {"manifest": "m", "out": "t"}),
        (AdaptSettings, {"labels": "l.csv", "scores": "s", "out": "h"}),
        (PlanSettings, {"manifest": "m"}),
    ]
    for kind, asked in verbs:
        with pytest.raises(SettingsError, match=said):
            kind(**asked, gpus_per_actor=gpus, local=True)
        assert kind(**asked, gpus_per_actor=gpus, local=False).gpus_per_actor == gpus


@pytest.mark.parametrize(("address", "named"), [("10.0.0.1:6379", True), ("local", False)])
def test_a_ray_that_is_named_is_used(
    address: str, named: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    assert ray_runs() is named
    assert choose_processes(EncodeResources(), SMALL) is not named


def left_behind(folder: Path, address: str) -> Path:
    """The file that `ray start` leaves, or anybody else."""
    (folder / "ray").mkdir(exist_ok=True)
    file = folder / "ray" / "ray_current_cluster"
    file.write_text(address)
    return file


def test_a_ray_that_nobody_named_is_not_joined(port: int, tmp_path: Path) -> None:
    left_behind(tmp_path, f"127.0.0.1:{port}\n")
    assert not ray_runs()
    assert address_to_join() is None


def test_auto_is_the_ray_of_this_user(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    with pytest.raises(NotDone, match="expected a Ray that `ray start` started"):
        address_to_join()
    file = left_behind(tmp_path, f"127.0.0.1:{port}\n")
    assert address_to_join() == f"127.0.0.1:{port}"
    for left in ("127.0.0.1:1", "nonsense", "", "127.0.0.1:99999"):
        file.write_text(left)
        with pytest.raises(NotDone, match="expected the HOST:PORT of a Ray"):
            address_to_join()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_auto_is_not_the_ray_of_another_user(
    port: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "auto")
    file = left_behind(tmp_path, f"127.0.0.1:{port}\n")
    os.chown(file, 12345, 12345)
    with pytest.raises(SettingsError, match="found another user's"):
        address_to_join()
    mine = file.with_name("mine")
    mine.write_text(f"127.0.0.1:{port}")
    file.unlink()
    file.symlink_to(mine)  # nor through a link, which anybody can make
    with pytest.raises(NotDone, match="expected a Ray that `ray start` started"):
        address_to_join()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "no-such-host.invalid:6379", "here:port"])
def test_a_ray_that_does_not_answer_is_said_at_once(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", address)
    said = f"RAY_ADDRESS {address}: expected the HOST:PORT of a Ray"
    with pytest.raises(NotDone, match=said), ray_session():
        pass


def test_the_option_is_named_where_it_gave_the_address(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = "127.0.0.1:3"
    monkeypatch.setattr(ray_address, "_asked_for", [])
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    line = ["daf", "score", str(tmp_path), "--out", f"{tmp_path}/o", "--address", given]
    monkeypatch.setattr(sys, "argv", line)
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().err.startswith(f"daf: --address {given}: expected the HOST:PORT")
    monkeypatch.setenv("RAY_ADDRESS", "127.0.0.1:2")
    with pytest.raises(NotDone, match=r"^RAY_ADDRESS 127\.0\.0\.1:2: expected"):
        address_to_join()


def test_an_address_that_answers_or_is_of_another_form_is_left_to_ray(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in (f"127.0.0.1:{port}", "local", f"ray://127.0.0.1:{port}", "other://head"):
        monkeypatch.setenv("RAY_ADDRESS", address)
        assert address_to_join() == (None if address == "local" else address)


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n"])
@pytest.mark.parametrize("form", ["127.0.0.1:{port}", "ray://127.0.0.1:{port}"])
def test_what_answers_there_and_is_no_ray_is_refused_before_any_work(
    answer: bytes,
    form: str,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One that takes connections and is silent would keep Ray waiting for minutes."""
    monkeypatch.setattr(ray_address, "ANSWERS_WITHIN_S", 0.2)
    out = tmp_path / "out"
    with serve(answer) as server:
        address = form.format(port=server.getsockname()[1])
        monkeypatch.setenv("RAY_ADDRESS", address)
        monkeypatch.setattr(sys, "argv", ["daf", "score", str(tmp_path), "--out", str(out)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
    assert ended.value.code == 1
    assert f"RAY_ADDRESS {address}: expected the HOST:PORT of a Ray" in capsys.readouterr().err
    assert not out.exists()


@given(st.integers(0, 9), st.integers(0, 9))
def test_what_a_dead_process_leaves_is_made_on_ray_once(parts: int, made: int) -> None:
    todo = [part(f"part-{number:05}.parquet") for number in range(parts)]
    given_to_ray: list[str] = []

    def here(missing: list[PartFacts]) -> Iterator[PartFacts]:
        yield from missing[:made]
        if made < parts:
            raise WorkerDied("out of memory")

    def on_ray(missing: list[PartFacts]) -> Iterator[PartFacts]:
        given_to_ray.extend(one.name for one in missing)
        yield from missing

    assert list(_then_on_ray(todo, here, on_ray)) == todo
    assert given_to_ray == [one.name for one in todo[made:]]
