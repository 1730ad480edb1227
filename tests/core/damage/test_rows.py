"""Damaged training rows: an utterance is damaged in the same way in any part."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.damage.conditions import VARIATIONS
from daf_core.damage.rows import ALL_KINDS, Damage
from daf_core.errors import SettingsError
from daf_core.stages.decoded import DECODED

TEXTS = ["the rain in spain", "stays mainly in the plain"]
KINDS = list(dict.fromkeys(one.kind for one in VARIATIONS))


def decoded(number: int) -> pa.Table:
    """Every third row has no audio, every fifth no text."""
    draw = np.random.default_rng(0)
    blank = dict.fromkeys(DECODED.names) | {"meta": [], "flags": [], "recording_id": "r"}
    rows = []
    for row in range(number):
        sound = draw.normal(0, 900, 8000).astype("<i2").tobytes()
        said = {"text": TEXTS[row % 2], "samples": sound}
        if row % 3 == 2:
            said["samples"] = None
        elif row % 5 == 4:
            said["text"] = None
        rows.append(blank | {"utterance_id": f"u{row}"} | said)
    return pa.Table.from_pylist(rows, schema=DECODED)


@settings(max_examples=20)
@given(
    kinds=st.lists(st.sampled_from(KINDS), min_size=1, unique=True),
    seed=st.integers(0, 5),
    first=st.integers(0, 14),
)
def test_a_row_is_damaged_the_same_way_in_any_part(kinds: list[str], seed: int, first: int) -> None:
    damage = Damage.from_kinds(kinds, TEXTS, seed)
    rows = decoded(15)
    whole = damage.apply(rows)
    assert damage.apply(rows.slice(first)).equals(whole.slice(first))
    for column in DECODED.names:
        if column not in ("text", "samples", "flags"):
            assert whole[column].equals(rows[column])
    for before, after in zip(rows.to_pylist(), whole.to_pylist(), strict=True):
        changed = before != {**after, "flags": before["flags"]}
        assert after["flags"] == before["flags"] + ["damaged"] or not changed
        assert [value is None for value in before.values()] == [
            value is None for value in after.values()
        ]
        if before["samples"] is not None:
            assert len(after["samples"]) == len(before["samples"])


def test_every_row_that_has_what_a_kind_damages_is_damaged() -> None:
    rows = decoded(60)
    changed = Damage.from_kinds(["white noise"], TEXTS, 0).apply(rows)
    same = [a == b for a, b in zip(rows["samples"], changed["samples"], strict=True)]
    assert same == [not value.is_valid for value in rows["samples"]]
    assert changed["text"].equals(rows["text"])
    flagged = ["damaged" in flags for flags in changed["flags"].to_pylist()]
    assert flagged == [value.is_valid for value in rows["samples"]]
    again = Damage.from_kinds(["white noise"], TEXTS, 1).apply(rows)
    assert not again["samples"].equals(changed["samples"])


def test_all_kinds_and_severities_are_draw() -> None:
    damage = Damage.from_kinds([ALL_KINDS], TEXTS, 0)
    drawn = {damage._draw(f"u{row}", ["text", "audio"]) for row in range(2000)}
    assert drawn == set(VARIATIONS)
    assert damage._draw("u", []) is None
    assert Damage(("telephone",), damage.words, 0)._draw("u", ["text"]) is None


def test_wrong_kinds_are_named() -> None:
    kinds = ["word error", "telephone"]
    assert Damage.from_kinds(kinds, TEXTS, 0).kinds == ("telephone", "word error")
    with pytest.raises(SettingsError, match="`damage` hum: expected all, or some of white noise"):
        Damage.from_kinds(["telephone", "hum"], TEXTS, 0)
    with pytest.raises(SettingsError, match="two different words or more, found 1;"):
        Damage.from_kinds(kinds, ["one", "one"], 0)
    assert {*Damage.from_kinds(["all"], ["one"], 0).kinds} == {*KINDS} - {"word error"}
