"""Heads: what must hold of each, and the fusion by hand."""

import pytest
import torch

from daf_core.errors import SettingsError
from daf_core.heads import HEADS, build
from daf_core.heads.fusion import WeightedFusion
from daf_core.heads.streams import Features, LayerMix, Noise

STREAMS = {"text": (3, 8), "audio": (2, 6), "audio_2": (1, 5)}


def features(rows: int, present: torch.Tensor, seed: int = 0) -> Features:
    generator = torch.Generator().manual_seed(seed)
    values = {
        name: torch.randn(rows, *shape, generator=generator) for name, shape in STREAMS.items()
    }
    return Features(values, present)


@pytest.fixture(params=list(HEADS))
def head(request: pytest.FixtureRequest) -> torch.nn.Module:
    torch.manual_seed(0)
    return build(request.param, STREAMS, width=16)


def test_weights_sum_to_one_and_are_zero_where_absent(head: torch.nn.Module) -> None:
    present = torch.tensor([[True, True], [True, False], [False, True]])
    weights = head(features(3, present)).weights
    if weights is None:
        pytest.skip("this head has no weights")
    assert (weights[~present] == 0).all()
    usable = weights.sum(dim=1) > 0  # a single head has none for a row that lacks its modality
    torch.testing.assert_close(weights[usable].sum(dim=1), torch.ones(int(usable.sum())))


def test_an_absent_modality_changes_nothing(head: torch.nn.Module) -> None:
    present = torch.tensor([[True, False]] * 4)
    one, other = features(4, present, seed=1), features(4, present, seed=2)
    other.values["text"] = one.values["text"]
    torch.testing.assert_close(head(one).sentiment, head(other).sentiment)


def test_a_row_does_not_depend_on_its_batch(head: torch.nn.Module) -> None:
    whole = features(5, torch.ones(5, 2, dtype=torch.bool))
    alone = Features({name: value[2:3] for name, value in whole.values.items()}, whole.present[2:3])
    torch.testing.assert_close(head(whole).sentiment[2:3], head(alone).sentiment)


def test_daf_weighs_each_utterance_and_static_does_not() -> None:
    rows = features(6, torch.ones(6, 2, dtype=torch.bool))
    torch.manual_seed(0)
    spread = {kind: build(kind, STREAMS, 16)(rows).weights.std(dim=0) for kind in ("daf", "static")}
    assert (spread["daf"] > 1e-4).all()
    assert (spread["static"] == 0).all()


def test_weighted_fusion_by_hand() -> None:
    """Scores (ln 3, 0) give weights (3/4, 1/4); confidence 0 counts once; with f silent the answer
    is the pool of both opinions, each to the power of twice its weight."""
    fusion = WeightedFusion(width=1)
    seen: list[torch.Tensor] = []
    fusion.fuse.register_forward_hook(lambda module, args, output: seen.append(args[0]))
    with torch.no_grad():
        for parameter in fusion.fuse.out.parameters():
            parameter.zero_()
    sides = torch.tensor([[[4.0], [8.0]]])
    both = Features({}, torch.tensor([[True, True]]))
    scores = torch.tensor([[torch.log(torch.tensor(3.0)), 0.0, 0.0]])
    said = fusion(sides, scores, both)
    torch.testing.assert_close(said.weights, torch.tensor([[0.75, 0.25]]))
    torch.testing.assert_close(seen[0], torch.tensor([[6.0, 4.0]]))
    words, voice = said.side_logits.softmax(dim=2)[0]
    pool = words**1.5 * voice**0.5
    torch.testing.assert_close(said.logits.softmax(dim=1)[0], pool / pool.sum())
    told = fusion(sides, scores, both, torch.tensor([[0.0, 1.0]]))
    torch.testing.assert_close(told.logits.softmax(dim=1)[0], voice**2 / (voice**2).sum())
    alone = fusion(sides, scores, Features({}, torch.tensor([[True, False]])))
    torch.testing.assert_close(alone.logits.softmax(dim=1)[0], words**2 / (words**2).sum())


def test_late_fusion_is_the_mean_of_both_opinions() -> None:
    torch.manual_seed(0)
    said = build("late", STREAMS, 16)(features(5, torch.ones(5, 2, dtype=torch.bool)))
    mean = said.side_logits.softmax(dim=2).mean(dim=1)
    torch.testing.assert_close(said.logits.softmax(dim=1), mean)


def test_layer_mix_by_hand() -> None:
    """(x - mean) / deviation per layer and feature, then the softmax-weighted sum of layers."""
    mix = LayerMix(layers=2, features=2)
    mix.standardise_on(
        torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.tensor([[2.0, 1.0], [1.0, 0.0]])
    )
    with torch.no_grad():
        mix.layer_logits.copy_(torch.log(torch.tensor([1.0, 3.0])))
    mixed = mix(torch.tensor([[[5.0, 1.0], [4.0, 7.0]]]), standard=False)
    # layer 0: ((5-1)/2, 1) = (2, 1); layer 1: (4, 0: a constant feature); weights 1/4 and 3/4
    torch.testing.assert_close(mixed, torch.tensor([[3.5, 0.25]]))


def test_noise_belongs_to_rows_not_to_workers() -> None:
    def drawn(own: list[int]) -> torch.Tensor:
        return Noise(torch.Generator().manual_seed(3), 4, torch.tensor(own)).uniform(5)

    torch.testing.assert_close(drawn([0, 1, 2, 3])[[1, 3]], drawn([1, 3]))


@pytest.mark.parametrize("kind", ["text", "audio"])
def test_a_single_head_needs_its_modality(kind: str) -> None:
    other = {name: shape for name, shape in STREAMS.items() if not name.startswith(kind)}
    with pytest.raises(SettingsError, match=f"needs training rows with {kind}"):
        build(kind, other, 16)


def test_an_unknown_head_is_named() -> None:
    with pytest.raises(SettingsError, match=r"'foo'.*expected one of daf"):
        build("foo", STREAMS, 16)
