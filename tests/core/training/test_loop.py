"""Training: learns what is there, repeats itself, resumes where it stopped."""

from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from daf_core.embeddings.columns import MODALITIES
from daf_core.heads import build
from daf_core.heads.apart import WHOLE
from daf_core.heads.ensemble import members_of
from daf_core.heads.parts import LayerMix
from daf_core.heads.sentiment_bins import NUM_BINS, share_below
from daf_core.training.balance import even_weights
from daf_core.training.evidence import label_priors
from daf_core.training.label_confidence import MAX_CONFIDENCE, label_confidence, label_likelihood
from daf_core.training.loop import fit, predict
from daf_core.training.recipe import LARGE_CORPUS_ROWS, Recipe, usual_batch
from daf_core.training.rows import Rows, standardise
from daf_core.training.state import State, judged

SHAPES = {"text": (2, 4), "audio": (2, 3)}
RECIPE = Recipe(width=32, batch_rows=32, epochs=15, patience=15, learning_rate=1e-2, average=0.0)


def corpus(rows: int, seed: int) -> Rows:
    """The label is in layer 1 of the text; audio is noise; some rows lack one of them."""
    generator = torch.Generator().manual_seed(seed)
    values = {
        name: torch.randn(rows, *shape, generator=generator).half()
        for name, shape in SHAPES.items()
    }
    labels = (2 * values["text"][:, 1, 0].float()).clamp(-3, 3)
    present = torch.ones(rows, 2, dtype=torch.bool)
    present[: rows // 10, 1] = False
    return Rows(values, present, labels)


def trained(
    recipe: Recipe = RECIPE, *, kind: str = "daf", seed: int = 0, **options: object
) -> tuple[torch.nn.Module, State]:
    torch.manual_seed(seed)
    head = build(kind, SHAPES, recipe.width, recipe.members)
    return head, fit(head, corpus(300, 0), corpus(100, 1), recipe, seed=seed, **options)


def test_learns_what_is_there_and_where() -> None:
    head, _ = trained()
    test = corpus(200, 2)
    error = (predict(head, test).sentiment - test.labels).abs().mean()
    assert error < 0.75 * (test.labels - test.labels.median()).abs().mean()
    weights = predict(head, test).weights
    assert weights is not None
    both = test.present.all(dim=1)
    assert weights[both, 0].mean() > 0.5  # the text carries the label


def test_a_large_corpus_takes_larger_batches() -> None:
    usual = Recipe().resolve(LARGE_CORPUS_ROWS - 1)
    assert usual.batch_rows == 128
    assert usual_batch(LARGE_CORPUS_ROWS) == 4 * usual.batch_rows
    assert Recipe(batch_rows=7).resolve(10).batch_rows == 7


def test_one_seed_gives_one_result_and_another_seed_another() -> None:
    first, again = trained()[0].state_dict(), trained()[0].state_dict()
    other = trained(seed=1)[0].state_dict()
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not all(torch.equal(first[name], other[name]) for name in first)


@pytest.mark.parametrize(
    ("kind", "average", "members"),
    [("daf", 0.0, 1), ("daf", 0.9, 2), ("concat", 0.0, 1), ("concat", 0.9, 2)],
)
def test_resumed_after_a_loss_equals_undisturbed(kind: str, average: float, members: int) -> None:
    recipe = replace(RECIPE, average=average, members=members)
    undisturbed, whole = trained(recipe, kind=kind)

    class Lost(Exception):
        pass

    kept: list[dict[str, object]] = []

    def lose(state: State) -> None:
        if state.epoch == 4:
            kept.append(state.as_dict())
            raise Lost

    with pytest.raises(Lost):
        trained(recipe, kind=kind, after_epoch=lose)
    start = State(**kept[0])  # type: ignore[arg-type]
    resumed, state = trained(recipe, kind=kind, resume=start)
    assert (state.best_epochs, state.best_losses) == (whole.best_epochs, whole.best_losses)
    assert len(state.history) == RECIPE.epochs
    for name, value in undisturbed.state_dict().items():
        torch.testing.assert_close(value, resumed.state_dict()[name])


def test_the_running_mean_of_the_weights_is_kept_and_validated() -> None:
    recipe = replace(RECIPE, epochs=6, learning_rate=0.02)
    last, _ = trained(recipe, kind="concat")
    mean, state = trained(replace(recipe, average=0.95), kind="concat")
    assert any(
        not torch.equal(a, b) for a, b in zip(last.parameters(), mean.parameters(), strict=True)
    )
    valid = corpus(100, 1)
    error = (predict(mean, valid).sentiment - valid.labels).abs().mean()
    assert float(error) == pytest.approx(state.best_mae, abs=1e-4)
    none, _ = trained(
        replace(recipe, average=1e-9), kind="concat"
    )  # of which each step keeps next to nothing
    for name, value in last.state_dict().items():
        torch.testing.assert_close(value, none.state_dict()[name])


def test_stops_early_and_ends_at_its_best() -> None:
    recipe = replace(RECIPE, epochs=60, patience=2, learning_rate=0.05)
    head, state = trained(recipe, kind="concat")
    assert len(state.history) == state.best_epoch + 1 + 2
    best = min(epoch["valid_mae"] for epoch in state.history)
    valid = corpus(100, 1)
    error = (predict(head, valid).sentiment - valid.labels).abs().mean()
    assert float(error) == pytest.approx(best, abs=1e-4)


def test_modalities_that_learn_apart_end_each_at_its_best() -> None:
    """So does the part that reads both."""
    recipe = replace(RECIPE, epochs=60, patience=4, learning_rate=0.05)
    head, state = trained(recipe)
    valid = corpus(100, 1)
    assert len({*state.best_epochs.values()}) > 1
    assert len(state.history) == max(state.best_epochs.values()) + 1 + 4
    even = even_weights(valid)
    priors = label_priors([(corpus(300, 0), 1.0)], even)
    found = judged(head, predict(head, valid), valid, even, priors)
    assert found.keys() == state.best_losses.keys() == {*MODALITIES, WHOLE}
    for name in found:
        assert found[name].loss == pytest.approx(state.best_losses[name], abs=1e-4)


def test_members_learn_differently_and_end_each_at_its_best() -> None:
    recipe = replace(RECIPE, epochs=40, patience=3, learning_rate=0.05, members=2)
    head, state = trained(recipe, kind="concat")
    valid = corpus(100, 1)
    assert state.best_epochs.keys() == {"members.0.whole", "members.1.whole"}
    assert len(state.history) == state.best_epoch + 1 + 3
    for start, member in members_of(head).items():
        error = (predict(member, valid).sentiment - valid.labels).abs().mean()
        assert float(error) == pytest.approx(state.best_losses[f"{start}whole"], abs=1e-4)
    assert len({*state.best_losses.values()}) == 2
    both, _ = trained(replace(RECIPE, members=2))
    assert len({name for name in both.state_dict() if name.endswith("inverse_temperatures")}) == 2


def test_a_modality_without_validation_rows_is_judged_by_the_others() -> None:
    rows, valid = corpus(300, 0), corpus(100, 1)
    valid.present[:, 1] = False
    torch.manual_seed(0)
    head = build("daf", SHAPES, RECIPE.width)
    state = fit(head, rows, valid, RECIPE)
    assert state.best_epochs["audio"] >= 0
    assert state.best_losses["audio"] > 0


def test_standardise_looks_at_present_rows_only() -> None:
    rows = corpus(50, 3)
    rows.values["audio"][~rows.present[:, 1]] = 1000.0
    head = build("daf", SHAPES, 16)
    standardise(head, rows)
    mix = next(
        module
        for name, module in head.named_modules()
        if isinstance(module, LayerMix) and name.endswith("audio")
    )
    has = rows.values["audio"][rows.present[:, 1]].float()
    torch.testing.assert_close(mix.mean, has.mean(dim=0), atol=1e-4, rtol=1e-3)


def test_rows_with_implausible_labels_teach_little() -> None:
    """All labels of the other corpus have the wrong sign, which a reference head can tell."""
    reference, _ = trained(kind="concat")
    wrong, test = corpus(300, 4), corpus(200, 2)
    wrong = replace(wrong, labels=-wrong.labels)
    likelihood = label_likelihood(predict(reference, wrong).logits, wrong.labels)
    weighted = replace(wrong, label_likelihood=likelihood)
    error = {}
    for name, also in (("alone", []), ("wrong", [wrong]), ("weighted", [weighted])):
        head, _ = trained(replace(RECIPE, also_rows=32), kind="concat", also=also)
        error[name] = float((predict(head, test).sentiment - test.labels).abs().mean())
    harm = error["wrong"] - error["alone"]
    assert 0 < error["weighted"] - error["alone"] < 0.75 * harm


@given(
    reference=st.floats(0, 1),
    logits=st.lists(st.floats(-20, 20), min_size=NUM_BINS, max_size=NUM_BINS),
    label=st.floats(-3, 3),
)
def test_label_confidence_compares_the_likelihoods_of_reference_and_head(
    reference: float, logits: list[float], label: float
) -> None:
    predicted, labels = torch.tensor([logits] * 3), torch.tensor([label] * 3)
    own = float(label_likelihood(predicted, labels)[0])
    found = label_confidence(torch.tensor([reference, own, torch.nan]), predicted, labels)
    assert 0 <= found[0] <= MAX_CONFIDENCE
    assert found[2] == 1
    if own > 1e-6:
        assert found[1] == pytest.approx(1)
        assert found[0] == pytest.approx(min(reference / own, MAX_CONFIDENCE), rel=1e-4)


def test_balance_gives_rare_polarities_their_share() -> None:
    """Nine rows in ten are positive, by chance: without balance all are predicted positive."""
    draw = torch.Generator().manual_seed(0)
    values = {name: torch.randn(400, *shape, generator=draw) for name, shape in SHAPES.items()}
    labels = torch.ones(400)
    labels[::10] = -1.0
    rows = Rows(values, torch.ones(400, 2, dtype=torch.bool), labels)
    negative = {}
    for balance in (False, True):
        recipe = replace(RECIPE, epochs=12, learning_rate=1e-3, balance=balance)
        torch.manual_seed(0)
        head = build("daf", SHAPES, recipe.width)
        fit(head, rows, rows, recipe)
        below = share_below(predict(head, rows).logits, torch.tensor(0.0))
        negative[balance] = float(below.mean())
    assert negative[False] == pytest.approx(0.1, abs=0.1)
    assert negative[True] == pytest.approx(0.5, abs=0.15)
