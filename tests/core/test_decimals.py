"""Numbers as text: none is a negative zero, on a terminal, in a page or in a file."""

import io
import json

import pyarrow as pa
import pytest

from daf_core.decimals import decimals, how_many_of, number_of
from daf_core.export.tables import write_csv, write_json_lines
from daf_core.report.printable import signed


@pytest.mark.parametrize(
    ("value", "places", "sign", "text"),
    [
        (-0.004, 2, False, "0.00"),
        (-0.0, 1, True, "0.0"),
        (0.004, 2, True, "0.00"),
        (-0.006, 2, False, "-0.01"),
        (10.0, 0, False, "10"),
        (1.5, 2, True, "+1.50"),
        (float("nan"), 2, False, "nan"),
    ],
)
def test_a_number_that_rounds_to_zero_has_no_sign(value, places, sign, text):
    assert decimals(value, places, sign) == text


def test_no_form_has_a_negative_zero():
    rows = pa.RecordBatch.from_pylist([{"mean": -0.0, "parts": [{"low": -0.0}]}])
    for write in (write_csv, write_json_lines):
        file = io.StringIO()
        write([rows], file)
        assert "-0.0" not in file.getvalue()
    assert json.loads(file.getvalue()) == {"mean": 0.0, "parts": [{"low": 0.0}]}
    assert signed(-0.04) == "0.0"


@pytest.mark.parametrize(
    ("count", "said"),
    [
        (0, ("0 parts", "0 entries")),
        (1, ("1 part", "1 entry")),
        (1000, ("1,000 parts", "1,000 entries")),
    ],
)
def test_one_thing_is_told_as_one(count: int, said: tuple[str, str]) -> None:
    assert (number_of(count, "part"), number_of(count, "entry", "entries")) == said


@pytest.mark.parametrize(
    ("count", "every", "said"),
    [
        (0, 1, "0 of 1 row have no text"),
        (1, 1, "1 of 1 row has no text"),
        (1, 1200, "1 of 1,200 rows has no text"),
        (3, 3, "3 of 3 rows have no text"),
    ],
)
def test_a_share_agrees_with_its_count(count: int, every: int, said: str) -> None:
    assert f"{how_many_of(count, every, 'row', 'has', 'have')} no text" == said
