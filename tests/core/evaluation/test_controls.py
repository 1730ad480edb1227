"""Controls: what must hold for each of them, with any head."""

import pytest
import torch

from daf_core.evaluation.controls import controls
from daf_core.heads import build
from daf_core.training.loop import predict
from daf_core.training.rows import Rows

SHAPES = {"text": (2, 6), "audio": (1, 5)}
WEIGHTS = {"permuted_weights", "mean_weights", "uniform_weights", "best_weights"}
TEXT = {"other_text", "no_text"}
MODALITIES = {*TEXT, "other_audio", "no_audio"}
KEYS = {"concat": MODALITIES, "text": TEXT}


def rows(missing: int = 4) -> Rows:
    """40 rows, the first of them without audio."""
    generator = torch.Generator().manual_seed(0)
    values = {
        name: torch.randn(40, *shape, generator=generator).half() for name, shape in SHAPES.items()
    }
    present = torch.ones(40, 2, dtype=torch.bool)
    present[:missing, 1] = False
    return Rows(values, present, torch.zeros(40))


def found(kind: str) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    head, test = build(kind, SHAPES, 8), rows()
    prediction = predict(head, test)
    return prediction.sentiment, controls(head, test, prediction, seed=1)


@pytest.mark.parametrize("kind", ["daf", "stacked", "static", "late", "concat", "text"])
def test_rows_without_both_modalities_are_left_as_they_are(kind: str) -> None:
    own, controlled = found(kind)
    assert controlled.keys() == KEYS.get(kind, WEIGHTS | MODALITIES)
    for sentiment in controlled.values():
        torch.testing.assert_close(sentiment[:4], own[:4])


def test_weights_that_are_all_the_same_can_be_exchanged() -> None:
    own, controlled = found("static")
    for name in ("permuted_weights", "mean_weights"):
        torch.testing.assert_close(controlled[name], own)


def test_an_utterance_s_own_weights_matter_to_daf() -> None:
    own, controlled = found("daf")
    for name in WEIGHTS:
        assert (controlled[name][4:] != own[4:]).any()
    assert (controlled["best_weights"].abs() <= own.abs()).all()  # labels are 0
    assert controlled["best_weights"].abs().mean() < controlled["uniform_weights"].abs().mean()


def test_the_text_of_another_utterance_matters_to_a_head_of_text() -> None:
    own, controlled = found("text")
    assert (controlled["other_text"][4:] != own[4:]).any()


def test_without_a_row_that_has_both_there_is_nothing_to_control() -> None:
    head, test = build("daf", SHAPES, 8), rows(missing=40)
    assert controls(head, test, predict(head, test), seed=0) == {}
