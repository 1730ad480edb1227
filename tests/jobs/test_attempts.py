"""A run's record tells of every attempt, and another version does not go on unasked."""

import json
import logging
import socket
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import daf_core
from daf_core.errors import SettingsError
from daf_core.storage import attempts, run_record
from daf_core.storage.part_index import PartFacts
from jobs.parts import running_attempt
from jobs.parts.resume import run_missing_parts
from jobs.parts.run import Run
from jobs.settings import PartsRun
from tests.jobs.test_resume import IDENTITY, PARTS, Archive, Interrupted


@pytest.fixture
def archive(tmp_path: Path) -> Archive:
    return Archive(tmp_path / "scores", {})


def run(
    archive: Archive,
    stop_after: int | None = None,
    parts: Sequence[PartFacts] = PARTS,
    **settings: object,
) -> str:
    def make(missing: list[PartFacts]) -> Iterator[PartFacts]:
        for number, part in enumerate(archive.make(missing)):
            yield part
            if number + 1 == stop_after:
                raise Interrupted

    job = Run("scored", [*parts], archive.output, IDENTITY, {})
    return run_missing_parts(job, PartsRun(**settings), make)


def record_of(archive: Archive) -> dict:
    return json.loads(Path(archive.output.record_uri).read_text())


def change(archive: Archive, **versions: str) -> None:
    """Let the first attempt have had other versions."""
    first = min(Path(archive.output.attempts_uri).iterdir())
    found = json.loads(first.read_text())
    first.write_text(json.dumps(found | {"versions": found["versions"] | versions}))


def test_the_record_tells_of_every_attempt(archive: Archive) -> None:
    with pytest.raises(Interrupted):
        run(archive, stop_after=2)
    run(archive, price_per_hour=3.0)
    found = record_of(archive)
    first, second = sorted(found["attempts"], key=lambda one: one["how"])
    assert (first["how"], first["parts"], first["rows_in"]) == ("Interrupted", 2, 2)
    assert (second["how"], second["parts"], second["scored"]) == ("done", 3, 3)
    assert first["host"] == second["host"] == socket.gethostname()
    assert first["started"] == found["started"]
    assert found["seconds"] == pytest.approx(first["seconds"] + second["seconds"], abs=0.1)
    assert first["versions"]["daf"] == metadata.version("daf")
    assert first["versions"]["torch"] == metadata.version("torch")
    assert found["cost_per_audio_hour"] == pytest.approx(3 * found["seconds"] / 5)
    before = [*Path(archive.output.attempts_uri).iterdir()]
    assert "5 parts were done before" in run(archive)
    assert [*Path(archive.output.attempts_uri).iterdir()] == before  # nothing was attempted


def test_an_attempt_that_was_killed_is_there_without_an_end(archive: Archive) -> None:
    run_record.begin(archive.output, IDENTITY, fresh=False)
    attempts.begin(archive.output)  # and no more
    run(archive)
    assert sorted(str(one["ended"]) for one in record_of(archive)["attempts"])[-1] == "None"


def test_a_record_counts_what_is_left_where_parts_are_gone(archive: Archive) -> None:
    run(archive, price_per_hour=3.0)
    before = record_of(archive)
    run(archive, parts=PARTS[:-2], price_per_hour=3.0)
    now = record_of(archive)
    assert (before["parts"], now["parts"], now["rows_in"]) == (5, 3, 3)
    assert now["attempts"] == before["attempts"]
    assert now["cost_per_audio_hour"] == pytest.approx(before["cost_per_audio_hour"], rel=0.01)


def test_an_attempt_that_may_be_at_work_is_told(
    archive: Archive, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    run_record.begin(archive.output, IDENTITY, fresh=False)
    other = attempts.begin(archive.output)
    run(archive, stop_after=None)
    assert f"on {socket.gethostname()} has not ended" in caplog.text
    caplog.clear()
    old = {"started": "2026-11-01T00:00:00Z"}
    Path(other.uri).write_text(json.dumps(other.record | old))
    run(archive, fresh=True)
    assert "has not ended" not in caplog.text


def test_the_summary_says_what_an_hour_of_audio_cost(archive: Archive) -> None:
    assert run(archive, price_per_hour=3.0).endswith(" per hour of speech")
    assert "per hour of speech" not in run(archive, fresh=True)


def test_other_versions_are_refused_unless_accepted(archive: Archive) -> None:
    with pytest.raises(Interrupted):
        run(archive, stop_after=2)
    change(archive, torch="1.0")
    with pytest.raises(
        SettingsError, match=r"the last attempt had torch 1\.0, now .*`other_versions`"
    ):
        run(archive)
    assert len(archive.made) == 2
    with pytest.raises(Interrupted):
        run(archive, stop_after=1, other_versions=True)
    run(archive)  # it was accepted once
    assert len(record_of(archive)["attempts"]) == 3


def test_versions_that_decide_nothing_are_not_asked_about(archive: Archive) -> None:
    with pytest.raises(Interrupted):
        run(archive, stop_after=2)
    change(archive, python="2.7", ray="1.0")
    run(archive)
    assert record_of(archive)["complete"]


def test_fresh_forgets_earlier_attempts(archive: Archive) -> None:
    with pytest.raises(Interrupted):
        run(archive, stop_after=2)
    change(archive, torch="1.0")
    run(archive, fresh=True)
    assert len(record_of(archive)["attempts"]) == 1


@pytest.mark.parametrize(
    "content", ['{"started": {}}', '{"started": "x", "versions": 3}', "{}", "{", '{"a": 1e999}']
)
def test_what_is_no_attempt_is_not_counted(archive: Archive, content: str) -> None:
    folder = Path(archive.output.attempts_uri)
    folder.mkdir(parents=True)
    (folder / "0.json").write_text(content)
    run(archive)
    assert len(record_of(archive)["attempts"]) == 1


def test_every_table_says_which_daf_wrote_it(archive: Archive) -> None:
    run(archive)
    for path in Path(archive.output.root).rglob("*.parquet"):
        footer = pq.read_schema(path).metadata
        assert footer[b"daf.written_by"] == daf_core.__version__.encode()


def log_of(archive: Archive) -> list[dict]:
    """The lines of the newest log."""
    newest = max(Path(archive.output.attempts_uri).glob("*.jsonl"))
    return [json.loads(line) for line in newest.read_text().splitlines()]


def test_the_log_tells_of_every_part_and_of_the_end(archive: Archive) -> None:
    archive.bad["part-00001.parquet"] = "missing_audio"
    with pytest.raises(Interrupted):
        run(archive, stop_after=3)
    begin, *parts, end = log_of(archive)
    assert (begin["event"], begin["parts"], begin["missing"]) == ("begin", 5, 5)
    assert begin["host"] == socket.gethostname()
    assert [(one["event"], one["part"]) for one in parts] == [
        ("part", part.name) for part in PARTS[:3]
    ]
    assert [one["reasons"] for one in parts] == [{}, {"missing_audio": 1}, {}]
    assert [(one["done"], one["of"]) for one in parts] == [(1, 5), (2, 5), (3, 5)]
    assert (end["event"], end["how"], end["parts"], end["quarantined"]) == (
        *("end", "Interrupted"),
        *(3, 1),
    )
    run(archive)
    assert [one["event"] for one in log_of(archive)] == ["begin", "part", "part", "end"]
    lines = [
        line for one in Path(archive.output.attempts_uri).glob("*.jsonl") for line in one.open()
    ]
    names = {one.stem for one in Path(archive.output.attempts_uri).glob("*.json")}
    assert {json.loads(line)["attempt"] for line in lines} == names
    assert {json.loads(line)["run"] for line in lines} == {run_record.fingerprint(IDENTITY)}
    assert "it is away" not in "".join(lines)  # what the quarantine says of a row


def test_the_file_of_an_attempt_shows_how_far_it_is(archive: Archive, monkeypatch) -> None:
    monkeypatch.setattr(running_attempt, "PROGRESS_GAP_S", -1.0)
    seen = []

    def make(missing: list[PartFacts]) -> Iterator[PartFacts]:
        for part in archive.make(missing):
            yield part
            (one,) = attempts.read_all(archive.output)
            seen.append((one["parts"], one["of"], one["ended"], one["scored"]))
            assert one["updated"] >= one["started"]

    run_missing_parts(Run("scored", PARTS, archive.output, IDENTITY, {}), PartsRun(), make)
    assert seen == [(number, 5, None, number) for number in range(1, 6)]
