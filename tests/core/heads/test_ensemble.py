"""Ensembles: the mean of what their members say, whatever kind these are."""

import pytest
import torch

from daf_core.heads import HEADS, build
from daf_core.heads.ensemble import Ensemble, members_of, takes_weights, whole_share
from daf_core.heads.parts import Features, Prediction
from tests.core.heads.test_heads import SHAPES, features


def said_by(members: list[torch.nn.Module], rows: Features) -> list[Prediction]:
    with torch.no_grad():
        return [member(rows) for member in members]


@pytest.mark.parametrize("kind", ["daf", "concat", "gmu", "text"])
def test_it_answers_with_the_mean_of_distributions_and_weights(kind: str) -> None:
    torch.manual_seed(0)
    head, rows = build(kind, SHAPES, 8, members=3), features(6, torch.ones(6, 2, dtype=torch.bool))
    assert isinstance(head, Ensemble)
    members = [*members_of(head).values()]
    for member in members:
        if kind == "daf":  # what an untrained head says is never sure
            member.usual_information.copy_(torch.tensor([[0.001, 0.01], [0.001, 0.01]]))
    said = said_by(members, rows)
    assert not torch.equal(said[0].logits, said[1].logits)
    (found,) = said_by([head], rows)
    mean = torch.stack([one.logits.softmax(1) for one in said]).mean(0)
    torch.testing.assert_close(found.logits.softmax(1), mean)
    if said[0].weights is None:
        assert found.weights is None
    else:
        weights = [one.weights for one in said if one.weights is not None]
        torch.testing.assert_close(found.weights, torch.stack(weights).mean(0))
    if (sure := said[0].sureness) is not None:
        assert sure.any()
        mean_sure = torch.stack([one.sureness for one in said if one.sureness is not None]).mean(0)
        torch.testing.assert_close(found.sureness, mean_sure)
    assert (found.unimodal_logits is None) == (said[0].unimodal_logits is None)


def test_members_are_what_tensors_are_named_after() -> None:
    head = build("daf", SHAPES, 8, members=2)
    for start, member in members_of(head).items():
        for name, value in member.state_dict().items():
            assert torch.equal(head.state_dict()[start + name], value)
    alone = build("daf", SHAPES, 8)
    assert members_of(alone) == {"": alone}


def test_weights_can_be_replaced_where_those_of_a_member_can() -> None:
    for kind in HEADS.keys() & {"daf", "static", "concat", "gmu"}:
        head, ensemble = build(kind, SHAPES, 8), build(kind, SHAPES, 8, members=2)
        assert takes_weights(head) == takes_weights(ensemble)
    rows, head = features(6, torch.ones(6, 2, dtype=torch.bool)), build("daf", SHAPES, 8, members=2)
    given = torch.tensor([[0.2, 0.8]]).expand(6, 2)
    with torch.no_grad():
        torch.testing.assert_close(head(rows, given).weights, given)


def test_the_share_of_the_part_that_reads_both_is_the_mean_over_members() -> None:
    head = build("daf", SHAPES, 8, members=2)
    for member, share in zip(members_of(head).values(), (0.2, 0.6), strict=True):
        member.whole_share.fill_(share)
    assert whole_share(head) == pytest.approx(0.4)
    assert whole_share(build("stacked", SHAPES, 8)) == pytest.approx(1 / 3)
    for kind in ("daf-late", "static"):
        assert whole_share(build(kind, SHAPES, 8)) is None
