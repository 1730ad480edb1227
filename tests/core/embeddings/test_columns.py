"""Embedding columns: names that are stored on disk, and which columns are derived from which."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daf_core.embeddings.columns import (
    MODALITIES,
    Column,
    modalities_of,
    select,
    stored,
    with_all_layers,
    with_previous_turns,
    with_speaker_normalised,
)
from daf_core.errors import SettingsError
from daf_core.heads import columns_read

SHAPES = {"text": (1, 1), "audio": (2, 4)}
DERIVATIONS = ("speaker_normalised", "own_previous", "others_previous")

pooled = st.builds(
    Column,
    modality=st.sampled_from(MODALITIES),
    number=st.integers(1, 30),
    derived=st.none() | st.sampled_from(DERIVATIONS),
    all_layers=st.booleans(),
)
frames = st.builds(
    Column, st.sampled_from(MODALITIES), number=st.integers(1, 30), view=st.just("frames")
)


@given(pooled | frames)
def test_a_name_stands_for_one_column(column):
    assert Column.from_name(column.name) == column
    assert column.stored.stored == column.stored


@pytest.mark.parametrize(
    "name",
    ["", "video", "audio_1", "audio_0", "audio_02", "text_frames_relative", "audio_relative_wide",
     "audio_", "audio_frames_wide", " text", "text\n", "audio_٣"],
)  # fmt: skip
def test_other_names_are_refused(name):
    with pytest.raises(SettingsError, match=r"embedding column .*: expected"):
        Column.from_name(name)


def test_stored_names_stay_as_they_are():
    names = {
        "audio": Column("audio"),
        "audio_2": Column("audio", 2),
        "audio_frames": Column("audio", view="frames"),
        "audio_relative": Column("audio", derived="speaker_normalised"),
        "text_own_before": Column("text", derived="own_previous"),
        "text_others_before": Column("text", derived="others_previous"),
        "audio_2_wide_relative": Column("audio", 2, "pooled", "speaker_normalised", True),
    }
    assert {name: Column.from_name(name) for name in names} == names


def test_derived_columns_are_not_stored_and_only_gatedx_reads_previous_turns():
    shapes = with_speaker_normalised(with_previous_turns(SHAPES))
    assert stored(shapes) == SHAPES
    assert [*select(shapes, lambda column: column.is_utterance)] == [
        "text",
        "audio",
        "audio_relative",
    ]
    assert modalities_of({"audio_2": (1, 1), "text_frames": (1, 1)}) == ["text", "audio"]
    read = columns_read("gatedx", with_previous_turns(SHAPES))
    turns = [f"{name}_{whose}_before" for name in SHAPES for whose in ("own", "others")]
    assert [*read] == ["text", "audio", *turns]
    assert columns_read("concat", with_previous_turns(SHAPES)) == SHAPES


def test_layers_side_by_side_are_of_the_same_stored_columns():
    all_layers = with_all_layers(SHAPES | {"audio_frames": (4, 3)})
    shapes = with_previous_turns(with_speaker_normalised(all_layers))
    assert stored(shapes) == SHAPES | {"audio_frames": (4, 3)}
    utterance = select(shapes, lambda column: column.is_utterance)
    assert [*utterance] == ["text_wide", "audio_wide", "audio_wide_relative"]
    turns = with_previous_turns(SHAPES).keys() - SHAPES.keys()
    derived = select(shapes, lambda column: column.derived is not None)
    assert derived.keys() == turns | {"audio_wide_relative"}
    assert columns_read("concat", shapes) == utterance
