"""The part index: facts are read from it, or from the footers where the index is lost."""

from tempfile import TemporaryDirectory

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daf_core.errors import SettingsError
from daf_core.storage import files, parquet, part_index, run_record
from daf_core.storage.output import Output, manifest_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import RunRecord

PARTS = [
    PartFacts(
        name=parquet.part_name(number),
        rows_fingerprint=f"c{number}",
        rows_in=10,
        rows=9,
        audio_s=60.0,
        reasons={"bad_row": 1},
    )
    for number in range(3)
]


COUNTS = st.dictionaries(st.sampled_from(["bad_row", "short", "naïve"]), st.integers(1, 2**40))
FACTS = st.builds(
    PartFacts,
    name=st.integers(0, 99_999).map(parquet.part_name),
    rows_fingerprint=st.text(st.characters(codec="utf-8"), max_size=5),
    rows_in=st.integers(0, 2**40),
    rows=st.integers(0, 2**40),
    audio_s=st.floats(0, 1e9),
    reasons=COUNTS,
    flags=COUNTS,
    metadata=st.sampled_from(["", "m1"]),
)


@pytest.fixture
def finished(tmp_path) -> tuple[Output, RunRecord]:
    output = manifest_output(str(tmp_path))
    for part in PARTS:
        rows = pa.table({"a": [1] * part.rows})
        parquet.write(output.part_uri(part.name), rows, output.kind, part.footer())
    run_record.finish(output, {"source": "x"}, {"parts": len(PARTS)})
    record = run_record.read_complete(output)
    part_index.write(output.index_uri, PARTS, record.fingerprint)
    return output, record


@pytest.mark.parametrize("lost", [False, True])
def test_facts_come_from_the_index_or_else_from_footers(finished, lost):
    output, record = finished
    if lost:
        files.delete(output.index_uri)
    assert part_index.of_finished(output, record) == {part.name: part for part in PARTS}


def test_a_finished_run_whose_parts_are_gone_is_refused(finished):
    output, record = finished
    files.delete(output.index_uri)
    files.delete(output.part_uri(PARTS[1].name))
    with pytest.raises(SettingsError, match=r"expected the 3 parts .* found 2; run the command"):
        part_index.of_finished(output, record)


def test_a_part_without_facts_in_its_footer_is_refused(finished):
    output, record = finished
    files.delete(output.index_uri)
    uri = output.part_uri(PARTS[1].name)
    parquet.write(uri, pa.table({"a": [1]}), output.kind)
    with pytest.raises(SettingsError, match=r"part-00001\.parquet: expected facts about the part"):
        part_index.of_finished(output, record)


@settings(deadline=None)
@given(st.lists(FACTS, max_size=6, unique_by=lambda part: part.name))
def test_an_index_gives_back_the_facts_in_order_of_names(parts):
    with TemporaryDirectory() as folder:
        uri = f"{folder}/_index.parquet"
        part_index.write(uri, parts, "f")
        found = part_index.read(uri, "f")
        assert part_index.read(uri, "another run") == {}
    assert [*found.values()] == sorted(parts, key=lambda part: part.name)
    assert all(name == part.name for name, part in found.items())


def test_an_index_of_a_version_without_metadata_is_read(tmp_path):
    uri = str(tmp_path / "_index.parquet")
    part_index.write(uri, PARTS, "f")
    table, _ = parquet.read(uri, "index")
    parquet.write(uri, table.drop_columns(["metadata"]), "index", {"daf.fingerprint": "f"})
    assert [*part_index.read(uri, "f").values()] == PARTS
