"""Comparing heads on Ray: tables, trials that are kept, and what is refused."""

import json

import pyarrow.parquet as pq
import pytest

RECIPE = {"epochs": 4, "width": 8, "batch_rows": 16, "heads": "daf,text,concat", "seeds": 2}


@pytest.fixture(scope="module")
def out(tmp_path_factory):
    return tmp_path_factory.mktemp("evaluation")


def test_tables_of_all_heads_and_a_second_run_does_only_what_is_new(daf, embeddings, out):
    first = daf("evaluate", embeddings=embeddings, also=embeddings, out=out, **RECIPE)
    assert first.status == 0, first.complaint
    assert "6 trials on 36 train, 18 validation, 18 test rows" in first.summary
    heads = pq.read_table(out / "heads.parquet").to_pylist()
    assert [row["head"] for row in heads] == ["daf", "text", "concat"]
    for row in heads:
        trials = [
            pq.read_table(out / "trials" / f"{row['head']}-{seed}.parquet") for seed in (0, 1)
        ]
        assert all(len(trial) == 18 for trial in trials)
        apart = [
            abs(trial["sentiment"].to_numpy() - trial["label"].to_numpy()).mean()
            for trial in trials
        ]
        assert row["mae"] == pytest.approx(sum(apart) / 2, abs=1e-5)
        assert (row["difference_mean"] is None) == (row["head"] == "concat")
        assert 0 <= row["coverage"] <= 1  # also of a head that reads one modality of rows with both
    controls = pq.read_table(out / "controls.parquet").to_pylist()
    told = {row["head"] for row in controls if row["control"] == "permuted_weights"}
    assert told == {"daf"}
    assert {row["control"] for row in controls} >= {"other_text", "no_audio"}
    assert {row["control"] for row in controls if row["head"] == "text"} == {
        "other_text",
        "no_text",
    }
    assert "| daf" in (out / "heads.md").read_text()
    assert "minus that of concat" in (out / "heads.md").read_text()
    assert r"\toprule" in (out / "heads.tex").read_text()
    assert max(map(len, first.lines[:5])) < 140  # of a terminal
    assert (out / "learning-curves.png").read_bytes().startswith(b"\x89PNG")
    record = json.loads((out / "run.json").read_text())
    assert record["complete"]
    assert record["data"]["rows"]["test"] == 18

    before = {path: path.stat().st_mtime_ns for path in (out / "trials").iterdir()}
    more = RECIPE | {"heads": "daf,text,concat,late"}
    again = daf("evaluate", embeddings=embeddings, also=embeddings, out=out, **more)
    assert "6 were done before" in again.summary
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    assert len(list((out / "trials").iterdir())) == 8


def test_on_this_machine_trials_are_the_same(daf, embeddings, out, tmp_path):
    asked = RECIPE | {"heads": "daf,text", "baseline": "daf"}
    here = daf(
        "evaluate", embeddings=embeddings, also=embeddings, out=tmp_path, local=True, **asked
    )
    assert here.status == 0, here.complaint
    for path in sorted((tmp_path / "trials").iterdir()):
        assert pq.read_table(path).equals(pq.read_table(out / "trials" / path.name)), path.name
    assert len([*(tmp_path / "trials").iterdir()]) == 4


def test_another_recipe_is_refused(daf, embeddings, out):
    other = daf(
        "evaluate", embeddings=embeddings, also=embeddings, out=out, **RECIPE | {"width": 9}
    )
    assert other.status == 2
    assert "width was 8, is 9" in other.complaint


def test_wrong_settings_are_named_before_any_work(daf, embeddings, tmp_path):
    for options, said in (
        ({"heads": "daf,nonsense"}, "--heads nonsense: expected one of daf, daf-late"),
        ({"heads": "daf", "baseline": "concat"}, "--baseline concat: expected one of --heads"),
        ({"also": tmp_path / "nothing"}, "expected the embeddings of a daf run"),
        ({"weigh_labels": True}, "--weigh-labels: expected --also"),
        ({"heads": "pool,concat"}, "head pool: expected embeddings with frames, found none"),
        ({"calibrate_for": "moods"}, "--calibrate-for"),
    ):
        refused = daf("evaluate", embeddings=embeddings, out=tmp_path / "out", **options)
        assert refused.status == 2
        assert said in refused.complaint
        assert not (tmp_path / "out").exists()


def test_rows_by_other_encoders_do_not_join(daf, embeddings, manifest, encoders, tmp_path):
    words = tmp_path / "words"
    made = daf(
        "embed", manifest=manifest, out=words, local=True,
        text_encoder=encoders.text, audio_encoder="descriptors",
    )  # fmt: skip
    assert made.status == 0, made.complaint
    refused = daf("evaluate", embeddings=embeddings, also=words, out=tmp_path / "out")
    assert refused.status == 2
    assert "expected embeddings by the encoders of" in refused.complaint
    assert "descriptors" in refused.complaint


def test_a_search_on_validation_rows_gives_each_head_its_settings(daf, embeddings, tmp_path):
    out = tmp_path / "searched"
    asked = RECIPE | {"heads": "concat", "seeds": 1, "search": 2}
    first = daf("evaluate", embeddings=embeddings, out=out, **asked)
    assert first.status == 0, first.complaint
    assert first.lines[0].startswith("head ")  # the table: Ray Tune has nothing to say
    recipes = json.loads((out / "run.json").read_text())["recipes"]
    found = json.loads((out / "search" / "concat.json").read_text())
    assert len(found["tried"]) == 2
    assert found["valid_mae"] == min(one["valid_mae"] for one in found["tried"])
    assert found["settings"].items() <= recipes["concat"].items()
    assert any(one["settings"]["width"] == RECIPE["width"] for one in found["tried"])
    assert len({one["settings"]["learning_rate"] for one in found["tried"]}) == 2
    before = {path: path.stat().st_mtime_ns for path in out.glob("*/*")}
    again = daf("evaluate", embeddings=embeddings, out=out, **asked | {"seeds": 2})
    assert "2 trials" in again.summary
    assert "1 was done before" in again.summary
    assert all(path.stat().st_mtime_ns == time for path, time in before.items())
    other = daf("evaluate", embeddings=embeddings, out=out, **asked | {"search": 3})
    assert other.status == 2
    assert "search was 2, is 3" in other.complaint
