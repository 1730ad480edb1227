"""Results of trials: published and read back, summed up by head, and told in a model card."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from huggingface_hub import ModelCard

from daf_core.errors import SettingsError
from daf_core.evaluation.control_results import rendered_controls, weight_controls
from daf_core.evaluation.model_card import model_card
from daf_core.evaluation.results import difference_of, rendered, standings
from daf_core.evaluation.trial import Trial, TrialFacts, TrialResult, is_published
from daf_core.storage.output import trials_output

ROWS = 40


def result(head: str, seed: int, shift: float) -> TrialResult:
    """A trial whose errors are all `shift`; without audio they are larger where its weight is."""
    label = np.linspace(-2, 2, ROWS).astype(np.float32)
    weight = np.linspace(0, 1, ROWS).astype(np.float32)
    rows = pa.table(
        {
            "utterance_id": [f"u{row}" for row in range(ROWS)],
            "label": label,
            "sentiment": label + np.float32(shift),
            "text_weight": 1 - weight,
            "audio_weight": weight,
            "uniform_weights": label,
            "no_audio": label + np.float32(shift) + weight,
        }
    )
    facts = TrialFacts(
        head=head,
        seed=seed,
        test={"mae": shift},
        valid={"mae": shift},
        three_classes=False,
        parameters=7,
        seconds=1.5,
        best_epoch=0,
        history=[{"epoch": 0, "train_loss": 1.0, "valid_mae": 1.0}],
    )
    return TrialResult(rows, facts)


TRIALS = [result("daf", 0, 0.2), result("daf", 1, 0.4), result("concat", 0, 0.5)]


def test_a_published_result_is_read_back(tmp_path):
    output, trial = trials_output(str(tmp_path)), Trial("daf", 1)
    assert not is_published(output, trial, "abc")
    TRIALS[1].publish(output, "abc")
    assert is_published(output, trial, "abc")
    assert not is_published(output, trial, "of other settings")
    read = TrialResult.read(output, trial)
    assert read.facts == TRIALS[1].facts
    assert read.rows.equals(TRIALS[1].rows)
    with pytest.raises(SettingsError, match=r"daf-2\.parquet"):
        TrialResult.read(output, Trial("daf", 2))


def test_standings_by_hand():
    daf, concat = standings(TRIALS, baseline="concat")
    assert (daf.head, daf.seeds, daf.parameters, daf.seconds) == ("daf", 2, 7, 1.5)
    assert daf.mean["mae"] == pytest.approx(0.3)
    assert daf.deviation["mae"] == pytest.approx(0.02**0.5)
    assert daf.interval == pytest.approx((0.2, 0.4))  # both seeds the better, or the worse one
    assert daf.difference.mean == pytest.approx(-0.2, abs=1e-6)
    assert concat.difference is None
    assert np.isnan(concat.deviation["mae"])
    assert [*daf.as_row()] == [
        *("head", "seeds", "three_classes", "mae", "mae_deviation", "mae_low", "mae_high"),
        *("parameters", "seconds"),
        *("difference_mean", "difference_low", "difference_high", "difference_p"),
    ]
    assert "0.300 ± 0.141" in rendered([daf, concat], "github")


def test_heads_that_join_the_same_parts_are_compared_training_by_training():
    """What a seed does to both is no doubt about their difference."""

    def trained(head, shift):
        own = [result(head, seed, shift + seed / 10) for seed in range(3)]
        names = [f"seed {seed}" for seed in range(3)]
        return [
            replace(one, facts=replace(one.facts, parameters_sha256=name))
            for one, name in zip(own, names, strict=True)
        ]

    daf, stacked = trained("daf", 0.2), trained("stacked", 0.3)
    found = difference_of(daf, stacked)
    assert (found.low, found.high) == pytest.approx((-0.1, -0.1), abs=1e-6)
    unknown = [result("stacked", seed, 0.3 + seed / 10) for seed in range(3)]
    for other in ([*reversed(stacked)], unknown):
        assert difference_of(daf, other).high > -0.05


def test_controls_by_hand():
    uniform, absent, *of_concat = weight_controls(TRIALS)
    assert [row.control for row in of_concat] == ["uniform_weights", "no_audio"]
    assert (uniform.head, uniform.control, uniform.weight_correlation) == (
        "daf",
        "uniform_weights",
        None,
    )
    assert uniform.difference.mean == pytest.approx(-0.3, abs=1e-6)
    assert absent.weight_correlation == pytest.approx(1)
    assert absent.difference.mean == pytest.approx(0.5, abs=1e-6)
    assert "weight_correlation" not in uniform.as_row()
    assert "+1.00" in rendered_controls([uniform, absent], "simple")


def test_a_model_card_has_metadata_and_metrics():
    rows = {"train": 9, "valid": 3, "test": 0}
    facts = {
        "data": {"embeddings": "e", "fingerprint": "f", "splits": "as given", "rows": rows}
        | {"also": [{"embeddings": "more", "rows": 4}]},
        "recipe": {"calibrate_for": "speakers"},
        "metrics": {"train": {"mae": 0.25}, "valid": {"mae": 0.5}, "test": {}},
        "seed": 3,
        "best_epoch": 0,
        "history": [{"epoch": 0}, {"epoch": 1}],
    }
    card = ModelCard(str(model_card("daf", facts)))
    assert card.data.library_name == "daf"
    assert "daf" in card.data.tags
    assert "mae" in card.data.metrics
    assert "| valid   | 3      | 0.500" in card.text
    assert "epoch 1 of\n2." in card.text
    assert "4 train rows of more" in card.text
    assert "train rows, as of unseen speakers" in card.text
    assert "| test" not in card.text
