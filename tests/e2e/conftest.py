"""One Ray session for all end-to-end tests, and what they share: a corpus and a head for it."""

import gc
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import fsspec
import pytest
import ray
import torch
from moto.server import ThreadedMotoServer
from ray.cluster_utils import Cluster

import jobs.ray_session  # noqa: F401  # before any Ray starts: it quiets Ray's core
from daf_core.embeddings.columns import (
    ColumnShapes,
    with_previous_turns,
    with_speaker_normalised,
)
from daf_core.heads import build
from daf_core.stages import trained_head
from daf_core.weights.specs import resolve
from jobs import cli
from jobs.settings import EmbedSettings, IngestSettings, ScoreSettings
from jobs.settings.encode import WINDOW_S
from jobs.verbs import embed, ingest, score
from tests.e2e.corpus import Encoders, labelled_rows, make_encoders, write_table
from tests.e2e.deadly import DeadlyFileSystem

AFTER_SCORING = (
    "quarantined, ",
    "verified: ",
    "how well: ",
    "warning: ",
    "`daf report ",
    "report: ",
)
PATIENCE_S = 60
# As in a terminal, whatever Ray or xdist have done to the process that starts the command.
HEARS_CTRL_C = (
    "import signal; signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT}); "
    "signal.signal(signal.SIGINT, signal.default_int_handler)"
)
ONE_CPU = {"num_cpus": 1, "object_store_memory": 200_000_000}
# What the tiny encoders give: layers and values of each column.
STREAMS: ColumnShapes = {"text": (3, 32), "audio": (3, 64)}


@pytest.fixture(scope="session")
def bucket() -> Iterator[str]:
    """A bucket on an S3 server of our own; the environment says where."""
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    os.environ |= {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1",
    }
    fsspec.filesystem("s3").mkdir("archive")
    yield "s3://archive"
    server.stop()


@pytest.fixture(scope="session", autouse=True)
def nodes(bucket: str) -> Iterator[Cluster]:
    """A Ray of one node with two CPUs, to which a test may add more; its processes stay for the
    next job. Commands that tests run as processes of their own join it too.
    """
    os.environ["RAY_TRAIN_HEALTH_CHECK_INTERVAL_S"] = "0.2"
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"  # a report costs each driver a process
    here = Path(__file__).parent  # in plugin/ fsspec finds it, see deadly.py
    os.environ["PYTHONPATH"] = os.pathsep.join(map(str, (here / "plugin", here.parents[1])))
    sys.path.insert(0, str(here / "plugin"))  # for processes that are forked
    fsspec.register_implementation("memory", DeadlyFileSystem, clobber=True)
    config = {
        "idle_worker_killing_time_threshold_ms": 600_000,
        "num_workers_soft_limit": 6,
        "health_check_period_ms": 500,  # a lost node is noticed in 3 s, not in 15
        "metrics_report_interval_ms": 1000,
    }
    head = {"include_dashboard": False, "_system_config": config, **ONE_CPU, "num_cpus": 2}
    nodes = Cluster(initialize_head=True, head_node_args=head)
    os.environ["RAY_ADDRESS"] = nodes.address
    ray.init(log_to_driver=False)
    yield nodes
    ray.shutdown()
    nodes.shutdown()
    del os.environ["RAY_ADDRESS"]


class Ended(NamedTuple):
    """How a command ended."""

    status: int
    lines: list[str]  # of standard output
    complaint: str  # all of standard error

    @property
    def summary(self) -> str:
        """The last line of standard output; of `daf score`, the line that counts."""
        beside = ("; `daf calls ", " and counted all the same: ")
        said = [line for line in self.lines if not any(one in line for one in beside)]
        return [line for line in said if not line.startswith(AFTER_SCORING)][-1]


@pytest.fixture
def daf(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Run `daf VERB …` as the console script does, in this process and its Ray session; what C++
    code writes to the terminal is seen too.

    Keywords are options: out="x" is --out x, fresh=True is --fresh.
    """

    def run(verb: str, *arguments: object, **options: object) -> Ended:
        line = ["daf", verb, *map(str, arguments)]
        for name, value in options.items():
            line += [f"--{name.replace('_', '-')}", *([] if value is True else [str(value)])]
        monkeypatch.setattr("sys.argv", line)
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            cli.main()
        status = int(ended.value.code or 0)
        del ended
        gc.collect()  # a failed run's actors live as long as its error
        said = capfd.readouterr()
        return Ended(status, said.out.splitlines(), said.err)

    return run


@pytest.fixture(scope="session")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> Encoders:
    """Tiny encoders with random weights."""
    return make_encoders(tmp_path_factory.mktemp("encoders"))


@pytest.fixture(scope="session")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """24 recordings of 3 s in 12 parts, all with text, audio and label."""
    folder = tmp_path_factory.mktemp("corpus")
    table = write_table(folder / "corpus.csv", labelled_rows(folder, 24))
    out = str(folder / "manifest")
    ingest.run(IngestSettings(source=table, out=out, part_minutes=0.1))
    return out


@pytest.fixture(scope="session")
def embeddings(manifest: str, encoders: Encoders, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Embeddings of the manifest."""
    out = str(tmp_path_factory.mktemp("embeddings"))
    embed.run(
        EmbedSettings(
            manifest=manifest,
            out=out,
            text_encoder=encoders.text,
            audio_encoder=[encoders.audio],
            local=True,
        )
    )
    return out


@pytest.fixture(scope="session")
def make_head(encoders: Encoders, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Write an untrained head for the tiny encoders; gives its folder."""

    def make(kind: str = "daf", seed: int = 0, folder: str = "", **changes: Any) -> str:
        torch.manual_seed(seed)
        folder = folder or str(tmp_path_factory.mktemp(kind))
        audio = replace(resolve(encoders.audio), window_s=WINDOW_S)  # as embeddings are made
        specs = {"text": resolve(encoders.text), "audio": audio}
        used = [kind] if kind in STREAMS else changes.get("used", STREAMS)
        streams = {name: (STREAMS | changes.get("streams", {}))[name] for name in used}
        if changes.get("relative"):
            streams = with_speaker_normalised(streams)
        if kind == "gatedx":
            streams = with_previous_turns(streams)
        encoders_of = specs | changes.get("encoders", {})
        trained_head.save(
            folder,
            build(kind, streams, 8),
            kind=kind,
            width=8,
            shapes=streams,
            encoders={name: encoders_of[name] for name in used},
            calibrations={},
            facts={},
        )
        return folder

    return make


@pytest.fixture(scope="session")
def undisturbed(
    embeddings: str, make_head: Callable[..., str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Scores of the manifest by the head that `make_head()` makes, from stored embeddings: a
    streamed run gives the same bytes.
    """
    out = tmp_path_factory.mktemp("undisturbed")
    score.run(ScoreSettings(embeddings=embeddings, head=make_head(), out=str(out)))
    return out


def start(
    verb: str, stderr: int = subprocess.DEVNULL, **options: object
) -> subprocess.Popen[bytes]:
    """Start `daf VERB …` in a process of its own, with the keywords as options."""
    command = [sys.executable, "-c", f"{HEARS_CTRL_C}; from jobs.cli import main; main()", verb]
    command += [
        f"--{name.replace('_', '-')}{'' if value is True else f'={value}'}"
        for name, value in options.items()
    ]
    out = subprocess.PIPE if stderr == subprocess.PIPE else None
    return subprocess.Popen(command, start_new_session=True, stdout=out, stderr=stderr)


def wait_until(
    happened: Callable[[], bool], job: subprocess.Popen[bytes], patience_s: float = PATIENCE_S
) -> None:
    """Until something has happened that a running job, or what its death leaves, brings about."""
    deadline = time.monotonic() + patience_s
    while not happened():
        assert job.poll() in (None, -signal.SIGKILL), "the job ended too early"
        assert time.monotonic() < deadline
        time.sleep(0.02)


def part_bytes(folder: str | Path) -> dict[str, bytes]:
    """Every Parquet file under a folder."""
    paths = sorted(Path(folder).rglob("*.parquet"))
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
