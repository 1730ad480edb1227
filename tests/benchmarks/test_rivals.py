"""One head against each of its rivals."""

import numpy as np
import pyarrow as pa
import pytest

from benchmarks.science.rivals import differences, holm, rendered_rivals
from daf_core.evaluation.trial import TrialFacts, TrialResult


def trial(head: str, seed: int, error: float) -> TrialResult:
    """200 rows that are off by `error` on average."""
    draw = np.random.default_rng(seed)
    rows = {"label": np.zeros(200), "sentiment": draw.uniform(0, 2 * error, 200)}
    facts = TrialFacts(head, seed, {}, {}, False, 0, 0.0, 0, [])
    return TrialResult(pa.table(rows), facts)


def test_each_rival_is_compared_and_the_p_values_are_corrected_for_their_number() -> None:
    errors = {"daf": 0.5, "static": 0.8, "late": 0.5, "tfn": 0.1}
    trials = [trial(head, seed, error) for head, error in errors.items() for seed in range(3)]
    found = differences(trials)
    assert [*found] == ["static", "late", "tfn"]
    assert found["tfn"].low > 0
    assert found["static"].high < 0
    assert found["late"].low <= 0 <= found["late"].high
    lines = rendered_rivals(trials).splitlines()
    assert len(lines) == 5
    assert "< .001" in lines[2]
    assert rendered_rivals(trials[3:]) == ""


@pytest.mark.parametrize(
    ("p_values", "corrected"),
    [([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]), ([0.5, 0.9], [1.0, 1.0]), ([0.02], [0.02])],
)
def test_holm(p_values: list[float], corrected: list[float]) -> None:
    """By hand: the least p times their number, the next times one less, and never falling."""
    assert holm(p_values) == pytest.approx(corrected)
