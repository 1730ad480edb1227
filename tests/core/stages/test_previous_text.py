"""Previous text: which turns it joins, and how a text encoder reads it."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.encoders.loading import load_text_encoder
from daf_core.schemas import MANIFEST
from daf_core.stages.decode import decode_part
from daf_core.stages.previous_text import with_previous_text
from daf_core.weights.specs import resolve
from tests.core.encoders.encoder_folders import TEXT, text_folder


def manifest_rows(rows):
    blank = dict.fromkeys(MANIFEST.names) | {"meta": [], "flags": []}
    full = [{**blank, "utterance_id": str(number), **row} for number, row in enumerate(rows)]
    return pa.Table.from_pylist(full, schema=MANIFEST)


def turns(*said):
    """Rows of (recording, start, text)."""
    names = ("recording_id", "start_s", "text")
    return manifest_rows([dict(zip(names, one, strict=True)) for one in said])


def test_previous_turns_are_those_of_the_recording_in_time_of_any_speaker():
    rows = turns(
        ("call", 0.0, "good morning"),
        ("call", 4.0, "no"),
        ("other", 1.0, "hello"),
        ("call", 2.0, "may I help"),
        ("call", 3.0, None),
        ("call", 5.0, "bye"),
    )
    read = with_previous_text(rows, 2)
    assert read.column_names == [*MANIFEST.names, "previous_text"]
    assert read["previous_text"].to_pylist() == [
        None,
        "good morning may I help",
        None,
        "good morning",
        None,
        "may I help no",
    ]
    assert decode_part(read)["previous_text"].equals(read["previous_text"])
    assert decode_part(rows)["previous_text"].null_count == len(rows)


def test_turns_that_start_together_are_in_the_order_of_the_manifest():
    rows = turns(*[("dialogue", start, text) for start in (0.0, None) for text in "ab"])
    assert with_previous_text(rows, 1)["previous_text"].to_pylist() == [None, "a", "b", "a"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from("rs"), st.integers(0, 5), st.one_of(st.none(), st.sampled_from("xyz"))
        )
    ),
    st.integers(1, 3),
)
def test_every_turn_has_the_turns_before_it_and_no_others(said, most):
    rows = turns(*said)
    found = with_previous_text(rows, most)["previous_text"].to_pylist()
    in_time = sorted(range(len(said)), key=lambda row: said[row][1])
    for place, row in enumerate(in_time):
        same = [said[other] for other in in_time[:place] if said[other][0] == said[row][0]]
        texts = [text for *_, text in same if text is not None][-most:]
        expected = None if said[row][2] is None else " ".join(texts) or None
        assert found[row] == expected


@pytest.fixture(scope="module", params=TEXT)
def encoder(request, tmp_path_factory):
    folder = text_folder(tmp_path_factory.mktemp("text"), request.param)
    return load_text_encoder(resolve(str(folder)), steps=4)


def test_a_text_is_read_with_its_previous_text_whatever_the_batch(encoder):
    texts, previous = ["a b", "a b", "a b", "c"], [None, "d e", "f", "d e"]
    pooled, frames = encoder.encode(texts, previous)
    np.testing.assert_allclose(pooled[0], encoder.encode(["a b"])[0][0], atol=1e-5)
    for row, other in ((0, 1), (0, 2), (1, 2), (1, 3)):
        assert not np.allclose(pooled[row], pooled[other], atol=1e-4)
    for row in range(4):
        alone = encoder.encode([texts[row]], [previous[row]])
        np.testing.assert_allclose(pooled[row], alone[0][0], atol=1e-5)
        np.testing.assert_allclose(frames[row], alone[1][0], atol=1e-5)
    # The embedding layer sees no neighbour: the text's own tokens are what is averaged.
    np.testing.assert_allclose(pooled[0][0], pooled[1][0], atol=1e-5)


def test_the_text_is_kept_and_the_start_of_its_previous_text_is_cut_off(encoder):
    text, long = "a b", "c " * 2 * encoder.longest
    pooled, _ = encoder.encode([text] * 3, [long + "d", long + "e", "d " + long + "e"])
    assert not np.allclose(pooled[0], pooled[1], atol=1e-5)
    np.testing.assert_allclose(pooled[1], pooled[2], atol=1e-5)
    full = "a " * (encoder.longest - 2)
    np.testing.assert_array_equal(encoder.encode([full], ["d"])[0], encoder.encode([full])[0])
    assert not encoder.truncated([full])[0]
