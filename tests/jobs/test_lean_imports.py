"""What oneDNN keeps of the shapes of batches is bounded, unless somebody asks for more; Arrow does
not load pandas in processes that make no frames.
"""

import os
import subprocess
import sys
from collections.abc import Iterator

import pyarrow as pa
import pytest
import torch

from jobs.parts.lean_imports import KERNEL_CACHES
from jobs.reading.readers import Readers

GROWTH = """
from jobs.parts.lean_imports import lean_imports

with lean_imports():
    import torch

from pathlib import Path

def anonymous_mb():
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("RssAnon")).split()[1]) / 1024

torch.set_num_threads(1)
weight = torch.randn(384, 80, 3)
with torch.inference_mode():
    torch.conv1d(torch.randn(4, 80, 200), weight)
    before = anonymous_mb()
    for length in range(201, 351):
        torch.conv1d(torch.randn(4, 80, length), weight)
print(anonymous_mb() - before)
"""


def grown_mb(**environment: str) -> float:
    """By how much the memory of a new process grows with 150 shapes of a batch."""
    own = {name: value for name, value in os.environ.items() if name not in KERNEL_CACHES}
    command = [sys.executable, "-c", GROWTH]
    return float(subprocess.check_output(command, env={**own, **environment}, text=True))


@pytest.mark.skipif(not torch.backends.mkldnn.is_available(), reason="torch without oneDNN")
def test_memory_does_not_grow_with_the_shapes_of_batches() -> None:
    asked = dict.fromkeys(KERNEL_CACHES, "1024")
    bounded, unbounded = grown_mb(), grown_mb(**asked)
    assert bounded < unbounded / 2, (
        f"{bounded:.0f} MB, {unbounded:.0f} MB where 1,024 are asked for"
    )


def pandas_after_a_table() -> Iterator[bool]:
    """Whether this process has loaded pandas once it has made a table."""
    pa.table({"a": [1, 2]})
    yield "pandas" in sys.modules


def test_the_process_that_reads_files_makes_tables_without_pandas() -> None:
    assert [*Readers(60.0)(pandas_after_a_table)] == [False]


def test_encode_processes_make_tables_without_pandas_and_can_still_load_it() -> None:
    program = (
        "import sys, jobs.parts.preload, pyarrow as pa; pa.table({'a': [1]}); "
        "print('pandas' in sys.modules); import pandas; print(pandas.Series([1]).sum())"
    )
    said = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert said.split() == ["False", "1"]
