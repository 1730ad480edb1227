"""Heads: what must hold of each, and the fusion by hand."""

from dataclasses import replace

import pytest
import torch
from torch.nn import functional

from daf_core.embeddings.columns import MODALITIES
from daf_core.errors import SettingsError
from daf_core.heads import HEADS, build
from daf_core.heads.fusion import WeightedFusion
from daf_core.heads.lmf import RANK
from daf_core.heads.parts import AllLayers, DropoutMasks, Features, LayerMix
from daf_core.training.loss import loss_of
from daf_core.training.recipe import Recipe

SHAPES = {
    "text": (3, 8),
    "audio": (2, 6),
    "audio_2": (1, 5),
    "text_own_before": (3, 8),
    "audio_others_before": (2, 6),
    "text_frames": (4, 8),
    "audio_frames": (4, 6),
}


def features(rows: int, present: torch.Tensor, seed: int = 0) -> Features:
    generator = torch.Generator().manual_seed(seed)
    values = {
        name: torch.randn(rows, *shape, generator=generator) for name, shape in SHAPES.items()
    }
    return Features(values, present)


@pytest.fixture(params=list(HEADS))
def head(request: pytest.FixtureRequest) -> torch.nn.Module:
    torch.manual_seed(0)
    return build(request.param, SHAPES, width=16)


def test_weights_sum_to_one_and_are_zero_where_absent(head: torch.nn.Module) -> None:
    present = torch.tensor([[True, True], [True, False], [False, True]])
    weights = head(features(3, present)).weights
    if weights is None:
        pytest.skip("this head has no weights")
    assert (weights[~present] == 0).all()
    usable = weights.sum(dim=1) > 0  # a single head has none for a row that lacks its modality
    torch.testing.assert_close(weights[usable].sum(dim=1), torch.ones(int(usable.sum())))


@pytest.mark.parametrize("absent", ["text", "audio"])
def test_an_absent_modality_changes_nothing(head: torch.nn.Module, absent: str) -> None:
    present = torch.tensor([[name != absent for name in MODALITIES]] * 4)
    one, other = features(4, present, seed=1), features(4, present, seed=2)
    values = {name: (other if name.startswith(absent) else one).values[name] for name in one.values}
    prediction, again = head(one), head(replace(other, values=values))
    torch.testing.assert_close(prediction.logits, again.logits)
    torch.testing.assert_close(prediction.weights, again.weights)
    assert prediction.logits.isfinite().all()


def test_a_row_does_not_depend_on_its_batch(head: torch.nn.Module) -> None:
    whole = features(
        8, torch.tensor([[True, True], [True, False], [True, True], [False, True]] * 2)
    )
    order = [6, 2, 1]
    values = {name: value[order] for name, value in whole.values.items()}
    prediction, some = head(whole), head(Features(values, whole.present[order]))
    torch.testing.assert_close(prediction.logits[order], some.logits)
    if prediction.weights is not None:
        torch.testing.assert_close(prediction.weights[order], some.weights)


def test_all_of_a_head_is_trained(head: torch.nn.Module) -> None:
    """Every parameter gets a gradient; and a head's own loss is there while training only."""
    present = torch.tensor([[True, True], [True, False], [False, True]] * 4)
    rows = features(12, present)
    masks = DropoutMasks(torch.Generator().manual_seed(0), 12, torch.arange(12))
    assert head(rows).extra_loss is None
    training_rows = replace(rows, dropout_masks=masks)
    loss_of(head, training_rows, torch.zeros(12), torch.ones(4, 3), Recipe()).backward()
    read = {name for name, value in head.named_parameters() if value.grad is not None}
    assert read == {name for name, _ in head.named_parameters()}
    assert all(value.grad.isfinite().all() for value in head.parameters())


def test_daf_weighs_each_utterance_and_static_does_not() -> None:
    rows = features(6, torch.ones(6, 2, dtype=torch.bool))
    torch.manual_seed(0)
    spread = {kind: build(kind, SHAPES, 16)(rows).weights.std(dim=0) for kind in ("daf", "static")}
    assert (spread["daf"] > 1e-4).all()
    assert (spread["static"] == 0).all()


def test_weighted_fusion_by_hand() -> None:
    """Scores (ln 3, 0) give weights (3/4, 1/4), a confidence score of 0 gives 1. With f = 0 the
    prediction is the pool of both distributions, each to the power of twice its weight.
    """
    fusion = WeightedFusion(width=1)
    seen: list[torch.Tensor] = []
    fusion.fuse.register_forward_hook(lambda module, args, output: seen.append(args[0]))
    with torch.no_grad():
        for parameter in fusion.fuse.out.parameters():
            parameter.zero_()
    projections = torch.tensor([[[4.0], [8.0]]])
    both = Features({}, torch.tensor([[True, True]]))
    scores = torch.tensor([[torch.log(torch.tensor(3.0)), 0.0, 0.0]])
    found = fusion(projections, scores, both)
    torch.testing.assert_close(found.weights, torch.tensor([[0.75, 0.25]]))
    torch.testing.assert_close(seen[0], torch.tensor([[6.0, 4.0]]))
    text, audio = found.unimodal_logits.softmax(dim=2)[0]
    pool = text**1.5 * audio**0.5
    torch.testing.assert_close(found.logits.softmax(dim=1)[0], pool / pool.sum())
    given = fusion(projections, scores, both, torch.tensor([[0.0, 1.0]]))
    torch.testing.assert_close(given.logits.softmax(dim=1)[0], audio**2 / (audio**2).sum())
    alone = fusion(projections, scores, Features({}, torch.tensor([[True, False]])))
    torch.testing.assert_close(alone.logits.softmax(dim=1)[0], text**2 / (text**2).sum())


def test_late_fusion_is_the_mean_of_the_unimodal_distributions() -> None:
    torch.manual_seed(0)
    prediction = build("late", SHAPES, 16)(features(5, torch.ones(5, 2, dtype=torch.bool)))
    mean = prediction.unimodal_logits.softmax(dim=2).mean(dim=1)
    torch.testing.assert_close(prediction.logits.softmax(dim=1), mean)


def test_tensor_fusion_is_all_products() -> None:
    """Where a modality is absent, the products are the features of the other one."""
    torch.manual_seed(0)
    head, seen = build("tfn", SHAPES, 16), []
    head.fuse.register_forward_hook(lambda module, args, output: seen.append(args[0]))
    rows = features(2, torch.tensor([[True, True], [True, False]]))
    head(rows)
    text, audio = (
        torch.cat([torch.ones(2, 1), reduce(head.sides(rows)[:, m])], dim=1)
        for m, reduce in enumerate(head.reduce)
    )
    torch.testing.assert_close(seen[0][0], torch.outer(text[0], audio[0]).flatten())
    alone = torch.zeros_like(audio[1])
    alone[0] = 1
    torch.testing.assert_close(seen[0][1], torch.outer(text[1], alone).flatten())


def test_low_rank_fusion_is_a_network_on_the_tensor() -> None:
    """Its multiplied factors are the weights of one linear map on [1; text] ⊗ [1; audio]."""
    torch.manual_seed(0)
    head, seen = build("lmf", SHAPES, 16), []
    head.out.register_forward_hook(lambda module, args, output: seen.append(args[0]))
    rows = features(3, torch.ones(3, 2, dtype=torch.bool))
    head(rows)
    text_map, audio_map = (
        torch.cat([factor.bias[:, None], factor.weight], dim=1).view(RANK, 16, 17)
        for factor in head.factors
    )
    weights = torch.einsum("rdi,rdj->dij", text_map, audio_map) / RANK
    text, audio = functional.pad(head.sides(rows), (1, 0), value=1.0).unbind(dim=1)
    products = torch.einsum("bi,bj,dij->bd", text, audio, weights)
    torch.testing.assert_close(seen[0], functional.gelu(products), rtol=1e-4, atol=1e-5)


def test_gated_units_by_hand() -> None:
    torch.manual_seed(0)
    head, seen = build("gmu", SHAPES, 16), []
    head.fuse.register_forward_hook(lambda module, args, output: seen.append(args[0]))
    with torch.no_grad():
        head.gates.weight.zero_()
        head.gates.bias.copy_(torch.log(torch.tensor([3.0] * 16 + [1.0] * 16)))
    rows = features(2, torch.tensor([[True, True], [False, True]]))
    prediction = head(rows)
    torch.testing.assert_close(prediction.weights, torch.tensor([[0.75, 0.25], [0.0, 1.0]]))
    text, audio = (h(head.sides(rows)[:, m]).tanh() for m, h in enumerate(head.hidden))
    torch.testing.assert_close(seen[0][0], 0.75 * text[0] + 0.25 * audio[0])
    torch.testing.assert_close(seen[0][1], audio[1])


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


def test_layers_side_by_side_by_hand() -> None:
    column = AllLayers(layers=2, features=2)
    column.standardise_on(torch.tensor([[1.0, 0.0], [0.0, 0.0]]), torch.ones(2, 2))
    read = column(torch.tensor([[[5.0, 1.0], [4.0, 7.0]]]), standard=False)
    torch.testing.assert_close(read, torch.tensor([[4.0, 1.0, 4.0, 7.0]]))


def test_dropout_belongs_to_rows_not_to_workers() -> None:
    def drawn(own: list[int]) -> torch.Tensor:
        return DropoutMasks(torch.Generator().manual_seed(3), 4, torch.tensor(own)).uniform(5)

    torch.testing.assert_close(drawn([0, 1, 2, 3])[[1, 3]], drawn([1, 3]))


@pytest.mark.parametrize("kind", ["text", "audio"])
def test_a_single_head_needs_its_modality(kind: str) -> None:
    other = {name: shape for name, shape in SHAPES.items() if not name.startswith(kind)}
    with pytest.raises(SettingsError, match=f"head {kind}: expected training rows with {kind}"):
        build(kind, other, 16)


def test_an_unknown_head_is_named() -> None:
    with pytest.raises(SettingsError, match=r"'foo'.*expected one of daf"):
        build("foo", SHAPES, 16)
