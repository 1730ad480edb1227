"""What a head does not know is flagged, and its interval is wide."""

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from daf_core.heads import build
from daf_core.measures.calibration import Certainty
from daf_core.schemas import UNFAMILIAR_BELOW
from daf_core.stages.head_record import HeadRecord
from daf_core.stages.trained_head import TrainedHead, encoded_weights
from daf_core.stages.unfamiliar import familiarity_columns, other_language, widened, with_flags

SHAPES = {"text": (1, 4), "audio": (1, 4)}
LABELS = (-1.5, 2.0)


def head_of(languages: list[str], labels: tuple[float, float] | None = LABELS) -> TrainedHead:
    torch.manual_seed(0)
    record = HeadRecord(
        kind="daf",
        width=8,
        shapes=SHAPES,
        encoders={},
        sha256="",
        calibrations={},
        languages=languages,
        label_interval=labels,
    )
    return TrainedHead(record, encoded_weights(build("daf", SHAPES, 8), {}))


def certain(rows: int) -> Certainty:
    low = np.linspace(-3, 2, rows, dtype=np.float32)
    return Certainty(low, low + np.float32(0.5), np.zeros(rows, int), np.full((rows, 3), 1 / 3))


@pytest.mark.parametrize(
    ("known", "tag", "other"),
    [
        (["en"], "en-US", False),
        (["en"], "pl", True),
        (["en"], None, False),
        ([], "pl", False),
        (["en", "pl"], "pl-PL", False),
    ],
)
def test_a_language_is_other_if_the_head_knows_some_but_not_it(known, tag, other) -> None:
    rows = pa.table({"language": pa.array([tag], pa.string())})
    for heard in (False, True):
        present = np.array([[True, heard]])
        assert other_language(head_of(known), rows, present).tolist() == [other]
    assert not other_language(head_of(known), rows, np.array([[False, True]])).any()  # not read


# Rows: text alone, audio alone, both.
PRESENT = np.array([[True, False], [False, True], [True, True]])


@given(
    arrays.arrays(np.float32, (3, 2), elements=st.floats(0, 1, width=32)),
    arrays.arrays(bool, 3),
)
def test_intervals_of_what_is_not_known_at_all_hold_those_of_any_label(
    familiarity: np.ndarray, other: np.ndarray
) -> None:
    familiarity = np.where(PRESENT, familiarity, np.float32(np.nan))
    before = certain(3)
    after = widened(head_of(["en"]), before, PRESENT, other, familiarity)
    assert (after.low <= before.low).all()
    assert (after.high >= before.high).all()
    strange = familiarity < UNFAMILIAR_BELOW
    strange[:, 0] |= other
    for row in range(3):
        if strange[row][PRESENT[row]].all():
            assert after.low[row] <= LABELS[0]
            assert after.high[row] >= LABELS[1]
        else:
            assert after.low[row] == before.low[row]
            assert after.high[row] == before.high[row]


def test_without_an_interval_of_labels_nothing_is_widened() -> None:
    strange = np.zeros((3, 2), np.float32)
    after = widened(head_of([], None), certain(3), PRESENT, np.ones(3, bool), strange)
    np.testing.assert_array_equal(after.low, certain(3).low)


def test_flags_and_columns_say_what_is_strange() -> None:
    rows = pa.table({"flags": pa.array([["short"], [], []], pa.list_(pa.string()))})
    familiarity = np.array([[0.5, np.nan], [0.5, 0.01], [np.nan, np.nan]], np.float32)
    flags = with_flags(rows, np.array([True, False, False]), familiarity)
    assert flags.to_pylist() == [["short", "other_language", "unfamiliar"], ["unfamiliar"], []]
    columns = familiarity_columns(familiarity)
    assert columns["familiarity"].to_pylist() == pytest.approx([0.5, 0.01, None])
    assert columns["text_familiarity"].null_count == 1
    assert columns["audio_familiarity"].null_count == 2
