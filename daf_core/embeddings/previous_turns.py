"""Embeddings of previous turns: of the same speaker, and of the other speakers.

The `context` of a text encoder gives it the text of previous turns; these columns give a head
previous turns of audio as well. Turns that lie in another part of a recording are not seen.
"""

from collections import defaultdict
from itertools import islice

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daf_core.embeddings.columns import HalfArray
from daf_core.embeddings.speaker_mean import speaker_numbers

MAX_TURNS = 2  # of each kind, as in GatedxLSTM (arXiv 2503.20919)


def previous_turns(
    values: HalfArray, present: npt.NDArray[np.bool_], rows: pa.Table, own: bool
) -> HalfArray:
    """Mean embedding of the last MAX_TURNS earlier utterances of the recording, for each row.

    Args:
        values: (rows, layers, features).
        present: (rows,) which rows have an embedding; the others are no one's previous turn.
        rows: the same rows of a part, with `speaker_mean.SPEAKER_COLUMNS` and start_s, by which
            utterances are ordered.
        own: average turns of the row's own speaker, or else of all other speakers.

    Returns:
        (rows, layers, features), zeros for rows without a previous turn.
    """
    recordings, starts = rows["recording_id"].to_pylist(), rows["start_s"].to_pylist()
    speaker = speaker_numbers(rows).tolist()
    earlier_rows: dict[str, list[int]] = defaultdict(list)
    means = np.zeros_like(values)
    for row in sorted(range(len(rows)), key=lambda row: starts[row] or 0.0):
        earlier = earlier_rows[recordings[row]]
        wanted = (turn for turn in reversed(earlier) if (speaker[turn] == speaker[row]) == own)
        if last := [*islice(wanted, MAX_TURNS)]:
            means[row] = values[last].astype(np.float32).mean(axis=0)
        if present[row]:
            earlier.append(row)
    return means
