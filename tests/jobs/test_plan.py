"""daf plan: the speed is that of the steady state, and a sample leaves nothing behind."""

from importlib import resources
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.daf_command import save_untrained_head
from daf_core.errors import NotDone, SettingsError
from daf_core.storage.part_index import PartFacts
from jobs.parts.measured import Finished, measured, of_whole, spread, work
from jobs.settings import IngestSettings, PlanSettings
from jobs.verbs import ingest, plan
from tests.e2e.corpus import make_encoders


def part(number: int, audio_s: float, rows: int = 10) -> PartFacts:
    return PartFacts(
        name=f"part-{number:05d}.parquet",
        rows_fingerprint="0" * 16,
        rows_in=rows,
        rows=rows,
        audio_s=audio_s,
        reasons={},
    )


def simulated(parts: list[PartFacts], workers: int, start_s: float, per_s: float) -> list[Finished]:
    """When processes that each do so much work a second finish the parts, in order."""
    free = [start_s] * workers
    finished = []
    for one in parts:
        worker = free.index(min(free))
        free[worker] += work(one) / per_s
        finished.append(Finished(one, free[worker]))
    return sorted(finished, key=lambda one: one.at_s)


@given(
    workers=st.integers(1, 16),
    start_s=st.floats(0, 60),
    per_s=st.floats(0.5, 100),
    sizes=st.lists(st.floats(300, 1200), min_size=400, max_size=500),
)
def test_the_time_of_a_run_is_foretold_from_a_sample(workers, start_s, per_s, sizes):
    parts = [part(number, size) for number, size in enumerate(sizes)]
    chosen = spread(parts, max(5 * workers, 4))
    speed = measured(simulated(chosen, workers, start_s, per_s), workers)
    largest_first = sorted(parts, key=work, reverse=True)
    whole = simulated(largest_first, workers, start_s, per_s)[-1].at_s
    assert speed.run_s(parts) == pytest.approx(whole, rel=0.25)


def test_the_whole_archive_takes_what_it_took():
    finished = [Finished(part(number, 60.0), 10.0 + number) for number in range(3)]
    assert of_whole(finished).run_s([one.part for one in finished]) == pytest.approx(12.0)


def test_too_few_parts_are_nothing_to_go_by():
    finished = [Finished(part(number, 60.0), 10.0) for number in range(2)]
    with pytest.raises(NotDone, match="expected more than 2 finished parts to go by, found 2"):
        measured(finished, 2)


def test_what_happens_once_does_not_slow_down_the_whole_run():
    """Processes that each lose a second when they first read a file."""
    at_s = [2.0 + 0.1 * number + (number > 8) for number in range(20)]
    finished = [Finished(part(number, 55.0, 0), at) for number, at in enumerate(at_s)]
    speed = measured(finished, 1)
    assert speed.per_s == pytest.approx(600, rel=0.05)
    assert speed.start_s == pytest.approx(2.9, abs=0.1)


@pytest.mark.parametrize(
    ("audio_s", "expected"), [(10.0, 78), (30.0, 34), (600.0, 10), (3600.0, 10)]
)
def test_a_sample_is_long_enough_and_no_longer(audio_s, expected):
    parts = [part(number, audio_s, 10) for number in range(1000)]
    assert plan._sample_size(parts, 2, 1e-3) == expected
    assert plan._sample_size(parts, 2, 1.0) == 80


def test_a_sample_holds_parts_of_all_sizes():
    sizes = [work(one) for one in spread([part(n, float(n)) for n in range(1000)], 10)]
    assert sizes == sorted(sizes, reverse=True)
    assert sizes[0] > 900
    assert sizes[-1] < 100
    assert len(spread([part(0, 1.0)], 10)) == 1


def test_on_a_ray_a_folder_that_all_nodes_reach_is_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:6379")
    with pytest.raises(SettingsError, match="expected `out`, a folder that all nodes of the Ray"):
        plan.run(PlanSettings(manifest="manifest"))


def test_a_sample_is_scored_and_deleted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    manifest, head, out = (str(tmp_path / name) for name in ("manifest", "head", "out"))
    corpus = str(resources.files("jobs") / "demo_corpus")
    ingest.run(IngestSettings(source=corpus, out=manifest, part_minutes=0.2))
    encoders = make_encoders(tmp_path)
    save_untrained_head(head, encoders.text, encoders.audio, width=8)
    asked = {"head": head, "actors": "2", "local": True, "out": out, "price_per_hour": 2.0}
    line = plan.run(PlanSettings(manifest=manifest, **asked))
    said = capsys.readouterr().out
    assert line.startswith("scoring takes about ")
    assert line.endswith(" at 2 per hour")
    for name in ("archive", "sample", "disk", "memory", "requests"):
        assert f"\n{name} " in f"\n{said}"
    assert "97 rows" in said
    assert "23 parts in" in said  # less than what a sample holds at least
    assert [*(tmp_path / "out").rglob("*.parquet")] == []
    with pytest.raises(SettingsError, match="expected the manifest of a daf run"):
        plan.run(PlanSettings(manifest=str(tmp_path / "none"), head=head))
