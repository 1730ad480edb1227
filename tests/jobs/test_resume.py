"""Parts with quarantined rows are made again on request, wherever a try is interrupted."""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pytest

from daf_core.errors import NotDone
from daf_core.schemas import QUARANTINE, SCORES
from daf_core.storage import files, run_record
from daf_core.storage.output import Output, scores_output
from daf_core.storage.part_index import PartFacts, count_flags
from daf_core.storage.publish_part import publish_part
from jobs.parts.resume import run_missing_parts
from jobs.parts.run import Run
from jobs.settings import PartsRun

IDENTITY = {"head": "a"}
BAD = {"part-00001.parquet": "missing_audio", "part-00003.parquet": "no_speech"}
WITHOUT = {"part-00002.parquet": "missing_audio"}


class Interrupted(Exception):
    """Stands for a kill."""


def facts(number: int) -> PartFacts:
    name = f"part-{number:05d}.parquet"
    return PartFacts(
        name=name, rows_fingerprint=f"rows{number}", rows_in=1, rows=0, audio_s=1.0, reasons={}
    )


PARTS = [facts(number) for number in range(5)]


def quarantine_of(name: str, reason: str) -> pa.Table:
    row = {"utterance_id": name, "stage": "decode", "reason": reason, "message": "it is away"}
    return pa.Table.from_pylist([row], schema=QUARANTINE)


def scores_of(name: str, *flags: str) -> pa.Table:
    row = dict.fromkeys(SCORES.names) | {
        "utterance_id": name, "recording_id": "r", "sentiment": 1.0, "polarity": "positive",
        "flags": flags,
    }  # fmt: skip
    return pa.Table.from_pylist([row], schema=SCORES)


class Archive:
    """An output whose parts are made here; `bad` says which rows cannot be used, and why;
    `without` which are scored without their audio.
    """

    def __init__(
        self, folder: Path, bad: dict[str, str], without: dict[str, str] | None = None
    ) -> None:
        self.output: Output = scores_output(str(folder))
        self.bad, self.without, self.made = dict(bad), dict(without or {}), list[str]()

    def make(self, missing: list[PartFacts]) -> Iterator[PartFacts]:
        for part in missing:
            self.made.append(part.name)
            reason = self.bad.get(part.name)
            flags = ["no_audio", self.without[part.name]] if part.name in self.without else []
            rows = SCORES.empty_table() if reason else scores_of(part.name, *flags)
            quarantine = quarantine_of(part.name, reason) if reason else QUARANTINE.empty_table()
            done = PartFacts(
                name=part.name,
                rows_fingerprint=part.rows_fingerprint,
                rows_in=1,
                rows=len(rows),
                audio_s=1.0,
                reasons={reason: 1} if reason else {},
                flags=count_flags(rows),
            )
            publish_part(self.output, done, rows, quarantine, run_record.fingerprint(IDENTITY))
            yield done

    def run(self, *retry: str, strict: bool = False) -> str:
        self.made.clear()
        run = Run("scored", PARTS, self.output, IDENTITY, {})
        settings = PartsRun(retry=list(retry), strict=strict)
        return run_missing_parts(run, settings, self.make)

    def contents(self) -> dict[str, bytes]:
        """Every file but the run record, which says when."""
        root = Path(self.output.root)
        return {
            str(path.relative_to(root)): path.read_bytes()
            for path in sorted(root.rglob("*.parquet"))
        }


@pytest.fixture
def mended(tmp_path: Path) -> Archive:
    """Scores with two quarantined rows, whose causes are mended since."""
    archive = Archive(tmp_path / "scores", BAD, WITHOUT)
    line = archive.run()
    assert "3 scored, 2 quarantined (missing_audio 1, no_speech 1; in " in line
    assert ", 1 of 3 rows has no audio (missing_audio 1), " in line
    archive.bad = archive.without = {}
    return archive


def test_only_parts_with_the_reason_are_made_again(mended: Archive) -> None:
    line = mended.run("missing_audio")
    assert "4 scored, 1 quarantined (no_speech 1; in " in line
    assert "no audio" not in line
    assert sorted(mended.made) == ["part-00001.parquet", "part-00002.parquet"]
    assert "5 scored, 0 quarantined" in mended.run("missing_audio", "no_speech")
    assert mended.made == ["part-00003.parquet"]
    assert "5 parts were done before" in mended.run("missing_audio")
    assert mended.made == []


def test_the_result_is_that_of_a_run_in_which_nothing_was_wrong(
    mended: Archive, tmp_path: Path
) -> None:
    mended.run(*BAD.values())
    calm = Archive(tmp_path / "calm", {})
    calm.run()
    assert mended.contents() == calm.contents()


@pytest.mark.parametrize("changes", range(16))
def test_interrupted_at_any_change_it_is_finished_by_an_ordinary_run(
    mended: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changes: int
) -> None:
    """Every change of a file goes through these functions; one of them does not come back."""
    left = changes

    def interrupting(change):  # type: ignore[no-untyped-def]
        def change_or_die(*arguments: object) -> object:
            nonlocal left
            if not left:
                raise Interrupted
            left -= 1
            return change(*arguments)

        return change_or_die

    with monkeypatch.context() as patched:
        for name in ("publish", "create", "delete"):
            patched.setattr(files, name, interrupting(getattr(files, name)))
        try:
            mended.run(*BAD.values())
        except Interrupted:
            record = run_record.read(mended.output)
            assert record is not None
            gone = len(PARTS) - len(mended.output.part_names())
            assert not (record.complete and gone), "a run with missing parts claims to be complete"
    assert "5 rows in, " in mended.run()
    record = run_record.read_complete(mended.output)
    scored, quarantined = record.facts["scored"], record.facts["quarantined"]
    held = [mended.output.read(name) for name in mended.output.part_names()]
    assert (sum(map(len, held)), len(held)) == (scored, 5)
    bad = [mended.output.read_quarantine(name) for name in mended.output.part_names()]
    assert sum(map(len, bad)) == quarantined == 5 - scored
    mended.run(*BAD.values())
    calm = Archive(tmp_path / "calm", {})
    calm.run()
    assert mended.contents() == calm.contents()


@pytest.mark.parametrize(
    ("bad", "without", "said"),
    [
        (BAD, {}, "found rows quarantined missing_audio 1, no_speech 1; everything else is done"),
        ({}, WITHOUT, "found rows flagged missing_audio 1; everything else is done"),
        (BAD, WITHOUT, "no_speech 1 and rows flagged missing_audio 1; everything"),
    ],
)
def test_strict_refuses_a_whole_run_with_less_than_it_came_with(
    tmp_path: Path, bad: dict[str, str], without: dict[str, str], said: str
) -> None:
    archive = Archive(tmp_path / "scores", bad, without)
    with pytest.raises(NotDone, match=said) as refused:
        archive.run(strict=True)
    assert refused.value.summary.startswith(f"5 rows in, {5 - len(bad)} scored, ")
    assert run_record.read_complete(archive.output).facts["parts"] == 5
    assert archive.run().endswith("5 parts were done before")
    with pytest.raises(NotDone, match=said):
        archive.run(strict=True)  # also where there is nothing left to make


def test_strict_accepts_rows_that_came_without(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "scores", {}, {"part-00002.parquet": "short"})
    assert ", 1 of 5 rows has no audio, " in archive.run(strict=True)


def test_too_many_quarantined_rows_stop_the_run(tmp_path: Path) -> None:
    archive = Archive(tmp_path / "scores", BAD)
    run = Run("scored", PARTS, archive.output, IDENTITY, {})
    with pytest.raises(NotDone, match=r"2 of 5 rows are quarantined, more than `max_error_rate`"):
        run_missing_parts(run, PartsRun(max_error_rate=0.2), archive.make)
