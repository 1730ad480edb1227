"""Numbers as text: none is a negative zero, on a terminal, in a page or in a file."""

import io
import json

import pyarrow as pa
import pytest

from daf_core.decimals import decimals
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
