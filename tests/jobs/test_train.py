"""Training in this process: without Ray, the same bytes after a kill, and what it refuses."""

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from daf_core.errors import SettingsError
from daf_core.storage.output import embeddings_output
from daf_core.training.recipe import Recipe
from jobs.fitting import checkpoints
from jobs.settings import ExplainHeadSettings, TrainSettings
from jobs.verbs import explain_head, train
from tests.core.adaptation.archives import archive, stored

ROOT = Path(__file__).parents[2]
SPLITS = ("train", "train", "valid", "test")
RECIPE = {"epochs": 6, "width": 8, "batch_rows": 32}
FILES = ("head.safetensors", "head.json", "README.md", "learning-curve.png")
PROGRAM = """
import os, signal, sys
from jobs import cli
from jobs.fitting import checkpoints, train_here
checkpoints.EVERY_S = 0.0
write = checkpoints.write_state

def write_and_die(folder, state):
    write(folder, state)
    if state.epoch == {epoch}:
        os.kill(os.getpid(), signal.{signal})

checkpoints.write_state = write_and_die
try:
    cli.main()
finally:
    assert "ray" not in sys.modules
"""


@pytest.fixture(autouse=True)
def _no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture(scope="module")
def embeddings(tmp_path_factory: pytest.TempPathFactory) -> str:
    """200 labelled rows of 40 recordings in three splits."""
    table, labels = archive(200, 7)
    values = [labels[one].sentiment for one in table["utterance_id"].to_pylist()]
    splits = [SPLITS[row // 5 % 4] for row in range(len(table))]
    for name, column in (
        ("label", pa.array(values, pa.float32())),
        ("split", pa.array(splits, pa.string())),
    ):
        table = table.set_column(table.schema.get_field_index(name), name, column)
    return stored(str(tmp_path_factory.mktemp("embeddings")), table)


def settings(embeddings: str, out: Path, **changes: object) -> TrainSettings:
    return TrainSettings(embeddings=embeddings, out=str(out), recipe=Recipe(**RECIPE), **changes)


@pytest.fixture(scope="module")
def head(embeddings: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("head")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("RAY_ADDRESS", raising=False)
        assert train.run(settings(embeddings, out)).startswith("100 train, 50 validation, 50 test")
    return out


def command(embeddings: str, out: Path, epoch: int, number: str) -> subprocess.CompletedProcess:
    """`daf train` in a process that gets a signal after this epoch's checkpoint."""
    line = ["train", "--embeddings", embeddings, "--out", str(out)]
    for name, value in RECIPE.items():
        line += [f"--{name.replace('_', '-')}", str(value)]
    program = PROGRAM.format(epoch=epoch, signal=number)
    environment = {k: v for k, v in os.environ.items() if k != "RAY_ADDRESS"}
    return subprocess.run(
        [sys.executable, "-c", program, *line],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_nothing_but_the_head_is_left(head):
    assert {path.name for path in head.iterdir()} >= {*FILES}
    assert not (head / train.CHECKPOINTS).exists()


def test_after_a_kill_it_continues_and_gives_the_same_bytes(embeddings, head, tmp_path):
    out = tmp_path / "head"
    killed = command(embeddings, out, 3, "SIGKILL")
    assert killed.returncode == -signal.SIGKILL
    (state,) = (out / train.CHECKPOINTS).glob("*/state.pt")
    stopped = command(embeddings, out, 4, "SIGTERM")  # would not come by, if it began anew
    assert stopped.returncode == 143
    assert stopped.stderr.endswith("run the same command again to continue\n")
    assert state.exists()
    train.run(settings(embeddings, out))
    assert len(json.loads((out / "head.json").read_text())["history"]) == RECIPE["epochs"]
    for name in FILES:
        assert (out / name).read_bytes() == (head / name).read_bytes(), name


def test_a_training_that_differs_stops_before_its_work(embeddings, tmp_path):
    """It may run, or have been stopped: both would write one head."""
    out = tmp_path / "head"
    assert command(embeddings, out, 1, "SIGKILL").returncode == -signal.SIGKILL
    other = settings(embeddings, out, seed=5)
    with pytest.raises(SettingsError, match=r"another training has begun .*: seed was 0, is 5; "):
        train.run(other)
    train.run(replace(other, fresh=True))
    assert json.loads((out / "head.json").read_text())["seed"] == 5


def test_settings_that_do_not_work_leave_no_claim(embeddings, tmp_path):
    asked = settings(embeddings, tmp_path / "head", gpu=True)
    with pytest.raises(SettingsError, match="expected a GPU"):
        train.run(asked)
    train.run(replace(asked, gpu=False, seed=1))


def test_a_damaged_checkpoint_is_told_and_fresh_deletes_it(embeddings, head, tmp_path, monkeypatch):
    out, write = tmp_path / "head", checkpoints.write_state

    def write_and_stop(*arguments: object) -> None:
        write(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoints, "EVERY_S", 0.0)
        patch.setattr(checkpoints, "write_state", write_and_stop)
        with pytest.raises(KeyboardInterrupt):
            train.run(settings(embeddings, out))
    (state,) = (out / train.CHECKPOINTS).glob("*/state.pt")
    whole = state.read_bytes()
    for damaged in (b"", b"text", whole[: len(whole) // 2], b"\x80\x02."):
        state.write_bytes(damaged)
        with pytest.raises(SettingsError, match=r"state\.pt: expected a checkpoint of `daf train`"):
            train.run(settings(embeddings, out))
    train.run(settings(embeddings, out, fresh=True))
    assert (out / FILES[0]).read_bytes() == (head / FILES[0]).read_bytes()


def test_what_this_process_cannot_do_is_refused(embeddings, tmp_path):
    with pytest.raises(SettingsError, match="`workers` 2: expected 1 with `local`"):
        settings(embeddings, tmp_path, workers=2, local=True)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_told(embeddings, tmp_path):
    with pytest.raises(SettingsError, match="`gpu`: expected a GPU that torch can use"):
        train.run(settings(embeddings, tmp_path / "head", gpu=True))
    assert not [one for one in (tmp_path / "head").rglob("*") if one.is_file()]


def test_a_head_is_explained_on_rows_it_did_not_learn_from(embeddings, head, tmp_path):
    asked = ExplainHeadSettings(str(head), embeddings=embeddings, out=str(tmp_path))
    said = explain_head.run(asked)
    assert f"50 labelled rows of {embeddings}, split test." in said
    assert re.search(r"reads words and voice together counts for \d+ %\.", said)
    figures, weights, controls = (
        pq.read_table(tmp_path / f"{name}.parquet").to_pylist()
        for name in ("head", "weights", "controls")
    )
    trained = json.loads((head / "head.json").read_text())["metrics"]["test"]
    assert figures[0]["mae"] == pytest.approx(trained["mae"], abs=1e-6)
    assert weights[0]["deviation"] > 0.001
    mae = {one["control"]: one["mae"] for one in controls}
    assert mae["best_weights"] < figures[0]["mae"] < mae["other_text"]
    every = explain_head.run(replace(asked, split="all", out=None))
    assert f"200 labelled rows of {embeddings}, split all." in every


def test_where_no_row_names_a_split_a_head_is_explained_on_the_test_rows_of_its_training(
    embeddings, tmp_path, caplog
):
    table = next(embeddings_output(embeddings).read_all())
    empty = pa.nulls(len(table), pa.string())
    table = table.set_column(table.schema.get_field_index("split"), "split", empty)
    unsplit = stored(str(tmp_path / "embeddings"), table)
    with caplog.at_level("INFO"):
        line = train.run(settings(unsplit, tmp_path / "head"))
    (said,) = {one.getMessage() for one in caplog.records if "recordings train" in one.getMessage()}
    counts = [int(one) for one in re.findall(r"(\d+) (?:recordings train|validate|test)", said)]
    assert sum(counts) == 40
    assert said.endswith("; so few say little about others") == (counts[2] < 5)
    tested = int(re.search(r"(\d+) test rows", line)[1])
    assert tested == 5 * counts[2]
    found = explain_head.run(ExplainHeadSettings(str(tmp_path / "head"), embeddings=unsplit))
    assert f"{tested} labelled rows of {unsplit}, split test." in found


def test_validation_rows_that_training_took_are_explained_and_a_corpus_may_only_test(
    embeddings, head, tmp_path
):
    table = next(embeddings_output(embeddings).read_all())
    place = table.schema.get_field_index("split")
    named = [None if one == "valid" else one for one in table["split"].to_pylist()]
    without = stored(
        str(tmp_path / "one"), table.set_column(place, "split", pa.array(named, pa.string()))
    )
    found = explain_head.run(ExplainHeadSettings(str(head), embeddings=without, split="valid"))
    assert f"labelled rows of {without}, split valid." in found
    only = [one if one == "test" else None for one in named]
    tests = stored(
        str(tmp_path / "two"), table.set_column(place, "split", pa.array(only, pa.string()))
    )
    asked = ExplainHeadSettings(str(head), embeddings=tests)
    assert f"50 labelled rows of {tests}, split test." in explain_head.run(asked)
    with pytest.raises(SettingsError, match="two labelled rows or more of `split` train, found 0"):
        explain_head.run(replace(asked, split="train"))


def test_a_head_is_not_explained_on_embeddings_of_others_or_too_few(embeddings, head):
    with pytest.raises(SettingsError, match="expected text embeddings by"):
        explain_head.run(ExplainHeadSettings("fast", embeddings=embeddings))
    with pytest.raises(SettingsError, match="`split` tests: expected train, valid, test or all"):
        ExplainHeadSettings(str(head), embeddings=embeddings, split="tests")
