"""Recordings that span parts, and those of which nothing is scored."""

from hypothesis import given
from hypothesis import strategies as st

from daf_core.calls.units import Source, units_of
from tests.core.calls.made_folder import scores_folder
from tests.core.calls.made_scores import quarantine_of, scores_of

PARTS = st.lists(st.sets(st.sampled_from("abcdefgh")), max_size=6)


@given(PARTS)
def test_each_recording_is_of_one_unit_that_names_all_its_parts(parts):
    names = [f"part-{number}" for number in range(len(parts))]
    there = dict(zip(names, parts, strict=True))
    units = units_of(there.items())
    own = {name: there[name] - unit.begun for name, unit in units.items()}
    assert sorted(one for found in own.values() for one in found) == sorted(set().union(*parts))
    for name, unit in units.items():
        for one in own[name]:
            assert {part for part in names if one in there[part]} <= {name, *unit.further}


def test_a_recording_in_several_parts_is_summarised_whole(tmp_path):
    rows = [
        {"recording_id": one, "utterance_id": f"{one}{n}", "start_s": n, "end_s": n + 1}
        | {"sentiment": float(n)}
        for one, n in [("a", 0), ("b", 0), ("b", 1), ("b", 2), ("c", 0)]
    ]
    tables = [scores_of(rows[:2]), scores_of(rows[2:3]), scores_of(rows[3:])]
    refused = {1: quarantine_of([("d", "no_speech"), ("b", "bad_label")])}
    source = Source(scores_folder(tmp_path / "s", tables, refused), None)
    units = units_of((name, source.recordings(name)) for name in source.part_names())
    calls = [
        call for name in units for call in source.summarise(name, units[name], 0.1)[0].to_pylist()
    ]
    found = {call["recording_id"]: (call["utterances"], call["quarantined"]) for call in calls}
    assert found == {"a": (1, 0), "b": (3, 1), "d": (0, 1), "c": (1, 0)}
    assert len(calls) == 4


def test_lines_of_tables_about_recordings_are_no_calls(tmp_path):
    rows = [{"recording_id": "a", "utterance_id": "a0", "start_s": 0, "end_s": 1, "sentiment": 1.0}]
    lines = [("gone", "unmatched_meta"), ("x", "unmatched_transcript"), ("z", "unmatched_label")]
    refused = {0: quarantine_of([*lines, ("a", "ambiguous_meta"), ("b", "unreadable_audio")])}
    source = Source(scores_folder(tmp_path / "s", [scores_of(rows)], refused), None)
    (name,) = source.part_names()
    units = units_of([(name, source.recordings(name))])
    calls = source.summarise(name, units[name], 0.1)[0].to_pylist()
    assert {call["recording_id"]: call["status"] for call in calls} == {
        "a": "scored",
        "b": "refused",
    }
