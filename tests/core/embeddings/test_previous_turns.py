"""Turns before an utterance: whose they are, and which are the last."""

import numpy as np
import pyarrow as pa
import pytest
import torch

from daf_core.embeddings.columns import (
    beside,
    made_of,
    pooled,
    stored,
    with_relative,
    with_turns,
    with_wide,
)
from daf_core.embeddings.previous_turns import previous_turns
from daf_core.heads import build, columns_read
from daf_core.heads.parts import Features

STREAMS = {"text": (1, 1), "audio": (2, 4)}


def rows(*said: tuple[str, str, float]) -> pa.Table:
    recording, speaker, start_s = zip(*said, strict=True)
    columns = {"recording_id": recording, "speaker": speaker, "start_s": start_s}
    return pa.table({**columns, "channel": pa.nulls(len(said), pa.int32())})


@pytest.mark.parametrize(
    ("own", "expected"),
    # Before the last: of b 2 and 4, of the others 1 and 3.
    [(True, [0, 0, 1, 2, 0, 0, 3]), (False, [0, 1, 2, 2, 0, 0, 2])],
)
def test_the_last_two_turns_of_the_own_voice_or_of_the_others(own, expected):
    said = [("a", 0.0), ("b", 1.0), ("a", 2.0), ("b", 3.0)]
    table = rows(
        *(("call", who, start) for who, start in said),
        ("other", "a", 9.0),  # of another recording
        ("call", "c", -1.0),  # said first, but there is nothing of it
        ("call", "b", 4.0),
    )
    values = np.arange(1, 8, dtype=np.float16).reshape(7, 1, 1)
    has = np.array([True, True, True, True, True, False, True])
    assert previous_turns(values, has, table, own).ravel().tolist() == expected


def test_what_is_made_is_not_stored_and_only_gatedx_reads_turns():
    every = with_relative(with_turns(STREAMS))
    assert stored(every) == STREAMS
    assert [*pooled(every)] == ["text", "audio", "audio_relative"]
    assert {made_of(name) for name in every} == {"text", "audio"}
    read = columns_read("gatedx", with_turns(STREAMS))
    assert [*read] == ["text", "audio"] + [
        f"{name}_{whose}_before" for name in STREAMS for whose in ("own", "others")
    ]
    assert columns_read("concat", with_turns(STREAMS)) == STREAMS


def test_layers_side_by_side_are_of_the_same_columns():
    every = with_turns(with_relative(with_wide(STREAMS | {"audio_frames": (4, 3)})))
    assert stored(every) == STREAMS | {"audio_frames": (4, 3)}
    assert [*pooled(every)] == ["text_wide", "audio_wide", "audio_wide_relative"]
    assert beside(every).keys() == with_turns(STREAMS).keys() - STREAMS.keys() | {
        "audio_wide_relative"
    }
    assert columns_read("concat", every) == pooled(every)


def test_no_turn_before_says_nothing():
    streams = with_turns(STREAMS)
    torch.manual_seed(0)
    head = build("gatedx", streams, 8)
    values = {name: torch.randn(3, *shape) for name, shape in streams.items()}
    values |= {name: value * 0 for name, value in values.items() if name.endswith("before")}
    features = Features(values, torch.ones(3, 2, dtype=torch.bool))
    said = head(features).logits
    for side in head.earlier.values():
        for parameter in side.parameters():
            torch.nn.init.normal_(parameter)
    assert torch.equal(head(features).logits, said)
