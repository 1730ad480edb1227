"""What was made of rows whose words are gone stays with them, or is made of words read again."""

from pathlib import Path

import pyarrow.parquet as pq

from daf_core.privacy.in_step import parts_that_lack_words
from daf_core.privacy.words import drop_words
from daf_core.storage import files, run_record
from tests.core.privacy.made_chain import PART, chain, manifest_rows, put


def test_where_nothing_changed_no_words_are_needed(tmp_path: Path) -> None:
    own, *made = chain(tmp_path)
    assert parts_that_lack_words(own, made) == set()  # with words
    assert [drop_words(one) for one in (own, made[0])] == [1, 1]
    assert not list(tmp_path.glob("transcribed/words/*"))
    assert [drop_words(one) for one in (own, made[0])] == [0, 0]
    assert parts_that_lack_words(own, made) == set()
    assert [row["text"] for row in own.read(PART).to_pylist()] == ["", None]


def test_a_recording_that_left_the_manifest_is_cut_out_of_all_that_was_made(tmp_path: Path) -> None:
    own, transcribed, scores = chain(tmp_path)
    for one in (own, transcribed):
        drop_words(one)
    files.delete(own.part_uri(PART))
    put(own, manifest_rows(("a", "1", "")), "after")
    before = scores.read(PART).to_pylist()
    assert parts_that_lack_words(own, [transcribed, scores]) == set()
    assert transcribed.read(PART)["utterance_id"].to_pylist() == ["1"]
    assert scores.read(PART).to_pylist() == before[:1]
    assert scores.read_quarantine(PART).num_rows == 0
    for output in (transcribed, scores):
        record = run_record.read(output)
        assert record is not None
        assert not record.complete  # the next run counts anew
    assert parts_that_lack_words(own, [transcribed, scores]) == set()
    assert pq.read_metadata(scores.part_uri(PART)).num_rows == 1


def test_what_must_be_made_again_lacks_words(tmp_path: Path) -> None:
    own, transcribed, scores = chain(tmp_path)
    assert parts_that_lack_words(own, [transcribed, scores], ["encoder_failed"]) == set()
    for one in (own, transcribed):
        drop_words(one)
    made = [transcribed, scores]
    assert parts_that_lack_words(own, made, ["no_speech"]) == set()
    files.delete(scores.part_uri(PART))
    assert parts_that_lack_words(own, made) == {PART}
    assert not transcribed.has(PART)  # its words are gone too


def test_scores_that_lack_a_row_are_made_again(tmp_path: Path) -> None:
    own, transcribed, scores = chain(tmp_path)
    for one in (own, transcribed):
        drop_words(one)
    files.delete(own.part_uri(PART))
    put(own, manifest_rows(("a", "1", ""), ("c", "3", "")), "after")
    assert parts_that_lack_words(own, [transcribed, scores]) == {PART}
    assert parts_that_lack_words(own, [scores], ["encoder_failed"]) == {PART}
