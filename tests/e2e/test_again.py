"""A run that is there: parts deleted by hand, --fresh, another manifest."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import part_bytes, start, wait_until
from tests.e2e.corpus import labelled_rows, write_table


@pytest.fixture
def scored(daf, embeddings, make_head, tmp_path):
    """Options that scored the embeddings, and where."""
    options = {"embeddings": embeddings, "head": make_head(), "out": tmp_path / "scores"}
    assert daf("score", **options).status == 0
    return options


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in folder.glob("scores/part-*")}


def test_a_part_deleted_by_hand_is_made_again_and_no_other(daf, scored, manifest):
    out = scored["out"]
    whole, before = part_bytes(out), times(out)
    (out / "scores" / "part-00002.parquet").unlink()
    unwhole = daf("verify", manifest=manifest, scores=out)
    assert unwhole.status == 1
    assert "part-00002.parquet: 6 rows not scored" in unwhole.complaint
    assert daf("score", **scored).summary.endswith("11 parts were done before")
    assert part_bytes(out) == whole
    after = times(out)
    assert {name for name in before if before[name] != after[name]} == {"part-00002.parquet"}
    assert daf("verify", manifest=manifest, scores=out).status == 0


def test_another_head_or_manifest_is_refused_and_fresh_starts_over(
    daf, manifest, scored, make_head, tmp_path
):
    out, other = scored["out"], make_head(seed=1)
    before = part_bytes(out)
    refused = daf("score", **scored | {"head": other})
    assert refused.status == 2
    assert refused.complaint.startswith(f"daf: {out}: expected scores of --head {other}, found ")
    assert refused.complaint.endswith("start over with --fresh\n")
    record = json.loads((out / "run.json").read_text())
    record["identity"]["manifest"] = "0123456789abcdef"
    (out / "run.json").write_text(json.dumps(record))
    differs = "holds a run that differs: it was made of another manifest; give the same again"
    assert differs in daf("score", **scored).complaint
    verified = daf("verify", manifest=manifest, scores=out)
    assert verified.status == 2
    assert f"{out}: expected scores of {manifest}, found scores of" in verified.complaint
    assert part_bytes(out) == before

    (out / "notes.txt").write_text("mine")
    assert daf("score", **scored | {"head": other}, fresh=True).status == 0
    assert part_bytes(out).keys() == before.keys()
    assert not part_bytes(out).items() & before.items() - {
        pair for pair in before.items() if pair[0].startswith("quarantine/")
    }
    assert (out / "notes.txt").read_text() == "mine"


def test_of_a_grown_archive_only_parts_with_other_rows_are_scored(daf, make_head, tmp_path):
    rows = labelled_rows(tmp_path, 9)
    manifest, out = tmp_path / "manifest", tmp_path / "scores"
    options = {"manifest": manifest, "head": make_head(), "out": out, "local": True}

    def ingest(rows):
        table = write_table(tmp_path / "t.csv", rows)
        return daf("ingest", table, out=manifest, part_minutes=0.1).summary

    assert "8 recordings (8 new)" in ingest(rows[:24])
    assert daf("score", **options).status == 0
    before = times(out)
    changed = {**rows[0], "text": "not at all"}
    assert "9 recordings (1 new, 1 changed, 7 kept)" in ingest([changed, *rows[1:]])
    incomplete = json.loads((manifest / "run.json").read_text()) | {"complete": False}
    (tmp_path / "kept").write_bytes((manifest / "run.json").read_bytes())
    (manifest / "run.json").write_text(json.dumps(incomplete))
    assert daf("score", **options).status == 2
    (tmp_path / "kept").rename(manifest / "run.json")
    assert daf("score", **options).status == 0
    after = times(out)
    assert {name for name in after if before.get(name) != after[name]} == {
        "part-00000.parquet",  # had the changed row
        "part-00004.parquet",
    }
    assert daf("verify", manifest=manifest, scores=out).status == 0


def test_two_drivers_on_one_output_do_no_harm(daf, manifest, undisturbed, make_head, tmp_path):
    """The encoders of both load at the same time."""
    job = {"manifest": manifest, "head": make_head(), "out": tmp_path, "local": True}
    other = start("score", **job)
    wait_until((tmp_path / "run.json").exists, other)
    ours = daf("score", **job)
    assert (ours.status, other.wait()) == (0, 0)
    assert part_bytes(tmp_path) == part_bytes(undisturbed)
    assert daf("verify", manifest=manifest, scores=tmp_path).status == 0
