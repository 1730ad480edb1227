"""One Ray session for all end-to-end tests, and what they share: a corpus taken all the way."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import ray

from daf_core.encoders.weights import resolve
from daf_core.heads import build, files
from daf_core.heads.streams import Streams
from jobs import cli, embed, ingest
from jobs.session import quieten
from jobs.settings import EmbedSettings, IngestSettings
from tests.e2e.corpus import Encoders, labelled_rows, make_encoders, write_table

# What the tiny encoders of tests/core/encoder_folders.py give.
STREAMS: Streams = {"text": (3, 32), "audio": (3, 64)}


@pytest.fixture(scope="session", autouse=True)
def ray_of_the_tests() -> Iterator[None]:
    """Two CPUs; processes that have torch loaded stay for the next job."""
    os.environ["RAY_TRAIN_HEALTH_CHECK_INTERVAL_S"] = "0.2"
    quieten()
    ray.init(
        num_cpus=2,
        include_dashboard=False,
        log_to_driver=False,
        _system_config={
            "idle_worker_killing_time_threshold_ms": 600_000,
            "num_workers_soft_limit": 6,
        },
    )
    yield
    ray.shutdown()
