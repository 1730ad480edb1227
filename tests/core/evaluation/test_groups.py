"""Figures of groups of test rows, by hand."""

import numpy as np
import pyarrow as pa
import pytest

from daf_core.evaluation.groups import group_results, rendered_groups
from daf_core.evaluation.trial import TrialFacts, TrialResult

EACH = 20  # rows of a group


def trial(seed: int, held: dict[str, int]) -> TrialResult:
    """EACH rows of each kind, of which so many labels are inside their intervals."""
    kinds = {
        "agree": (1, 1, 0.5),
        "apart": (1, 1, 2.0),
        "text": (1, 0, None),
        "audio": (0, 1, None),
    }
    rows = []
    for name, (text, audio, apart) in kinds.items():
        for number in range(EACH if name in held else 0):
            label = 0.0 if number < held[name] else 2.0
            rows.append((label, 0.5, -1.0, 1.0, bool(text), bool(audio), apart))
    names = ("label", "sentiment", "interval_low", "interval_high")
    names += ("has_text", "has_audio", "disagreement")
    types = [*[pa.float32()] * 4, pa.bool_(), pa.bool_(), pa.float32()]
    columns = {
        name: pa.array([row[place] for row in rows], own)
        for place, (name, own) in enumerate(zip(names, types, strict=True))
    }
    return TrialResult(pa.table(columns), TrialFacts("daf", seed, {}, {}, False, 0, 0.0, 0, []))


def test_each_group_has_its_own_coverage_the_mean_over_seeds() -> None:
    held = {"agree": 20, "apart": 10, "text": 18, "audio": 5}
    found = {
        one.group: one for one in group_results([trial(0, held), trial(1, held | {"audio": 7})])
    }
    assert {name: one.coverage for name, one in found.items()} == {
        "words and voice that agree": 1.0,
        "words and voice that disagree": 0.5,
        "words alone": pytest.approx(0.9),
        "voice alone": pytest.approx(0.3),
    }
    assert {one.rows for one in found.values()} == {EACH}
    assert {one.width for one in found.values()} == {2.0}
    assert found["words and voice that disagree"].mae == pytest.approx((10 * 0.5 + 10 * 1.5) / 20)
    assert "0.300" in rendered_groups([*found.values()], "simple")


def test_one_group_or_an_older_trial_has_no_table() -> None:
    assert group_results([trial(0, {"text": 20})]) == []
    older = trial(0, {"text": 20, "agree": 20})
    rows = older.rows.drop_columns(["has_text", "has_audio", "disagreement"])
    assert group_results([TrialResult(rows, older.facts)]) == []


def test_rows_without_an_interval_have_no_coverage() -> None:
    one = trial(0, {"text": 20, "audio": 20})
    bare = pa.array([None] * 40, pa.float32())
    place = one.rows.column_names.index
    rows = one.rows.set_column(place("interval_low"), "interval_low", bare)
    rows = rows.set_column(place("interval_high"), "interval_high", bare)
    found = group_results([TrialResult(rows, one.facts)])
    assert [np.isnan(group.coverage) for group in found] == [True, True]
