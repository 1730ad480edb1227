"""Trials of classes: what they measure, their controls, and the tables made of them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.evaluation.class_trial import run_class_trials
from daf_core.evaluation.confusion import confusion_table, confusions
from daf_core.evaluation.control_results import rendered_controls, weight_controls
from daf_core.evaluation.figures import learning_curves
from daf_core.evaluation.results import explained, rendered, standings
from daf_core.evaluation.trial import Trial, TrialFacts, TrialResult
from daf_core.evaluation.use import tables_of_use
from daf_core.measures.metrics import class_metrics
from daf_core.one_thread import one_thread
from daf_core.storage.output import embeddings_output, trials_output
from daf_core.training.class_corpora import class_corpora
from daf_core.training.classes import Classes
from daf_core.training.recipe import Recipe
from tests.core.adaptation.archives import SHAPES
from tests.core.training.emotions import emotional_embeddings

RECIPE = Recipe(width=16, batch_rows=32, epochs=14, learning_rate=2e-2, average=0.0)
CLASSES = ["ang", "neu", "hap+exc", "sad"]


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[TrialResult]]:
    source = embeddings_output(emotional_embeddings(str(tmp_path_factory.mktemp("emotions"))))
    corpus, _ = class_corpora(Classes.from_text(f"emotion={','.join(CLASSES)}"), source, [])
    asked = [Trial("daf", 0), Trial("audio", 0), Trial("audio", 1)]
    with one_thread():
        yield [
            result
            for trial in asked
            for result in run_class_trials([trial], corpus, [], SHAPES, RECIPE)
        ]


def trial(head: str, label: list[str], predicted: list[str]) -> TrialResult:
    rows = pa.table({"label": label, "predicted": predicted})
    return TrialResult(rows, TrialFacts(head, 0, {}, {}, False, 0, 0.0, 0, []))


def test_a_head_of_words_tells_what_words_show_and_one_of_voices_what_voices_show(trials):
    daf, audio, _ = trials
    assert daf.facts.test["uar"] > 0.9
    assert daf.facts.valid["uar"] > 0.9
    assert audio.facts.test["uar"] < 0.8
    assert set(daf.rows["label"].to_pylist()) == set(CLASSES)
    found = {row.name: row.recall for row in confusions([audio], CLASSES)}
    assert min(found["ang"], found["sad"]) > found["hap+exc"]
    assert daf.facts.test == class_metrics(
        daf.rows["predicted"].to_numpy(), daf.rows["label"].to_numpy()
    )


LABELS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda pair: [f"c{n}" for n in pair]),
    min_size=1,
    max_size=60,
)


@given(LABELS)
def test_the_mean_error_is_one_minus_uar(pairs: list[list[str]]) -> None:
    label, predicted = (list(one) for one in zip(*pairs, strict=True))
    uar = class_metrics(np.array(predicted), np.array(label))["uar"]
    assert trial("daf", label, predicted).errors().mean() == pytest.approx(1 - uar)


def test_confusion_by_hand() -> None:
    label = ["a", "a", "a", "a", "b"]
    seeds = [trial("daf", label, [*"aaab", "b"]), trial("daf", label, [*"aabb", "c"])]
    first, second = confusions(seeds, ["a", "b", "c"])
    assert (first.name, first.rows, first.recall) == ("a", 4, 0.625)
    assert first.shares == {"a": 0.625, "b": 0.375, "c": 0.0}
    assert second.shares == {"a": 0.0, "b": 0.5, "c": 0.5}
    table = confusion_table(seeds, ["a", "b", "c"])
    assert table.rows[1] == {
        "head": "daf",
        "class": "b",
        "rows": 1,
        "recall": 0.5,
        "as_a": 0.0,
        "as_b": 0.5,
        "as_c": 0.5,
    }
    assert "0.625" in table.shown()


def test_the_difference_is_that_of_one_minus_uar(trials):
    daf, audio = standings(trials, baseline="audio")
    assert daf.difference.mean == pytest.approx(audio.mean["uar"] - daf.mean["uar"])
    assert daf.difference.high < 0
    shown = rendered([daf, audio], "simple")
    for name in ("UAR", "weighted F1", "accuracy", "macro F1"):
        assert name in shown
    assert "MAE" not in shown
    note = explained([daf, audio], "audio", trials)
    assert "1 - UAR minus that of audio" in note
    assert "MAE" not in note
    assert daf.as_row()["uar"] == daf.mean["uar"]


def test_controls_are_classes_and_those_of_words_cost_most(trials):
    controls = {row.control: row for row in weight_controls(trials[:1])}
    assert set(controls) == {
        *("permuted_weights", "mean_weights", "uniform_weights", "best_weights"),
        *("other_text", "no_text", "other_audio", "no_audio"),
    }
    assert controls["no_text"].error > controls["no_audio"].error
    assert controls["best_weights"].difference.mean <= 0
    for name in controls:
        assert set(trials[0].rows[name].to_pylist()) <= set(CLASSES)
    row = controls["no_text"].as_row()
    assert row["uar"] == pytest.approx(1 - controls["no_text"].error)
    assert "MAE" not in rendered_controls([*controls.values()], "github")


def test_tables_of_use_have_no_groups_and_speak_of_classes(trials):
    weights, controls = tables_of_use(trials)
    assert (weights.name, controls.name) == ("weights", "controls")
    for table in (weights, controls):
        assert "MAE" not in table.shown()
        assert "polarity" not in table.shown()


def test_a_result_is_read_back_and_drawn(trials, tmp_path: Path):
    output = trials_output(str(tmp_path))
    trials[0].publish(output, "abc")
    read = TrialResult.read(output, Trial("daf", 0))
    assert read == trials[0]
    assert (read.errors() == trials[0].errors()).all()
    drawn = learning_curves([one.facts for one in trials])
    assert drawn.startswith(b"\x89PNG")
