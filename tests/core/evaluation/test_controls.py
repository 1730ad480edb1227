"""Controls: what must hold of each, whatever a head has learned."""

import pytest
import torch

from daf_core.evaluation.controls import controls
from daf_core.heads import build
from daf_core.training.loop import predict
from daf_core.training.rows import Rows

STREAMS = {"text": (2, 6), "audio": (1, 5)}
TOLD = {"permuted_weights", "mean_weights", "uniform_weights"}
OF_TEXT = {"other_text", "no_text"}
TAKEN = {*OF_TEXT, "other_audio", "no_audio"}
KEYS = {"concat": TAKEN, "text": OF_TEXT}


def rows(missing: int = 4) -> Rows:
    """40 rows, the first of them without audio."""
    generator = torch.Generator().manual_seed(0)
    values = {
        name: torch.randn(40, *shape, generator=generator).half() for name, shape in STREAMS.items()
    }
    present = torch.ones(40, 2, dtype=torch.bool)
    present[:missing, 1] = False
    return Rows(values, present, torch.zeros(40))


def found(kind: str) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    torch.manual_seed(0)
    head, test = build(kind, STREAMS, 8), rows()
    said = predict(head, test)
    return said.sentiment, controls(head, test, said, seed=1)


@pytest.mark.parametrize("kind", ["daf", "static", "late", "concat", "text"])
def test_rows_without_both_modalities_are_left_as_they_are(kind: str) -> None:
    own, controlled = found(kind)
    assert controlled.keys() == KEYS.get(kind, TOLD | TAKEN)
    for sentiment in controlled.values():
        torch.testing.assert_close(sentiment[:4], own[:4])


def test_weights_that_are_all_the_same_can_be_exchanged() -> None:
    own, controlled = found("static")
    for name in ("permuted_weights", "mean_weights"):
        torch.testing.assert_close(controlled[name], own)


def test_an_utterance_s_own_weights_matter_to_daf() -> None:
    own, controlled = found("daf")
    for name in TOLD:
        assert (controlled[name][4:] != own[4:]).any()


def test_another_utterance_s_words_matter_to_a_head_of_words() -> None:
    own, controlled = found("text")
    assert (controlled["other_text"][4:] != own[4:]).any()


def test_without_a_row_that_has_both_there_is_nothing_to_control() -> None:
    head, test = build("daf", STREAMS, 8), rows(missing=40)
    assert controls(head, test, predict(head, test), seed=0) == {}
