"""Embedding a decoded part: which rows get embeddings, and how a table holds them."""

import numpy as np
import pyarrow as pa

from daf_core.embeddings.arrays import column_values, fixed_size_list
from daf_core.schemas import QUARANTINE
from daf_core.stages.decode import decode_part
from tests.core.stages.made_parts import manifest_rows


def test_embedding_splits_rows_into_usable_and_quarantined(part, embed):
    embedded, quarantine = embed(decode_part(part))
    assert embedded["utterance_id"].to_pylist() == ["u0", "u1", "u2", "u3"]
    assert embedded["text"].is_valid().to_pylist() == [True, True, False, True]
    assert embedded["audio"].is_valid().to_pylist() == [True, False, True, False]
    assert quarantine.schema == QUARANTINE
    assert quarantine["utterance_id"].to_pylist() == ["u4", "u5"]


def test_a_row_s_embedding_does_not_depend_on_its_part(part, embed):
    whole, _ = embed(decode_part(part))
    alone, _ = embed(decode_part(part.slice(0, 1)))
    for column in ("text", "audio"):
        np.testing.assert_allclose(
            np.array(whole[column][0].as_py(), np.float32),
            np.array(alone[column][0].as_py(), np.float32),
            atol=2e-3,
            rtol=2e-3,
        )


def test_text_longer_than_the_encoder_reads_is_flagged(embed):
    embedded, _ = embed(decode_part(manifest_rows({"text": "word " * 2000}, {"text": "short"})))
    assert embedded["flags"].to_pylist() == [["no_audio", "truncated_text"], ["no_audio"]]


def test_columns_of_vectors_survive_nulls_slices_and_chunks():
    values = np.arange(28, dtype=np.float16).reshape(7, 4)
    present = np.array([True, False, True, True, False, True, True])
    table = pa.table({"text": fixed_size_list(values, present)})
    expected = np.where(present[:, None], values, 0).reshape(7, 2, 2)
    for cut, rows in (
        (table, slice(None)),
        (table.slice(2, 4), slice(2, 6)),
        (pa.concat_tables([table.slice(0, 3), table.slice(3)]), slice(None)),
    ):
        found, has = column_values(cut, {"text": (2, 2)})
        np.testing.assert_array_equal(found["text"], expected[rows])
        np.testing.assert_array_equal(has[:, 0], present[rows])
