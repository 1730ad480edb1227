"""Previous turns: of which speaker, and which are the last."""

import numpy as np
import pyarrow as pa
import pytest
import torch

from daf_core.embeddings.columns import with_previous_turns
from daf_core.embeddings.previous_turns import previous_turns
from daf_core.heads import build
from daf_core.heads.parts import Features

SHAPES = {"text": (1, 1), "audio": (2, 4)}


def rows(*utterances: tuple[str, str, float]) -> pa.Table:
    recording, speaker, start_s = zip(*utterances, strict=True)
    columns = {"recording_id": recording, "speaker": speaker, "start_s": start_s}
    return pa.table({**columns, "channel": pa.nulls(len(utterances), pa.int32())})


@pytest.mark.parametrize(
    ("own", "expected"),
    # Before the last row: turns 2 and 4 of b itself, turns 1 and 3 of the others.
    [(True, [0, 0, 1, 2, 0, 0, 3]), (False, [0, 1, 2, 2, 0, 0, 2])],
)
def test_the_last_two_turns_of_the_own_speaker_or_of_the_others(own, expected):
    call = [("a", 0.0), ("b", 1.0), ("a", 2.0), ("b", 3.0)]
    table = rows(
        *(("call", speaker, start) for speaker, start in call),
        ("other", "a", 9.0),  # in another recording
        ("call", "c", -1.0),  # the first turn, but without an embedding
        ("call", "b", 4.0),
    )
    values = np.arange(1, 8, dtype=np.float16).reshape(7, 1, 1)
    present = np.array([True, True, True, True, True, False, True])
    assert previous_turns(values, present, table, own).ravel().tolist() == expected


def test_without_previous_turns_their_weights_have_no_effect():
    shapes = with_previous_turns(SHAPES)
    torch.manual_seed(0)
    head = build("gatedx", shapes, 8)
    values = {name: torch.randn(3, *shape) for name, shape in shapes.items()}
    values |= {name: value * 0 for name, value in values.items() if name.endswith("before")}
    features = Features(values, torch.ones(3, 2, dtype=torch.bool))
    logits = head(features).logits
    for projection in head.earlier.values():
        for parameter in projection.parameters():
            torch.nn.init.normal_(parameter)
    assert torch.equal(head(features).logits, logits)
