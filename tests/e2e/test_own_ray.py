"""What a Ray has no room for is refused; a Ray that daf starts is its own alone."""

import json
import os
import shutil
import signal
import subprocess
import sys

import psutil
import pytest
import ray

from daf_core.errors import NotDone, SettingsError
from jobs import placement

OWN = """
import json, os, psutil, ray, sys
from jobs.ray_session import ray_session

def hook(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        asked.add(arguments[1][0])

asked = set()
sys.addaudithook(hook)

if __name__ == "__main__":
    with ray_session():
        (node,) = ray.nodes()
        session = ray._private.worker._global_node.get_session_dir_path()
        folder = os.path.dirname(os.path.dirname(session))
        print(json.dumps({
            "address": node["NodeManagerAddress"],
            "mode": os.stat(folder).st_mode & 0o777,
            "token": len(os.environ["RAY_AUTH_TOKEN"]),
            "auth": os.environ["RAY_AUTH_MODE"],
            "asked": sorted(asked - {"127.0.0.1", "::1"}),
            "dashboards": sum("dashboard.py" in " ".join(one.cmdline())
                              for one in psutil.Process().children(recursive=True)),
        }))
"""

SLOW = """
import psutil, ray
from jobs.ray_session import ray_session

def too_slow_once(*arguments):
    services.get_node = get_node
    raise Exception("The current node timed out during startup")

services = ray._private.services
get_node, services.get_node = services.get_node, too_slow_once

if __name__ == "__main__":
    with ray_session():
        print(len(ray.nodes()), *sorted(one.name() for one in psutil.Process().children()))
"""

STOPPED = """
import os, psutil, ray, time
from jobs import cli
from jobs.ray_session import ray_session

def app(*_, **__):
    with ray_session():
        ray.get(ray.remote(lambda: None).remote())
        session = ray._private.worker._global_node.get_session_dir_path()
        print(os.path.dirname(os.path.dirname(session)), flush=True)
        print(*[one.pid for one in psutil.Process().children(recursive=True)], flush=True)
        time.sleep(600)

cli.app = app
cli.main()
"""

FAILED = """
import os, ray
from jobs.ray_session import ray_session

if __name__ == "__main__":
    try:
        with ray_session():
            session = ray._private.worker._global_node.get_session_dir_path()
            folder = os.path.dirname(os.path.dirname(session))
            print(os.path.exists(f"{folder}/driver.lock"))
            raise ValueError
    except ValueError:
        print(folder, os.path.exists(f"{folder}/driver.lock"))
"""


@pytest.mark.parametrize(
    ("setting", "number", "each", "says"),
    [
        ("`gpus_per_actor` 1", 1, {"CPU": 0.7, "GPU": 1}, "0 GPU"),
        ("`actors` 999", 999, {"CPU": 0.7, "GPU": 0}, "999 processes with 0.7 CPU each"),
        ("`workers` 1", 1, {"CPU": 1, "memory": 2.0**60}, "GiB; ask for less"),
    ],
)
def test_what_ray_cannot_place_is_refused_at_once(setting, number, each, says) -> None:
    with pytest.raises(SettingsError, match="expected room for") as caught:
        placement.check_placement(placement.Asked(setting, number, each))
    assert says in str(caught.value)


def test_gpus_that_are_not_there_are_refused_before_anything_is_ingested(daf, make_head, tmp_path):
    ended = daf("score", tmp_path, out=tmp_path / "out", head=make_head(), gpus_per_actor=64)
    assert ended.status == 2
    assert "--gpus-per-actor 64: expected room for" in ended.complaint
    assert not (tmp_path / "out").exists()


def test_what_others_hold_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    total = int(ray.cluster_resources()["CPU"])
    holder = ray.remote(num_cpus=total)(_Holder).remote()
    ray.get(holder.ready.remote())
    monkeypatch.setattr(placement, "BUSY_WITHIN_S", 1.0)
    with pytest.raises(NotDone, match="other jobs on this Ray leave"):
        placement.check_placement(placement.Asked("`workers` 1", 1, {"CPU": 1.0}))
    ray.kill(holder)


class _Holder:
    def ready(self) -> bool:
        return True


def test_own_ray_is_on_loopback_and_private() -> None:
    """It asks no address but its own: Ray's dashboard would look for the metadata of clouds."""
    assert json.loads(_printed(OWN)) == {
        "address": "127.0.0.1",
        "mode": 0o700,
        "token": 64,
        "auth": "token",
        "asked": [],
        "dashboards": 0,
    }


def test_a_ray_that_starts_too_slowly_is_started_again() -> None:
    """Of the first one, whose processes run when Ray gives up, nothing is left."""
    nodes, *processes = _printed(SLOW).split()
    assert nodes == "1"
    assert processes.count("raylet") == processes.count("gcs_server") == 1


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_of_a_ray_that_is_stopped_nothing_is_left(number, status) -> None:
    process = _started(STOPPED)
    folder = process.stdout.readline().strip()
    started = [psutil.Process(int(one)) for one in process.stdout.readline().split()]
    assert os.path.isdir(folder)
    assert len(started) > 2
    process.send_signal(number)
    _, said = process.communicate(timeout=30)
    assert process.returncode == status
    assert said.endswith("; run the same command again to continue\n")
    assert psutil.wait_procs(started, timeout=10)[1] == []
    assert not os.path.exists(folder)


def test_the_logs_of_a_run_that_failed_are_kept() -> None:
    """No later run takes its folder for one of a driver that was killed."""
    locked, folder, still = _printed(FAILED).split()
    assert (locked, still) == ("True", "False")
    assert os.path.isdir(folder)
    shutil.rmtree(folder)


def _printed(script: str) -> str:
    process = _started(script)
    shown, said = process.communicate()
    assert process.returncode == 0, said
    return shown


def _started(script: str) -> "subprocess.Popen[str]":
    unset = {"RAY_ADDRESS", "RAY_USAGE_STATS_ENABLED"}
    environment = {name: value for name, value in os.environ.items() if name not in unset}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [sys.executable, "-c", script], env=environment, stdout=pipe, stderr=pipe, text=True
    )
