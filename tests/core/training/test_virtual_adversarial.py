"""Virtual adversarial training: the worst direction is found, and training smooths it."""

from dataclasses import replace

import pytest
import torch
from torch import nn

from daf_core.heads import HEADS, build
from daf_core.heads.parts import DropoutMasks, Features, Prediction
from daf_core.heads.sentiment_bins import NUM_BINS
from daf_core.training.virtual_adversarial import vat_loss

SHAPES = {"text": (2, 4), "audio": (1, 3), "text_frames": (2, 4), "audio_frames": (2, 3)}


def features(rows: int, noise_seed: int = 0, own: list[int] | None = None) -> Features:
    generator = torch.Generator().manual_seed(1)
    values = {
        name: torch.randn(rows, *shape, generator=generator) for name, shape in SHAPES.items()
    }
    kept = torch.arange(rows) if own is None else torch.tensor(own)
    masks = DropoutMasks(torch.Generator().manual_seed(noise_seed), rows, kept)
    present = torch.tensor([[True, row % 2 == 0] for row in range(rows)])
    values = {name: value[kept].half() for name, value in values.items()}
    return Features(values, present[kept], masks, standard=True)


class OneFeature(nn.Module):
    """A head that reads one feature of the text."""

    def forward(self, features: Features) -> Prediction:
        feature = features.values["text"][:, 1, 2].float()
        return Prediction(feature[:, None] * torch.arange(NUM_BINS) / NUM_BINS)


def test_it_moves_the_feature_that_decides() -> None:
    """The whole move, of all 25 values, goes into the one feature that is read."""
    rows, radius = features(6), 0.2
    found = vat_loss(OneFeature(), rows, radius)
    still = OneFeature()(rows).logits.log_softmax(dim=1)
    far = []
    for side in (-1, 1):
        moved = {name: value.float() for name, value in rows.values.items()}
        moved["text"][:, 1, 2] += side * radius * 25**0.5
        other = OneFeature()(replace(rows, values=moved)).logits.log_softmax(dim=1)
        far.append((still.exp() * (still - other)).sum(dim=1))
    either = torch.stack(far)
    closest = (either - found).abs().min(dim=0).values
    torch.testing.assert_close(closest, torch.zeros(6), rtol=0, atol=1e-4)
    assert (found > 1e-3).all()


@pytest.mark.parametrize("kind", list(HEADS))
def test_the_loss_is_not_negative_and_each_row_has_its_own(kind: str) -> None:
    torch.manual_seed(0)
    head = build(kind, SHAPES, 8)
    whole = vat_loss(head, features(6), 0.5)
    assert whole.shape == (6,)
    assert (whole > -1e-6).all()
    own = vat_loss(head, features(6, own=[1, 4]), 0.5)
    torch.testing.assert_close(own, whole[[1, 4]], rtol=1e-3, atol=1e-5)


def test_training_on_it_makes_predictions_steadier() -> None:
    torch.manual_seed(0)
    head = build("concat", SHAPES, 8)
    optimiser = torch.optim.Adam(head.parameters(), lr=0.01)
    before = vat_loss(head, features(20), 0.5).mean()
    for step in range(30):
        optimiser.zero_grad()
        vat_loss(head, features(20, noise_seed=step), 0.5).mean().backward()
        optimiser.step()
    assert vat_loss(head, features(20), 0.5).mean() < 0.5 * before
