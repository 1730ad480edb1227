"""Who interrupts whom, in conversations of two and three."""

import numpy as np
import pytest

from daf_core.calls.conversation import interruptions_of, remarks_of, turns_of
from daf_core.calls.spans import Spans


def talked(*said):
    """Spans and speakers of (speaker, start, end), in order of start."""
    speakers, starts, ends = (np.array(values) for values in zip(*said, strict=True))
    spans = Spans(starts.astype(float), ends.astype(float))
    return spans, speakers, remarks_of(spans, speakers)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ([(0, 0, 5), (1, 4, 8)], [(4, 1, 0)]),
        ([(0, 0, 5), (1, 4.8, 8)], []),  # the haste of a conversation
        ([(0, 0, 5), (1, 2, 2.5)], []),  # mhm
        ([(0, 0, 9), (1, 2, 2.5), (1, 2.6, 6)], [(2.6, 1, 0)]),  # mhm, and then in earnest
        ([(0, 0, 5), (1, 4, 7), (0, 5.2, 9)], [(4, 1, 0)]),  # 0 goes on after a breath
        ([(0, 0, 5), (1, 4, 7), (0, 6, 9)], [(4, 1, 0), (6, 0, 1)]),
        ([(0, 0, 3), (1, 0, 4)], []),  # both begin together
        ([(0, 0, 5), (1, 1, 6), (2, 3, 8)], [(1, 1, 0), (3, 2, 0), (3, 2, 1)]),
        ([(0, 0, 5), (0, 3, 8)], []),  # one speaker, whose cues overlap
    ],
)
def test_interruptions(said, expected):
    found = interruptions_of(*talked(*said))
    assert [(one.start_s, one.by, one.of) for one in found] == expected


def test_turns_end_with_another_speaker_or_a_silence():
    said = [(0, 0, 2), (0, 2.5, 4), (1, 4.2, 6), (1, 9.5, 10), (0, 9.8, 12)]
    turns = turns_of(*talked(*said))
    assert [(turn.speaker, turn.rows, turn.after) for turn in turns] == [
        (0, [0, 1], None),
        (1, [2], 0),
        (1, [3], None),
        (0, [4], 1),
    ]
    assert [turn.waited_s for turn in turns] == [None, pytest.approx(0.2), None, None]
