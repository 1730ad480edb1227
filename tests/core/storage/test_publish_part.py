"""A part is published after its quarantine, and a late attempt never replaces a finished part."""

import dataclasses

import pyarrow as pa
import pytest

from daf_core.errors import NotDone
from daf_core.schemas import QUARANTINE, SCORES
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import Output, scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from tests.core.report.score_files import score

IDENTITY, OTHER_IDENTITY = {"head": "a"}, {"head": "b"}
RUN, OTHER_RUN = map(run_record.fingerprint, (IDENTITY, OTHER_IDENTITY))
FACTS = PartFacts(
    name=parquet.part_name(0), rows_fingerprint="f", rows_in=2, rows=1, audio_s=2.0, reasons={}
)
QUARANTINED = pa.Table.from_pylist(
    [{"stage": "decode", "reason": "empty_audio", "message": "a.wav: empty"}], schema=QUARANTINE
)
NONE_QUARANTINED = QUARANTINED.slice(0, 0)


@pytest.fixture
def output(tmp_path) -> Output:
    output = scores_output(str(tmp_path))
    run_record.begin(output, IDENTITY, fresh=False)
    return output


def publish(output, value, quarantine=QUARANTINED, facts=FACTS, fingerprint=RUN):
    rows = pa.Table.from_pylist([score("u1", sentiment=value)], schema=SCORES)
    publish_part(output, facts, rows, quarantine, fingerprint)


def stored(output) -> tuple[list[int], int]:
    """The part's sentiments and how many rows are in its quarantine."""
    values = output.read(FACTS.name)["sentiment"].to_pylist()
    return values, len(output.read_quarantine(FACTS.name))


def test_a_part_is_published_with_its_facts_and_the_run_s_fingerprint(output):
    publish(output, 1)
    assert stored(output) == ([1], 1)
    footer = output.footer(FACTS.name)
    assert PartFacts.from_footer(footer) == FACTS
    assert footer["daf.fingerprint"] == RUN


def test_a_part_that_cannot_be_written_leaves_only_its_quarantine(output, monkeypatch):
    create = files.create

    def full(uri, data):
        if uri == output.part_uri(FACTS.name):
            raise NotDone("no space left")
        return create(uri, data)

    monkeypatch.setattr(files, "create", full)
    with pytest.raises(NotDone):
        publish(output, 1)
    assert output.part_names() == []
    assert len(output.read_quarantine(FACTS.name)) == 1


@pytest.mark.parametrize("quarantine", [QUARANTINED, NONE_QUARANTINED], ids=["same", "other"])
def test_a_late_attempt_replaces_neither_a_finished_part_nor_its_quarantine(output, quarantine):
    publish(output, 1)
    publish(output, 2, quarantine)
    assert stored(output) == ([1], 1)


def test_an_unfinished_attempt_is_completed_with_its_own_quarantine(output):
    uri, data = output.encoded(FACTS.name, pa.table({"value": [1]}), QUARANTINED, {})[0]
    files.publish(uri, data)  # the attempt died before the part
    publish(output, 2, NONE_QUARANTINED)
    assert stored(output) == ([2], 0)


@pytest.mark.parametrize(
    ("facts", "fingerprint"),
    [(FACTS, OTHER_RUN), (dataclasses.replace(FACTS, rows_fingerprint="other"), RUN)],
    ids=["of another run", "of other rows"],
)
def test_files_of_another_run_or_of_other_rows_are_replaced(output, facts, fingerprint):
    for uri, data in output.encoded(
        FACTS.name,
        pa.table({"value": [1]}),
        QUARANTINED,
        {"daf.fingerprint": fingerprint, **facts.footer()},
    ):
        files.publish(uri, data)
    publish(output, 2, NONE_QUARANTINED)
    assert stored(output) == ([2], 0)


@pytest.mark.parametrize("found", ["no table", "of another kind", "without facts"])
def test_a_file_that_is_no_finished_part_is_replaced(output, found):
    if found == "no table":
        files.publish(output.part_uri(FACTS.name), b"PAR1 or not")
    else:
        kind = "scores" if found == "without facts" else "embeddings"
        parquet.write(output.part_uri(FACTS.name), pa.table({"value": [1]}), kind)
    publish(output, 2)
    assert stored(output) == ([2], 1)


@pytest.mark.parametrize("quarantine", [QUARANTINED, NONE_QUARANTINED], ids=["same", "other"])
def test_an_attempt_of_a_run_that_lost_the_folder_changes_nothing(output, quarantine):
    publish(output, 1)
    run_record.write(output, run_record.RunRecord.new("scores", OTHER_IDENTITY))
    with pytest.raises(NotDone, match="expected the record of this run, found that of another run"):
        publish(output, 2, quarantine)
    assert stored(output) == ([1], 1)
