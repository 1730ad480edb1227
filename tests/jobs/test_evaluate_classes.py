"""`daf evaluate --classes`: heads compared at telling emotions apart, in processes."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from daf_core.errors import SettingsError
from daf_core.storage.output import embeddings_output
from daf_core.training.dataset import class_values
from daf_core.training.recipe import Recipe
from jobs.settings import EvaluateSettings
from jobs.verbs import evaluate
from tests.core.training.emotions import emotional_embeddings

RECIPE = Recipe(width=16, batch_rows=32, epochs=8, learning_rate=2e-2, average=0.0, balance=True)
CLASSES = "emotion=ang,hap+exc,neu,sad"


@pytest.fixture(autouse=True)
def _no_ray(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("RAY_ADDRESS", raising=False)


@pytest.fixture(scope="module")
def embeddings(tmp_path_factory: pytest.TempPathFactory) -> str:
    return emotional_embeddings(str(tmp_path_factory.mktemp("embeddings")))


def settings(embeddings: str, out: Path, **changes: object) -> EvaluateSettings:
    usual = {"heads": ["daf", "audio"], "baseline": "audio", "seeds": 1, "classes": CLASSES}
    usual |= {"recipe": RECIPE} | changes
    return EvaluateSettings(embeddings=embeddings, out=str(out), **usual)


def test_tables_of_classes_and_a_second_run_does_nothing(embeddings, tmp_path):
    said = evaluate.run(settings(embeddings, tmp_path))
    assert "2 trials on 270 train, 90 validation, 90 test rows" in said
    assert "MAE" not in said
    daf, audio = pq.read_table(tmp_path / "heads.parquet").to_pylist()
    assert daf["uar"] > 0.8 > audio["uar"]
    assert daf["difference_mean"] == pytest.approx(audio["uar"] - daf["uar"])
    confusion = pq.read_table(tmp_path / "confusion.parquet").to_pylist()
    assert [row["class"] for row in confusion] == ["ang", "hap+exc", "neu", "sad"] * 2
    for row in confusion:
        assert sum(value for name, value in row.items() if name.startswith("as_")) == (
            pytest.approx(1)
        )
    recalls = [row["recall"] for row in confusion if row["head"] == "daf"]
    assert sum(recalls) / 4 == pytest.approx(daf["uar"])
    assert "| class" in (tmp_path / "confusion.md").read_text()
    assert r"\toprule" in (tmp_path / "confusion.tex").read_text()
    assert not (tmp_path / "groups.md").exists()
    record = json.loads((tmp_path / "run.json").read_text())
    assert record["identity"]["classes"] == CLASSES
    assert record["data"]["rows"] == {"train": 270, "valid": 90, "test": 90}
    # The labels are those of the source, whatever order rows are trained in.
    source = embeddings_output(embeddings)
    rows = source.read(source.part_names()[0], ["utterance_id", "meta"])
    ids = rows["utterance_id"].to_pylist()
    emotion = dict(zip(ids, class_values(rows, "emotion"), strict=True))
    trial = pq.read_table(tmp_path / "trials" / "daf-0.parquet").to_pylist()
    assert all(emotion[row["utterance_id"]] in row["label"].split("+") for row in trial)

    again = evaluate.run(settings(embeddings, tmp_path))
    assert "2 were done before" in again
    with pytest.raises(SettingsError, match=r'classes was "emotion=ang,hap\+exc,neu,sad", is "emo'):
        evaluate.run(settings(embeddings, tmp_path, classes="emotion"))


def test_what_classes_do_not_go_with_is_refused(embeddings, tmp_path):
    for changes, said in (
        ({"classes": "emotion=ang"}, "`classes` emotion=ang: expected two classes or more"),
        ({"search": 3}, "`classes`: expected no `search`"),
        ({"recipe": Recipe(calibrate_for="speakers")}, "`classes`: expected no `calibrate_for`"),
    ):
        with pytest.raises(SettingsError, match=said):
            settings(embeddings, tmp_path, **changes)
    for classes, said in (
        ("emotions", r"`classes` emotions: .*, found emotion, session; did you mean emotion\?"),
        ("emotion=ang,joy", "`classes` joy: expected a value that emotion has in"),
    ):
        with pytest.raises(SettingsError, match=said):
            evaluate.run(settings(embeddings, tmp_path / "out", classes=classes))
        assert not (tmp_path / "out").exists()


def test_without_a_baseline_heads_are_compared_with_concat_or_the_first(embeddings, tmp_path):
    said = evaluate.run(settings(embeddings, tmp_path / "one", baseline=None, heads=["audio"]))
    assert "minus that of audio" in said
    heads = ["audio", "concat"]
    said = evaluate.run(settings(embeddings, tmp_path / "two", baseline=None, heads=heads))
    assert "minus that of concat" in said
