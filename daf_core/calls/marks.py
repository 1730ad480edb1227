"""Which rows of a scores table carry a flag, were said, have a place on the timeline of their
recording, or contradict their words by the tone.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.arrays import BoolArray
from daf_core.schemas import NEUTRAL_BELOW

SOUNDS = ("tone", "music")  # flags of `recordings.tones`
LARGE_DISAGREEMENT = 2  # a third of the scale [-3, 3]
# As `contradicts`, in SQL over a scores table; null where words or tone are not known.
CONTRADICTION = f"""(
    text_sentiment * audio_sentiment < 0
    AND least(abs(text_sentiment), abs(audio_sentiment)) >= {NEUTRAL_BELOW}
    OR abs(text_sentiment::DOUBLE - audio_sentiment::DOUBLE) >= {LARGE_DISAGREEMENT}
)"""


def contradicts(scores: pa.Table) -> BoolArray:
    """(rows,) whether words and tone are of opposite polarity, or LARGE_DISAGREEMENT apart."""
    text, audio = (
        scores[f"{name}_sentiment"].to_numpy().astype(np.float64) for name in ("text", "audio")
    )
    with np.errstate(invalid="ignore"):
        opposite = (text * audio < 0) & (np.minimum(abs(text), abs(audio)) >= NEUTRAL_BELOW)
        found: BoolArray = opposite | (abs(text - audio) >= LARGE_DISAGREEMENT)
    return found


def is_said(rows: pa.Table) -> BoolArray:
    """Which rows (rows,) hold something that was said: all but tones and music without words."""
    is_sound: BoolArray = np.any([flagged(rows, kind) for kind in SOUNDS], axis=0)
    return ~(is_sound & flagged(rows, "no_text"))


def is_placed(rows: pa.Table) -> BoolArray:
    """Which rows (rows,) have a place on the timeline of their recording: they have times, and
    these do not lie after its end.
    """
    timed = pc.and_(rows["start_s"].is_valid(), rows["end_s"].is_valid())
    found: BoolArray = timed.to_numpy() & ~flagged(rows, "outside_recording")
    return found


def flagged(rows: pa.Table, flag: str) -> BoolArray:
    """Which rows (rows,) of a table carry a flag."""
    found = np.zeros(rows.num_rows, bool)
    flags = rows["flags"].combine_chunks()
    index = pc.list_parent_indices(flags).to_numpy(zero_copy_only=False)
    found[index[pc.equal(pc.list_flatten(flags), flag).to_numpy(zero_copy_only=False)]] = True
    return found
