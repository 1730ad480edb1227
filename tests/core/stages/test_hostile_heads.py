"""A head is input: whatever its two files hold, it scores within its ranges or is refused."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from daf_core.errors import NotDone, SettingsError
from daf_core.schemas import QUARANTINE
from daf_core.stages import trained_head
from daf_core.stages.score import score
from daf_core.storage import run_record
from daf_core.storage.output import scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from daf_core.storage.score_ranges import wrong_scores
from tests.core.adaptation.archives import table
from tests.core.stages.head_files import files_of, with_header, with_values, write

ROWS = table(12, seed=3)[0]


def works_or_is_refused(folder: str) -> None:
    try:
        head = trained_head.load(folder)
    except SettingsError as err:
        message = str(err)
    else:
        message = ""
    assert "\n" not in message
    if message:
        return
    scored, quarantine = score(head, ROWS)
    assert not wrong_scores(scored)
    assert len(scored) + len(quarantine) == len(ROWS)
    assert head.identity["kind"] == "daf"


STRANGE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5),
    st.sampled_from([10**30, -1, 0, 1e38, "../..", "\x00", "\u202e", 2**63, [1, 2], [[]], {}]),
    st.lists(st.integers(-3, 10**12), max_size=4), st.dictionaries(st.text(max_size=3), st.none()),
)  # fmt: skip


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    if not isinstance(value, dict | list):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(place for key, one in inner for place in places(one, (*path, key)))]


def changed(value: Any, path: tuple[Any, ...], new: object, remove: bool) -> Any:
    """A copy of a JSON value in which one place is replaced or removed."""
    if not path:
        return new
    copy = json.loads(json.dumps(value))
    inside = copy
    for key in path[:-1]:
        inside = inside[key]
    if remove:
        del inside[path[-1]]
    else:
        inside[path[-1]] = new
    return copy


MANY = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@MANY
@given(data=st.data())
def test_any_change_of_the_record_works_or_is_refused(valid: Path, data: st.DataObject) -> None:
    record, weights = files_of(valid)
    work = valid / "work"
    work.mkdir(exist_ok=True)
    for _ in range(data.draw(st.integers(1, 2))):
        if not isinstance(record, dict):
            break
        path = data.draw(st.sampled_from(places(record)))
        record = changed(record, path, data.draw(STRANGE), data.draw(st.booleans()))
    works_or_is_refused(write(work, record, weights))


@MANY
@given(data=st.data())
def test_any_change_of_the_weights_works_or_is_refused(valid: Path, data: st.DataObject) -> None:
    record, weights = files_of(valid)
    work = valid / "work"
    work.mkdir(exist_ok=True)
    if data.draw(st.booleans()):  # the header, as JSON

        def change(header: dict[str, Any]) -> None:
            path = data.draw(st.sampled_from([p for p in places(header) if p]))
            new = changed(header, path, data.draw(STRANGE), data.draw(st.booleans()))
            header.clear()
            header.update(new)

        weights = with_header(weights, change)
    else:  # any bytes
        place = data.draw(st.integers(0, len(weights) - 1))
        weights = weights[:place] + data.draw(st.binary(max_size=9)) + weights[place + 4 :]
    works_or_is_refused(write(work, record, weights))


def test_rows_that_a_head_cannot_score_are_quarantined(valid: Path, tmp_path: Path) -> None:
    record, weights = files_of(valid)
    changed = with_values(weights, "apart.text.side.project.bias", 3e38)
    changed = with_values(changed, "apart.text.alone.hidden.weight", 3e38)
    head = trained_head.load(write(tmp_path, record, changed))
    scored, quarantine = score(head, ROWS)
    assert not wrong_scores(scored)
    assert "head_failed" in quarantine["reason"].to_pylist()
    assert len(scored) + len(quarantine) == len(ROWS)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("sentiment", float("nan")),
        ("sentiment", 3.5),
        ("text_weight", 1.5),
        ("interval_low", 3.2),
        ("negative_probability", 0.99),
        ("familiarity", float("inf")),
    ],
)
def test_scores_out_of_range_are_never_published(
    valid: Path, tmp_path: Path, column: str, value: float
) -> None:
    scored = score(trained_head.load(write(tmp_path, *files_of(valid))), ROWS)[0]
    output = scores_output(str(tmp_path / "scores"))
    run_record.begin(output, {"a": 1}, fresh=False)
    facts = PartFacts(
        name="part-00000.parquet", rows_fingerprint="0" * 16, rows_in=12, rows=12, audio_s=0.0,
        reasons={},
    )  # fmt: skip
    place = scored.column_names.index(column)
    numbers = np.array(scored[column].fill_null(0).to_numpy())
    numbers[0] = value
    wrong = scored.set_column(place, scored.schema.field(place), pa.array(numbers, pa.float32()))
    fingerprint = run_record.fingerprint({"a": 1})
    with pytest.raises(NotDone, match="not published: 1 row with"):
        publish_part(output, facts, wrong, QUARANTINE.empty_table(), fingerprint)
    assert not output.has(facts.name)
    publish_part(output, facts, scored, QUARANTINE.empty_table(), fingerprint)
