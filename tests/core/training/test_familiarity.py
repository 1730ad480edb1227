"""Familiarity: a percentile among rows like the training rows, and near zero for strange ones."""

import numpy as np
import torch

from daf_core.embeddings.columns import HalfArray
from daf_core.heads.familiarity import Familiarity
from daf_core.schemas import UNFAMILIAR_BELOW
from daf_core.training.familiarity import LEAST_ROWS, LEAST_STRANGE, fit_familiarity
from daf_core.training.rows import Rows

SHAPES = {"text": (3, 24), "audio_wide": (2, 16)}


def drawn(rows: int, seed: int, shift: float = 0.0) -> Rows:
    """Correlated rows; the audio of every third is absent."""
    generator = torch.Generator().manual_seed(seed)
    mixing = torch.randn(24, 24, generator=torch.Generator().manual_seed(0))
    values = {}
    for name, (layers, features) in SHAPES.items():
        own = (
            torch.randn(rows, layers, features, generator=generator) @ mixing[:features, :features]
        )
        values[name] = (own + shift).half()
    present = torch.ones(rows, 2, dtype=torch.bool)
    present[::3, 1] = False
    return Rows(values, present, torch.zeros(rows))


def test_familiarity_is_a_percentile_among_held_out_rows() -> None:
    found = fit_familiarity(drawn(4000, 1), drawn(1000, 2), SHAPES)
    assert set(found) == {"text", "audio_wide"}
    for name, own in found.items():
        others = own.measure(drawn(2000, 3).values[name].numpy())
        for share in (0.1, 0.5, 0.9):
            assert abs((others < share).mean() - share) < 0.05
        strange = own.measure(drawn(200, 4, shift=8.0).values[name].numpy())
        assert (strange < UNFAMILIAR_BELOW).all()


def test_a_modality_that_few_rows_have_is_not_measured() -> None:
    few = drawn(LEAST_ROWS * 3 // 2 - 3, 2)  # two in three have audio
    assert set(fit_familiarity(drawn(500, 1), few, SHAPES)) == {"text"}


def test_rows_in_a_flat_space_are_measured_in_what_varies() -> None:
    train, held_out = drawn(500, 1), drawn(300, 2)
    for rows in (train, held_out):
        rows.values["text"][:, :, 12:] = 1.0  # constant in training
    own = fit_familiarity(train, held_out, {"text": SHAPES["text"]})["text"]
    assert own.whitening.shape[1] <= 12
    assert np.isfinite(own.measure(held_out.values["text"].numpy())).all()


def test_stored_tensors_measure_the_same() -> None:
    own = fit_familiarity(drawn(500, 1), drawn(300, 2), SHAPES)["text"]
    values = drawn(50, 3).values["text"].numpy()
    again = Familiarity.from_tensors(own.tensors())
    assert np.array_equal(own.measure(values), again.measure(values))


def test_rows_that_the_corpus_calls_strange_are_never_familiar() -> None:
    """They lie 3.5 deviations off, of which the distance in 24 directions sees little."""

    def moved(rows: int, seed: int) -> Rows:
        mixing = torch.randn(24, 24, generator=torch.Generator().manual_seed(0))
        found = drawn(rows, seed)
        found.values["text"] += 3.5 * mixing[0].half()
        return found

    train, held_out, strange = drawn(4000, 1), drawn(1000, 2), moved(200, 4)
    plain = fit_familiarity(train, held_out, SHAPES)["text"]
    own = fit_familiarity(train, held_out, SHAPES, strange)["text"]
    others, normal = (rows.values["text"].numpy() for rows in (moved(400, 5), drawn(1000, 6)))

    def unfamiliar(measure: Familiarity, values: HalfArray) -> float:
        return float((measure.measure(values) < UNFAMILIAR_BELOW).mean())

    assert unfamiliar(plain, others) < 0.5
    assert unfamiliar(own, others) > 0.85
    assert unfamiliar(own, normal) < 0.12
    again = Familiarity.from_tensors(own.tensors())
    assert np.array_equal(own.measure(others), again.measure(others))
    few = moved(LEAST_STRANGE - 1, 4)
    assert fit_familiarity(train, held_out, SHAPES, few)["text"].plane is None
