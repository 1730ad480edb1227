"""Every manifest row in scores xor quarantine, once, whatever kills the job: on real recordings."""

import json
import os
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from importlib import resources
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from ray.cluster_utils import Cluster

from daf_core.errors import NotDone, SettingsError
from daf_core.heads import build
from daf_core.stages import trained_head
from daf_core.storage.output import manifest_output
from daf_core.weights.specs import resolve
from jobs.settings import (
    AUDIO_ENCODER,
    TEXT_ENCODER,
    IngestSettings,
    ScoreSettings,
    VerifySettings,
)
from jobs.verbs import ingest, score, verify
from tests.e2e.conftest import ONE_CPU, start


def published(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every Parquet file's bytes and time of change."""
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.glob("*/part-*.parquet"))
    }


def contents(folder: Path) -> dict[str, bytes]:
    return {name: data for name, (data, _) in published(folder).items()}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The demo corpus in parts of a few seconds."""
    out = str(tmp_path_factory.mktemp("once") / "manifest")
    source = str(resources.files("jobs") / "demo_corpus")
    ingest.run(IngestSettings(source=source, out=out, part_minutes=0.2))
    return out


def untrained_head(folder: Path, seed: int) -> str:
    streams = {"text": (7, 384), "audio": (5, 768)}
    torch.manual_seed(seed)
    trained_head.save(
        str(folder),
        build("daf", streams, 16),
        kind="daf",
        width=16,
        shapes=streams,
        encoders={"text": resolve(TEXT_ENCODER), "audio": resolve(AUDIO_ENCODER)},
        calibrations={},
        facts={},
    )
    return str(folder)


@pytest.fixture(scope="module")
def head(tmp_path_factory: pytest.TempPathFactory) -> str:
    return untrained_head(tmp_path_factory.mktemp("head"), 0)


@pytest.fixture(scope="module")
def undisturbed(manifest: str, head: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("undisturbed")
    summary = score.run(ScoreSettings(manifest=manifest, head=head, out=str(out), local=True))
    assert summary.startswith("97 rows in, 97 scored, 0 quarantined")
    return out


@pytest.fixture
def lose_a_node(nodes: Cluster) -> Iterator[Callable[[], None]]:
    """Add a node, for one more encode actor; gives the function that loses it."""
    node = nodes.add_node(**ONE_CPU)
    nodes.wait_for_nodes()
    lost = []

    def lose() -> None:
        lost.append(nodes.remove_node(node, allow_graceful=False))

    yield lose
    if not lost:
        lose()


def test_a_node_is_lost_then_the_driver_and_run_again_it_equals_undisturbed(
    manifest: str,
    head: str,
    undisturbed: Path,
    lose_a_node: Callable[[], None],
    tmp_path: Path,
) -> None:
    parts = len(manifest_output(manifest).part_names())
    job = start("score", manifest=manifest, head=head, out=tmp_path, actors=3)

    def wait_for(done: int) -> None:
        while len(list(tmp_path.glob("scores/part-*"))) < done:
            assert job.poll() is None, "the job ended before it could be disturbed"
            time.sleep(0.005)

    wait_for(2)
    lose_a_node()
    wait_for(parts // 3)
    os.killpg(job.pid, signal.SIGKILL)
    job.wait()
    before = published(tmp_path)
    assert len(list(tmp_path.glob("scores/part-*"))) < parts

    settings = ScoreSettings(manifest=manifest, head=head, out=str(tmp_path), local=True)
    assert "done before" in score.run(settings)
    assert "once" in verify.run(VerifySettings(manifest=manifest, scores=str(tmp_path)))
    assert contents(tmp_path) == contents(undisturbed)
    after = published(tmp_path)
    finished = {name for name in before if name.startswith("scores/")}
    assert {name: before[name] for name in finished} == {name: after[name] for name in finished}


def test_a_finished_run_is_left_alone_and_another_is_refused(
    manifest: str, head: str, undisturbed: Path, tmp_path: Path
) -> None:
    before = published(undisturbed)
    settings = ScoreSettings(manifest=manifest, head=head, out=str(undisturbed))
    score.run(settings)
    assert published(undisturbed) == before
    other = untrained_head(tmp_path / "other", 1)
    with pytest.raises(
        SettingsError, match=r"expected scores of `head` .*, found those of .*`fresh`"
    ):
        score.run(ScoreSettings(manifest=manifest, head=other, out=str(undisturbed)))
    assert published(undisturbed) == before


def as_if_whole(rows: pa.Table) -> pa.Table:
    """Rows of a part whose footer says that these are all."""
    footer = rows.schema.metadata
    facts = json.loads(footer[b"daf.facts"]) | {"rows": len(rows)}
    return rows.replace_schema_metadata(footer | {b"daf.facts": json.dumps(facts)})


def test_verify_names_lost_and_doubled_rows(
    manifest: str, undisturbed: Path, tmp_path: Path
) -> None:
    shutil.copytree(undisturbed, tmp_path, dirs_exist_ok=True)
    settings = VerifySettings(manifest=manifest, scores=str(tmp_path))
    part = tmp_path / "scores" / "part-00000.parquet"
    whole = pq.read_table(part)
    lost = whole["utterance_id"][0].as_py()
    pq.write_table(whole.slice(1), part)
    with pytest.raises(NotDone, match=rf"expected {len(whole)} rows, as the footer says, found "):
        verify.run(settings)
    pq.write_table(as_if_whole(whole.slice(1)), part)
    with pytest.raises(NotDone, match=rf"part-00000.parquet: 1 row lost: {lost}"):
        verify.run(settings)
    doubled = whole.take([0, *range(len(whole))])
    pq.write_table(as_if_whole(doubled), part)
    with pytest.raises(NotDone, match=rf"1 row there more than once: {lost}"):
        verify.run(settings)
    part.unlink()
    with pytest.raises(NotDone, match=rf"part-00000.parquet: {len(whole)} rows not scored"):
        verify.run(settings)
