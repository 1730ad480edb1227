"""Why utterances have their modality weights."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from daf_core.arrays import FloatArray
from daf_core.schemas import WEIGHT_REASONS
from daf_core.stages.weight_reasons import weight_reasons

BOTH = np.ones((1, 2), bool)
KNOWN = np.ones((1, 2), np.float32)


def a_row(**changes: object) -> pa.Table:
    row = {"start_s": 0.0, "end_s": 3.0, "words": 9, "text_confidence": 0.9, "level_db": -20.0}
    fields = [pa.field(name, pa.float64()) for name in row]
    fields.append(pa.field("flags", pa.list_(pa.string())))
    return pa.Table.from_pylist([{**row, "flags": [], **changes}], schema=pa.schema(fields))


def reasons(
    rows: pa.Table, text: float, audio: float, familiarity: FloatArray = KNOWN
) -> list[str] | None:
    found = weight_reasons(rows, BOTH, np.array([[text, audio]], np.float32), familiarity)
    (told,) = found.to_pylist()
    return told


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"words": 3}, "few_words"),
        ({"text_confidence": 0.69}, "doubtful_words"),
        ({"end_s": 0.9}, "short_audio"),
        ({"level_db": -46.0}, "quiet_audio"),
        ({"flags": ["clipped"]}, "clipped_audio"),
    ],
)
def test_a_fact_is_told_of_a_modality_that_is_less_sure(
    changes: dict[str, object], reason: str
) -> None:
    row = a_row(**changes)
    found = reasons(row, -1, -1) or []
    assert reason in found
    assert len(found) == 3
    before = found[found.index(reason) - 1]
    assert before == ("text_unsure" if reason.endswith("_words") else "audio_unsure")
    assert reasons(row, 1, 1) == ["text_sure", "audio_sure"]
    assert reasons(row, 0, 0) == []
    assert reason not in (reasons(a_row(), -1, -1) or [])


def test_an_unfamiliar_modality_is_told_of_its_own() -> None:
    strange = np.array([[0.01, 0.5]], np.float32)
    assert reasons(a_row(), -1, -1, strange) == ["text_unsure", "unfamiliar_text", "audio_unsure"]


def test_a_row_without_a_modality_and_a_head_that_does_not_tell_have_none() -> None:
    alone = np.array([[True, False]])
    sure = np.zeros((1, 2), np.float32)
    assert weight_reasons(a_row(), alone, sure, KNOWN).to_pylist() == [None]
    assert weight_reasons(a_row(), BOTH, None, KNOWN).to_pylist() == [None]


@given(
    st.lists(st.tuples(*[st.sampled_from([-1.0, -0.4, 0.0, 0.5, 1.0])] * 2), max_size=5),
    st.sampled_from([None, 0.0, 2.0, 50.0]),
    st.booleans(),
)
def test_every_reason_has_a_meaning_and_rows_keep_their_order(
    sure: list[tuple[float, float]], fact: float | None, older: bool
) -> None:
    row = a_row(words=fact, text_confidence=fact, end_s=fact)
    rows = pa.concat_tables([row] * len(sure)) if sure else row.slice(0, 0)
    if older:
        rows = rows.drop_columns(["words", "level_db"])
    shape = (len(sure), 2)
    given_sure = torch.tensor(sure).reshape(shape).numpy()
    found = weight_reasons(rows, np.ones(shape, bool), given_sure, np.zeros(shape, np.float32))
    assert all(name in WEIGHT_REASONS for own in found.to_pylist() for name in own)
    for (text, audio), own in zip(sure, found.to_pylist(), strict=True):
        assert ("text_unsure" in own, "audio_unsure" in own) == (text <= -0.5, audio <= -0.5)
        assert ("text_sure" in own, "audio_sure" in own) == (text >= 0.5, audio >= 0.5)


def test_the_documentation_explains_every_reason() -> None:
    text = Path("docs/concepts.md").read_text().split("### Why a weight")[1].split("\n## ")[0]
    named = {
        name
        for line in text.splitlines()
        if line.startswith("| ")
        for name in line.split("|")[1].replace(" ", "").split(",")
    }
    assert named - {"reason"} == {*WEIGHT_REASONS}
