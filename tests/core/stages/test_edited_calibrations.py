"""Calibrations that nobody can have measured are refused; those of the packaged heads are not."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from daf_core.default_heads import default_heads, head_folder
from daf_core.errors import SettingsError
from daf_core.heads.sentiment_bins import LOWEST, NUM_BINS, STEP
from daf_core.measures.calibration import shape_of
from daf_core.measures.calibration_range import DEVIATIONS, MEANS, problem, usual_shapes
from daf_core.measures.calibration_values import LEAST_SHARE, SHAPE_FEATURES
from daf_core.measures.conformal import fit_share
from daf_core.stages.head_json import checked_record

PACKAGED = [
    (head, name)
    for head in default_heads()
    for name in json.loads(Path(head_folder(head), "head.json").read_text())["calibrations"]
]


def record_of(head: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Path(head_folder(head), "head.json").read_text())
    return found


@pytest.mark.parametrize(("head", "name"), PACKAGED)
@pytest.mark.parametrize(
    ("field", "value"),
    [
        *[("mass", value) for value in (2, 2.0, 1e-9, 0.0, -1.0, 1e6, -1e6)],
        *[("temperature", value) for value in (0.0, -1.0, 0.19, 5.01, 1e3, 1e-3)],
        *[("rows", value) for value in (0, -1, 1.5)],
    ],
)
def test_numbers_out_of_their_ranges_are_refused(head, name, field, value) -> None:
    record = record_of(head)
    checked_record(record, "head.json")
    record["calibrations"][name][field] = value
    with pytest.raises(SettingsError, match=rf"^head\.json: calibrations\.{name}.*{field}") as said:
        checked_record(record, "head.json")
    assert "\n" not in str(said.value)


@pytest.mark.parametrize(("head", "name"), PACKAGED)
@pytest.mark.parametrize("slope", [1e3, -1e3, 1e6])
def test_absurd_slopes_are_refused(head, name, slope) -> None:
    record = record_of(head)
    record["calibrations"][name]["slopes"] = [slope] * SHAPE_FEATURES
    with pytest.raises(SettingsError, match="with these slopes"):
        checked_record(record, "head.json")


def test_shapes_are_those_that_intervals_go_by() -> None:
    values = LOWEST + STEP * torch.arange(NUM_BINS, dtype=torch.float64)
    logits = [-(((values - mean) / one) ** 2) / 2 for mean in MEANS for one in DEVIATIONS]
    np.testing.assert_allclose(usual_shapes(), shape_of(torch.stack(logits)).numpy(), atol=1e-9)


@given(st.floats(0, 1), st.integers(9, 60))
def test_what_is_measured_passes(sharpness: float, rows: int) -> None:
    labels = torch.linspace(-3, 3, rows)
    values = LOWEST + STEP * torch.arange(NUM_BINS)
    logits = -((values - labels[:, None]) ** 2) * (1 + 100 * sharpness)
    mass, slopes = fit_share(logits, labels)
    assert problem(mass, [*slopes]) is None
    assert LEAST_SHARE <= mass <= 1
