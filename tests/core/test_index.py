"""The index of a finished run: what it says, also once it is lost."""

import pyarrow as pa
import pytest

from daf_core import index, runs, tables
from daf_core.errors import SettingsError
from daf_core.index import PartFacts

PARTS = [
    PartFacts(tables.part_name(number), f"c{number}", 10, 9, 60.0, {"bad_row": 1})
    for number in range(3)
]


@pytest.fixture
def finished(tmp_path) -> tuple[runs.Output, dict]:
    output = runs.manifest_output(str(tmp_path))
    for part in PARTS:
        uri = tables.join(output.parts_uri, part.part)
        tables.write(uri, pa.table({"a": [1]}), output.kind, part.footer())
    runs.finish(output, {"source": "x"}, {"parts": len(PARTS)})
    record = runs.complete_record(output)
    index.write(output.index_uri, PARTS, record["fingerprint"])
    return output, record


@pytest.mark.parametrize("lost", [False, True])
def test_facts_come_from_the_index_or_else_from_footers(finished, lost):
    output, record = finished
    if lost:
        tables.delete(output.index_uri)
    assert index.of_finished(output, record) == {part.part: part for part in PARTS}


def test_a_finished_run_whose_parts_are_gone_is_refused(finished):
    output, record = finished
    tables.delete(output.index_uri)
    tables.delete(tables.join(output.parts_uri, PARTS[1].part))
    with pytest.raises(SettingsError, match=r"expected the 3 parts .* found 2; make it again"):
        index.of_finished(output, record)


def test_a_part_that_says_nothing_of_itself_is_refused(finished):
    output, record = finished
    tables.delete(output.index_uri)
    uri = tables.join(output.parts_uri, PARTS[1].part)
    tables.delete(uri)
    tables.write(uri, pa.table({"a": [1]}), output.kind)
    with pytest.raises(SettingsError, match=r"part-00001\.parquet: expected a part that says"):
        index.of_finished(output, record)
