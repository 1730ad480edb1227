"""A voice that is unlike those of the training counts half, in the answer and in the weights."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from daf_core.evaluation.trained_heads import parameters_sha256
from daf_core.heads import build
from daf_core.heads.apart import USUAL_SHARE
from daf_core.heads.daf import DafHead
from daf_core.heads.parts import Features
from daf_core.heads.sentiment_bins import cross_entropy
from daf_core.heads.voice_trust import FAMILIAR, LEAST_TRUST, VoiceTrust
from daf_core.training.balance import even_weights
from daf_core.training.familiarity import LEAST_ROWS, fit_familiarity
from daf_core.training.fusion import fit_fusion
from daf_core.training.loop import fit, predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows

SHAPES = {"text": (3, 16), "audio": (3, 24)}


def drawn(rows: int, seed: int, away: float = 0.0) -> Rows:
    """Rows of which both modalities tell the label; voices `away` in a direction of no meaning."""
    draw = torch.Generator().manual_seed(seed)
    labels = torch.rand(rows, generator=draw) * 6 - 3
    values = {}
    for name, (layers, features) in SHAPES.items():
        noise = torch.randn(rows, layers, features, generator=draw)
        noise[:, :, 0] += labels[:, None]
        values[name] = noise
    values["audio"][:, :, 1] += away
    halves = {name: value.half() for name, value in values.items()}
    return Rows(halves, torch.ones(rows, 2, dtype=torch.bool), labels)


def trained(kind: str = "daf", held_out: int = 400) -> DafHead:
    torch.manual_seed(0)
    head = build(kind, SHAPES, 16)
    assert isinstance(head, DafHead)
    train, valid = drawn(1000, 1), drawn(held_out, 2)
    fit(head, train, valid, Recipe(epochs=12, learning_rate=5e-3))
    familiarity = fit_familiarity(train, valid, SHAPES)
    fit_fusion(head, [(train, 1.0)], valid, even_weights(train), familiarity)
    return head.eval()


@pytest.fixture(scope="module")
def head() -> DafHead:
    return trained()


def trusting(head: DafHead) -> DafHead:
    """The head, if it trusted every voice."""
    copy = deepcopy(head)
    copy.trust = None
    return copy


def trust_of(head: DafHead, rows: Rows) -> Tensor:
    assert head.trust is not None
    found: Tensor = head.trust(Features(rows.values, rows.present))
    return found


def test_usual_voices_are_trusted_and_far_ones_half(head: DafHead) -> None:
    usual, far = trust_of(head, drawn(1000, 3)), trust_of(head, drawn(1000, 3, away=20))
    assert (usual[:, 1] == 1).float().mean() == pytest.approx(1 - FAMILIAR, abs=0.05)
    torch.testing.assert_close(far[:, 1], torch.full((1000,), LEAST_TRUST))
    for trust in (usual, far):
        assert (trust[:, 0] == 1).all()  # words
        assert ((trust >= LEAST_TRUST) & (trust <= 1)).all()


def test_a_voice_is_trusted_less_the_farther_it_is(head: DafHead) -> None:
    means = [float(trust_of(head, drawn(500, 4, away))[:, 1].mean()) for away in (0, 3, 5, 20)]
    assert means == sorted(means, reverse=True)
    assert means[0] > means[1] > means[2]


def test_a_far_voice_counts_half_in_the_answer_and_weighs_less(head: DafHead) -> None:
    rows = drawn(200, 5, away=20)
    found = predict(head, rows)
    said = head.said_apart(Features(rows.values, rows.present))
    half = said.evidence * torch.tensor([1.0, LEAST_TRUST])[:, None]
    torch.testing.assert_close(
        found.logits.log_softmax(1),
        head.fused(said, head.prior + half.sum(dim=1)).log_softmax(1),
    )
    assert found.weights is not None
    without = predict(trusting(head), rows).weights
    assert without is not None
    assert (found.weights[:, 1] < without[:, 1]).all()


def test_voices_that_mislead_do_less_harm(head: DafHead) -> None:
    """Far voices that belong to other utterances."""
    rows = drawn(1000, 6, away=20)
    rows.values["audio"] = rows.values["audio"].roll(1, dims=0)
    head = deepcopy(head)
    head.whole_share.fill_(USUAL_SHARE)
    own, trusted = (
        float(cross_entropy(predict(one, rows).logits, rows.labels).mean())
        for one in (head, trusting(head))
    )
    assert own < trusted - 0.02


def test_a_row_of_a_voice_alone_is_answered_as_before(head: DafHead) -> None:
    rows = drawn(100, 7, away=20)
    alone = Rows(rows.values, rows.present & torch.tensor([False, True]), rows.labels)
    found = predict(head, alone)
    said = head.said_apart(Features(alone.values, alone.present))
    torch.testing.assert_close(found.logits, said.raw[:, 1])
    assert found.weights is not None
    torch.testing.assert_close(found.weights, torch.tensor([[0.0, 1.0]]).expand(100, 2))


def test_every_voice_is_familiar_where_few_rows_are_held_out() -> None:
    head = trained(held_out=LEAST_ROWS - 1)
    assert (trust_of(head, drawn(100, 8, away=20)) == 1).all()


def test_values_that_are_standardised_are_trusted(head: DafHead) -> None:
    """As while a head is trained."""
    rows = drawn(100, 9, away=20)
    assert head.trust is not None
    trust = head.trust(Features(rows.values, rows.present, standard=True))
    assert (trust == 1).all()


def test_fewer_directions_than_there_is_room_for_say_the_same() -> None:
    """Training rows that lie in a plane have fewer directions than the tensor of a head."""
    flat = drawn(1000, 10)
    flat.values["audio"][:, :, 5:] = 0
    found = fit_familiarity(flat, flat, {"audio": SHAPES["audio"]})["audio"]
    assert found.whitening.shape[1] < SHAPES["audio"][1]
    trust = VoiceTrust(SHAPES)
    trust.take(found)
    rows = drawn(300, 11, away=4)
    own = trust(Features(rows.values, rows.present))[:, 1]
    measured = torch.from_numpy(found.measure(rows.values["audio"].numpy())) / FAMILIAR
    torch.testing.assert_close(own, LEAST_TRUST + (1 - LEAST_TRUST) * measured.clamp_max(1))


def test_a_strange_voice_counts_half_however_near_it_is() -> None:
    """As music does, where the corpus has examples of what is strange."""
    train, valid, rows = drawn(1000, 12), drawn(400, 13), drawn(300, 14, away=2)
    found = fit_familiarity(train, valid, {"audio": SHAPES["audio"]}, drawn(300, 15, away=2))
    for familiarity, half in ((found["audio"], True), (replace(found["audio"], plane=None), False)):
        trust = VoiceTrust(SHAPES)
        trust.take(familiarity)
        own = trust(Features(rows.values, rows.present))[:, 1]
        assert (float((own == LEAST_TRUST).float().mean()) > 0.7) == half


def test_a_head_without_the_whole_part_or_of_one_modality_has_no_trust() -> None:
    assert trained("daf-late").trust is None
    assert DafHead({"audio": (3, 24)}, 8).trust is None


def test_trust_is_no_trained_parameter(head: DafHead) -> None:
    """So heads that join the same parts otherwise can be compared."""
    sha = parameters_sha256(head)
    assert head.trust is not None
    assert not [*head.trust.parameters()]
    assert parameters_sha256(trusting(head)) == sha
