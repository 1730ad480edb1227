"""What was said before, as embeddings: the last turns of the own voice, and those of the others.

Unlike the words before that a text encoder reads (`context`), it is there for the voice too. Of a
recording that was cut the turns of other parts are not seen.
"""

from collections import defaultdict
from itertools import islice

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daf_core.embeddings.columns import HalfArray
from daf_core.embeddings.speaker_mean import voices

TURNS = 2  # of each, as GatedxLSTM (arXiv 2503.20919) has them


def previous_turns(
    values: HalfArray, has: npt.NDArray[np.bool_], rows: pa.Table, own: bool
) -> HalfArray:
    """Mean embeddings (rows, layers, features) of the last TURNS utterances of the same recording
    before each row: of its `own` voice, or of all others; zeros where there are none.

    rows: a part's, with `voices.VOICE` and start_s; utterances are in the order of their starts.
    """
    recordings, starts = rows["recording_id"].to_pylist(), rows["start_s"].to_pylist()
    voice = voices(rows).tolist()
    said: dict[str, list[int]] = defaultdict(list)
    made = np.zeros_like(values)
    for row in sorted(range(len(rows)), key=lambda row: starts[row] or 0.0):
        before = said[recordings[row]]
        wanted = (other for other in reversed(before) if (voice[other] == voice[row]) == own)
        if last := [*islice(wanted, TURNS)]:
            made[row] = values[last].astype(np.float32).mean(axis=0)
        if has[row]:
            before.append(row)
    return made
