"""`--local`: the same work in processes of this machine, without Ray."""

import os
import signal
from pathlib import Path

import pytest

from tests.e2e.conftest import PATIENCE_S, part_bytes, start, wait_until


def members(session: int) -> list[int]:
    """Processes of a session but its first, ended ones left out."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            state = (path / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(state[3]) == session != int(path.name) and state[0] != "Z":
            found.append(int(path.name))
    return found


@pytest.fixture
def started(manifest, make_head, tmp_path):
    """A local run of which a part is done."""
    job = start("score", manifest=manifest, head=make_head(), out=tmp_path / "out", local=True)
    wait_until(lambda: any((tmp_path / "out" / "scores").glob("*.parquet")), job)
    yield job
    job.kill()
    job.wait()


def test_the_same_bytes_as_on_ray(daf, manifest, embeddings, make_head, undisturbed, tmp_path):
    head = make_head()
    streamed = daf("score", manifest=manifest, head=head, out=tmp_path / "1", local=True)
    stored = daf("score", embeddings=embeddings, head=head, out=tmp_path / "2", local=True)
    assert (streamed.status, stored.status) == (0, 0)
    assert part_bytes(tmp_path / "1") == part_bytes(tmp_path / "2") == part_bytes(undisturbed)


def test_a_head_of_few_layers_has_no_others_computed(
    daf, manifest, embeddings, make_head, tmp_path
):
    head = make_head(streams={"text": (2, 32), "audio": (1, 64)})
    streamed = daf("score", manifest=manifest, head=head, out=tmp_path / "1", local=True)
    stored = daf("score", embeddings=embeddings, head=head, out=tmp_path / "2", local=True)
    assert (streamed.status, stored.status) == (0, 0)
    assert part_bytes(tmp_path / "1") == part_bytes(tmp_path / "2")


def test_a_process_that_dies_stops_the_run_and_the_next_goes_on(
    daf, started, manifest, make_head, undisturbed, tmp_path
):
    for process in members(started.pid):
        os.kill(process, signal.SIGKILL)
    assert started.wait(PATIENCE_S) == 1
    options = {"manifest": manifest, "head": make_head(), "out": tmp_path / "out"}
    assert daf("score", local=True, **options).status == 0
    assert part_bytes(tmp_path / "out") == part_bytes(undisturbed)


def test_a_driver_that_dies_leaves_no_process_behind(started):
    started.kill()
    wait_until(lambda: not members(started.pid), started)
