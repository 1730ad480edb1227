"""Classes in place of sentiment: which are asked for, which rows have them, what heads learn."""

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from daf_core.embeddings.columns import MODALITIES
from daf_core.errors import SettingsError
from daf_core.heads.sentiment_bins import NUM_BINS, two_hot
from daf_core.one_thread import one_thread
from daf_core.storage.output import Output, embeddings_output
from daf_core.training.balance import balancing_weights, even_weights, weights_of_rows
from daf_core.training.class_corpora import class_corpora
from daf_core.training.classes import Classes
from daf_core.training.dataset import Corpus, class_values, load_rows, without_held_out
from daf_core.training.fitting import learn
from daf_core.training.loop import predict
from daf_core.training.recipe import Recipe
from daf_core.training.rows import Rows
from tests.core.adaptation.archives import SHAPES, stored
from tests.core.training.emotions import NAMES, emotional, emotional_embeddings

RECIPE = Recipe(width=16, batch_rows=32, epochs=14, learning_rate=2e-2, average=0.0)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Output:
    return embeddings_output(emotional_embeddings(str(tmp_path_factory.mktemp("emotions"))))


def corpus_of(source: Output, text: str) -> Corpus:
    return class_corpora(Classes.from_text(text), source, [])[0]


@pytest.mark.parametrize(
    ("text", "column", "names"),
    [
        ("emotion", "emotion", []),
        ("emotion = ang, hap + exc ,neu", "emotion", ["ang", "hap+exc", "neu"]),
        ('mood="sad, or so",glad', "mood", ["sad, or so", "glad"]),
    ],
)
def test_what_is_asked_is_read(text: str, column: str, names: list[str]) -> None:
    asked = Classes.from_text(text)
    assert (asked.column, asked.names) == (column, names)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "expected COLUMN or COLUMN=VALUES"),
        ("=ang,sad", "expected COLUMN or COLUMN=VALUES"),
        ("emotion=", "expected two classes or more, found 0"),
        ("emotion=ang+sad", "expected two classes or more, found 1"),
        ("emotion=ang,,sad", "expected COLUMN or COLUMN=VALUES"),
        ("emotion=ang,sad+", "expected COLUMN or COLUMN=VALUES"),
        ("emotion=ang,hap+ang", "expected each value once, found ang more often"),
    ],
)
def test_what_cannot_be_meant_is_refused(text: str, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Classes.from_text(text)


VALUE = st.text('ab,"é =', min_size=1).filter(lambda text: text == text.strip())


@given(st.lists(VALUE, min_size=2, max_size=20, unique=True), st.data())
def test_classes_are_read_as_they_are_shown(values: list[str], data: st.DataObject) -> None:
    cut = data.draw(st.integers(1, len(values) - 1))
    classes = Classes("emotion", (tuple(values[:cut]), tuple(values[cut:])))
    assert Classes.from_text(str(classes)) == classes
    assert classes.numbers([*values, None, "+"]) == [
        *([0] * cut),
        *([1] * (len(values) - cut)),
        *(-1, -1),
    ]


def test_every_value_of_train_rows_is_a_class_and_rows_without_one_are_told(
    source: Output, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        corpus = corpus_of(source, "emotion")
    assert corpus.classes == Classes("emotion", tuple((name,) for name in sorted(NAMES)))
    assert sum(corpus.counts.values()) == 450
    assert "50 rows have no emotion: they are not used" in caplog.text


def test_values_that_are_merged_are_one_class_and_others_are_left_out(
    source: Output, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        corpus = corpus_of(source, "emotion=hap+exc,ang,sad")
    every = class_values(source.read(source.part_names()[0], ["meta"]), "emotion")
    counts = Counter(every)
    assert (
        f"50 rows have no emotion and {counts['neu']} rows have another emotion than hap+exc, "
        f"ang, sad: they are not used"
    ) in caplog.text
    found: Counter[int] = Counter()
    for rows in load_rows(corpus, SHAPES).values():
        assert rows.labels.dtype == torch.int64
        found.update(rows.labels.tolist())
    assert found == {0: counts["hap"] + counts["exc"], 1: counts["ang"], 2: counts["sad"]}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("emotoin", r"found emotion, session; did you mean emotion\?"),
        ("emotion=ang,Sad", r"`classes` Sad: .*, found neu 136, ang 119, .*; did you mean sad\?"),
        ("emotion=ang,fear", r"`classes` fear: expected a value that emotion has in .*, found neu"),
        ("word", r"expected 2 to 13 classes, found \d\d .*: w0 \d+, .*; name those to tell apart"),
        ("one", "expected 2 to 13 classes, found 1 among the train rows"),
        ("late", "expected labelled train rows"),
        ("held_out=no,yes", "`classes` yes: expected train rows of it in .*, found no 300"),
        ("tested=ang,sad", "expected validation rows of the `classes` tested=ang,sad, found none"),
    ],
)
def test_what_the_corpus_does_not_have_is_refused(tmp_path: Path, text: str, said: str) -> None:
    rows = emotional(500, 0)
    metas, splits = rows["meta"].to_pylist(), rows["split"].to_pylist()
    if not text.startswith("emot"):
        metas = [
            [
                *(("word", f"w{row % 11 * (row % 5)}"), ("one", "1")),
                *([("late", "1")] if split == "test" else []),
                ("held_out", "yes" if split == "test" else "no"),
                ("tested", ("ang", "sad")[row % 2] if split != "valid" else "neu"),
            ]
            for row, split in enumerate(splits)
        ]
    with pytest.raises(SettingsError, match=said):
        corpus_of(embeddings_output(stored(str(tmp_path), with_meta(rows, metas))), text)


def with_meta(rows: pa.Table, metas: list[list[tuple[str, str]]]) -> pa.Table:
    place = rows.schema.get_field_index("meta")
    return rows.set_column(place, "meta", pa.array(metas, rows.schema.field("meta").type))


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("No, {row}!", "found 60 among the train rows of .*: too many to list; name"),
        ("I said it {one} times, and shall not say it again", "found 20 .*: 20 others; name"),
    ],
)
def test_what_people_say_is_not_repeated(tmp_path: Path, said: str, shown: str) -> None:
    rows = emotional(100, 0)
    metas = [[("utterance", said.format(row=row, one=row % 20))] for row in range(100)]
    source = embeddings_output(stored(str(tmp_path), with_meta(rows, metas)))
    with pytest.raises(SettingsError, match=shown) as told:
        corpus_of(source, "utterance")
    assert said[:5] not in str(told.value)


def test_rows_that_join_have_the_classes_of_the_corpus(source: Output, tmp_path: Path) -> None:
    other = embeddings_output(emotional_embeddings(str(tmp_path), 200, seed=5))
    corpus, (also,) = class_corpora(Classes.from_text("emotion=sad,ang"), source, [other])
    assert also.classes == corpus.classes
    joining = without_held_out(also, corpus)
    assert joining.classes == corpus.classes
    assert set(load_rows(joining, SHAPES)["train"].labels.tolist()) == {0, 1}
    weigh = replace(RECIPE, weigh_labels=True, epochs=2)
    device = torch.device("cpu")
    losses = {
        learn("concat", corpus, SHAPES, recipe, device, also=others).state.history[0]["train_loss"]
        for recipe, others in ((weigh, [joining]), (RECIPE, [joining]), (RECIPE, []))
    }
    assert len(losses) == 3


def test_of_classes_the_distribution_is_over_one_outcome() -> None:
    labels = torch.tensor([0, 12, 3])
    assert (two_hot(labels).argmax(dim=1) == labels).all()
    assert two_hot(labels).shape == (3, NUM_BINS)
    assert two_hot(labels).sum() == 3


def test_balance_makes_every_class_count_the_same() -> None:
    labels = torch.tensor([0] * 6 + [1] * 3 + [4] * 1)
    rows = Rows({}, torch.ones(10, len(MODALITIES), dtype=torch.bool), labels)
    weights = weights_of_rows(balancing_weights(rows), rows.present, labels)
    sums = [part.sum().item() for part in weights.split([6, 3, 1])]
    assert sums == pytest.approx([10 / 3] * 3)
    assert (weights_of_rows(even_weights(rows), rows.present, labels) == 1).all()


@pytest.mark.parametrize("kind", ["concat", "daf", "stacked"])
@pytest.mark.parametrize("balance", [False, True])
def test_heads_learn_classes_and_stop_by_their_cross_entropy(
    source: Output, kind: str, balance: bool
) -> None:
    corpus = corpus_of(source, "emotion")
    recipe = replace(RECIPE, balance=balance)
    learned = learn(kind, corpus, SHAPES, recipe, torch.device("cpu"))
    valid = learned.rows["valid"]
    found = predict(learned.module, valid).logits[:, : len(NAMES)].argmax(dim=1)
    assert (found == valid.labels).float().mean() > 0.9
    assert [*learned.state.history[0]] == ["epoch", "train_loss", "valid_cross_entropy"]
    losses = [epoch["valid_cross_entropy"] for epoch in learned.state.history]
    assert losses[-1] < losses[0]
    if kind == "concat":
        assert losses[learned.state.best_epoch] == min(losses)
