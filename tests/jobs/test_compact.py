"""`daf compact`: every row once, in few large files; safe to kill; the scores stay as they are."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.dataset as ds
import pytest

from daf_core.errors import SettingsError
from daf_core.storage import larger_parts as larger
from daf_core.storage.output import Output
from jobs.settings import CompactSettings, VerifySettings
from jobs.verbs import compact, verify
from tests.core.calls.made_folder import scores_folder
from tests.core.calls.made_scores import scores_of
from tests.jobs.calls_of_agents import rows_of

PARTS = 40
PROGRAM = "from jobs.cli import main; main()"


def tables(parts: int = PARTS, changed: int | None = None) -> list[pa.Table]:
    """Two calls a part; those of the changed part have other ids."""
    starts = [1000 + n if n == changed else 2 * n for n in range(parts)]
    rows = [rows_of(range(start, start + 2)) for start in starts]
    return [scores_of([one | {"sentiment": 1.0} for one in own]) for own in rows]


@pytest.fixture
def scores(tmp_path: Path) -> Output:
    return scores_folder(tmp_path / "scores", tables())


@pytest.fixture(autouse=True)
def _small_files(monkeypatch) -> None:
    """A megabyte stands for a hundredth of one: files of about ten parts."""
    sizes = larger.sizes_of
    monkeypatch.setattr(compact, "sizes_of", lambda output: dict.fromkeys(sizes(output), 110000))


def contents(folder: Path) -> dict[str, bytes]:
    return {str(one.relative_to(folder)): one.read_bytes() for one in folder.rglob("*.parquet")}


def test_every_row_is_there_once_and_in_order(scores: Output, tmp_path: Path) -> None:
    before = contents(Path(scores.root))
    line = compact.run(CompactSettings(scores.root, out=str(tmp_path / "c"), mb=1))
    assert "160 rows in, 160 compacted, 0 quarantined" in line
    assert "4 files of 40 in " in line
    folder = tmp_path / "c" / "compacted"
    assert len([*folder.iterdir()]) == 4
    assert ds.dataset(folder).to_table().equals(pa.concat_tables(scores.read_all()))
    assert contents(Path(scores.root)) == before
    again = compact.run(CompactSettings(scores.root, out=str(tmp_path / "c"), mb=1))
    assert "4 parts were done before" in again


def test_what_has_changed_is_made_again_and_only_that(scores: Output, tmp_path: Path) -> None:
    settings = CompactSettings(scores.root, out=str(tmp_path / "c"), mb=1)
    compact.run(settings)
    times = {one.name: one.stat().st_mtime_ns for one in (tmp_path / "c/compacted").iterdir()}
    for folder in (scores.parts_uri, scores.quarantine_uri):
        (Path(folder) / "part-00015.parquet").unlink()
    scores_folder(tmp_path / "scores", tables(PARTS + 3, changed=15))
    compact.run(settings)
    folder = tmp_path / "c/compacted"
    kept = {one.name for one in folder.iterdir() if times.get(one.name) == one.stat().st_mtime_ns}
    assert kept == {"part-00000.parquet", "part-00002.parquet", "part-00003.parquet"}
    assert ds.dataset(folder).to_table().equals(pa.concat_tables(scores.read_all()))
    assert len([*folder.iterdir()]) == 5


def test_a_killed_copy_goes_on_to_the_same_bytes(tmp_path: Path) -> None:
    scores = scores_folder(tmp_path / "scores", tables())
    slow = (
        "import time\nfrom jobs.verbs import compact\nfrom daf_core.storage import larger_parts\n"
        "sizes, read = compact.sizes_of, compact.read_together\n"
        "compact.sizes_of = lambda output: {name: 110_000 for name in sizes(output)}\n"
        "compact.read_together = lambda *args: (time.sleep(1), read(*args))[1]\n"
    )
    out = tmp_path / "killed"
    command = ["compact", scores.root, "--out", str(out), "--mb", "1"]
    job = subprocess.Popen([sys.executable, "-c", slow + PROGRAM, *command])
    until = time.monotonic() + 120
    while not [*(out / "compacted").glob("part-*.parquet")]:
        assert time.monotonic() < until
        time.sleep(0.05)
    os.kill(job.pid, signal.SIGKILL)
    job.wait()
    assert not json.loads((out / "run.json").read_text())["complete"]
    whole = tmp_path / "whole"
    for folder in (out, whole):
        compact.run(CompactSettings(scores.root, out=str(folder), mb=1))
    assert contents(out) == contents(whole)


def test_a_copy_is_not_taken_for_scores(scores: Output, tmp_path: Path) -> None:
    out = str(tmp_path / "c")
    compact.run(CompactSettings(scores.root, out=out, mb=1))
    with pytest.raises(SettingsError, match="expected the scores of a daf run, found compacted"):
        verify.run(VerifySettings(out))
    with pytest.raises(SettingsError, match="another folder than the scores"):
        compact.run(CompactSettings(scores.root, out=scores.root))
    with pytest.raises(SettingsError, match="holds a run that differs: mb was 1, is 2"):
        compact.run(CompactSettings(scores.root, out=out, mb=2))
    with pytest.raises(SettingsError, match="`mb` 0: expected 1 to 1024"):
        CompactSettings(scores.root, out=out, mb=0)
    assert "4 files" not in compact.run(CompactSettings(scores.root, out=out, mb=2, fresh=True))
