"""The spread of modality weights, by hand and of heads that have none or always the same."""

import numpy as np
import pyarrow as pa
import pytest

from daf_core.evaluation.trial import TrialFacts, TrialResult
from daf_core.evaluation.weights import rendered_spreads, weight_spreads

# Row 0 has text alone; of the others the audio is better the larger its weight is.
WEIGHT = [0.0, 0.2, 0.4, 0.6, 0.8]
NO_AUDIO = [0.5, 1.1, 1.2, 1.3, 1.4]
OWN = [0.5, 1.0, 1.0, -1.0, 1.0]
MEAN = [0.5, 1.0, 1.0, 1.0, 1.0]


def trial(head: str, seed: int = 0, **columns: list[float] | None) -> TrialResult:
    usual: dict[str, list[float] | None] = {
        "label": [1.0] * 5,
        "sentiment": OWN,
        "audio_weight": WEIGHT,
        "mean_weights": MEAN,
        "no_audio": NO_AUDIO,
        "no_text": [1.0] * 5,
    }
    found = {name: value for name, value in (usual | columns).items() if value is not None}
    table = pa.table({name: pa.array(value, pa.float32()) for name, value in found.items()})
    return TrialResult(table, TrialFacts(head, seed, {}, {}, False, 0, 0.0, 0, []))


def test_spread_by_hand() -> None:
    (found,) = weight_spreads([trial("daf"), trial("daf", 1)])
    assert (found.head, found.mean, found.median) == ("daf", pytest.approx(0.5), pytest.approx(0.5))
    assert found.deviation == pytest.approx(np.std([0.2, 0.4, 0.6, 0.8]))
    assert (found.lower, found.upper) == (pytest.approx(0.35), pytest.approx(0.65))
    assert found.changed == 0.25  # one of the four rows with both
    assert found.advantage == pytest.approx(1)
    shown = rendered_spreads([found], "simple")
    for text in ("0.50 ± 0.22", "0.35, 0.50, 0.65", "25.0 %", "+1.00"):
        assert text in shown


def test_weights_that_do_not_differ_or_cannot_be_replaced_have_no_figures_for_it() -> None:
    same = trial("static", audio_weight=[0.0, 0.5, 0.5, 0.5, 0.5])
    fixed = trial("gmu", mean_weights=None)
    first, second = weight_spreads([same, fixed])
    assert np.isnan(first.advantage)
    assert first.changed == 0.25
    assert np.isnan(second.changed)
    assert "nan" not in rendered_spreads([first, second], "github")


def test_heads_without_weights_or_rows_with_both_have_no_spread() -> None:
    none = trial("concat", audio_weight=[None] * 5)  # type: ignore[list-item]
    alone = trial("text", audio_weight=[0.0] * 5)
    one_side = trial("daf", no_text=None, no_audio=None)
    assert weight_spreads([none, alone, one_side]) == []
