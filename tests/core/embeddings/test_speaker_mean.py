"""Speaker normalisation: which speaker a row is of, and embeddings minus the speaker's mean."""

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from daf_core.embeddings.arrays import column_values, columns_for, fixed_size_list
from daf_core.embeddings.columns import with_previous_turns, with_speaker_normalised
from daf_core.embeddings.speaker_mean import minus_speaker_mean, speaker_numbers


def rows(*speakers: tuple[str, int | None, str | None]) -> pa.Table:
    recording, channel, speaker = zip(*speakers, strict=True)
    return pa.table(
        {
            "start_s": pa.array(range(len(speakers)), pa.float64()),
            "recording_id": pa.array(recording, pa.string()),
            "channel": pa.array(channel, pa.int32()),
            "speaker": pa.array(speaker, pa.string()),
        }
    )


def test_a_speaker_is_one_within_a_recording_and_in_clips_across_them():
    call = [("call", 0, "agent"), ("call", 1, "caller"), ("call", 0, "agent"), ("call", 0, None)]
    other = [("other", 0, "agent"), ("other", 0, "agent")]
    assert speaker_numbers(rows(*call, *other)).tolist() == [0, 1, 0, 2, 3, 3]
    clips = [("c1", None, "ann"), ("c2", None, "bob"), ("c3", None, "ann"), ("c4", None, None)]
    assert speaker_numbers(rows(*clips, ("c5", None, None))).tolist() == [0, 1, 0, 2, 3]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=12),
    st.integers(0, 9),
)
def test_what_all_utterances_of_a_speaker_share_is_gone(utterances, seed):
    speaker, present = (np.array(column) for column in zip(*utterances, strict=True))
    draw = np.random.default_rng(seed)
    values = draw.normal(size=(len(speaker), 2, 3)).astype(np.float16)
    shared = draw.normal(size=(4, 2, 3)).astype(np.float16)
    found = minus_speaker_mean(values, present, speaker)
    assert not found[~present].any()
    for one in set(speaker[present]):
        own = present & (speaker == one)
        np.testing.assert_allclose(found[own].sum(axis=0, dtype=float), 0, atol=0.02)
        if own.sum() == 1:
            assert not found[own].any()
    moved = minus_speaker_mean(values + shared[speaker], present, speaker)
    np.testing.assert_allclose(moved.astype(float), found.astype(float), atol=0.02)
    order = draw.permutation(len(speaker))
    again = minus_speaker_mean(values[order], present[order], speaker[order])
    np.testing.assert_allclose(again.astype(float), found[order].astype(float), atol=0.01)


def test_derived_columns_are_computed_from_stored_ones():
    shapes = {"text": (1, 2), "audio": (2, 2)}
    both = with_speaker_normalised(shapes)
    assert both == {**shapes, "audio_relative": (2, 2)}
    assert columns_for(shapes) == ["text", "audio"]
    assert {*columns_for(both)} > {"text", "audio", "recording_id", "channel", "speaker"}
    values = np.array([[1, 2, 3, 4], [3, 2, 1, 0], [9, 9, 9, 9]], np.float16)
    has = np.array([True, True, False])
    table = rows(*[("call", 0, "agent")] * 3)
    table = table.append_column("text", fixed_size_list(values[:, :2], np.full(3, True)))
    table = table.append_column("audio", fixed_size_list(values, has))
    found, present = column_values(table, both)
    assert found["audio_relative"].reshape(3, 4).tolist() == [
        [-1, 0, 1, 2],
        [1, 0, -1, -2],
        [0, 0, 0, 0],
    ]
    assert present.tolist() == [[True, True], [True, True], [True, False]]
    none, _ = column_values(table.slice(0, 0), with_previous_turns(both))
    assert {name: value.shape[0] for name, value in none.items()} == dict.fromkeys(none, 0)
    first = column_values(table, {"audio_relative": (1, 2)})[0]
    assert first["audio_relative"].reshape(3, 2).tolist() == [[-1, 0], [1, 0], [0, 0]]
