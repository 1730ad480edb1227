"""Speaker normalisation: embeddings minus the mean of their speaker.

Who speaks changes an audio embedding more than how they speak; without the speaker's mean, the tone
is left. All utterances of a part are there at once, so the mean is known for the first utterance
too, and it needs no labels. (Speaker normalisation of emotion features: Sethu, Ambikairajah and
Epps 2007; Busso, Mariooryad, Metallinou and Narayanan 2013, IEEE Transactions on Affective
Computing 4.)
"""

import re
from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daf_core.embeddings.columns import HalfArray

_MARK = re.compile(r"\[[A-Z]+ \d+\]")
SPEAKER_COLUMNS = ("recording_id", "channel", "speaker")  # which identify a row's speaker


def speaker_numbers(rows: pa.Table) -> npt.NDArray[np.intp]:
    """Which speaker each row of a part is of: (rows,) numbers from 0.

    A speaker is one label on one channel of one recording; rows without a label share the speaker
    "unknown" of their channel. Clips, recordings of a single utterance, are the exception: there
    the same label is the same speaker in every clip, if it is no mark such as [PHONE 1].
    """
    columns = [rows[name].to_pylist() for name in SPEAKER_COLUMNS]
    utterances = Counter(columns[0])
    numbers: dict[tuple[str | None, int | None, str | None], int] = {}
    found = []
    for recording, channel, speaker in zip(*columns, strict=True):
        is_clip = utterances[recording] == 1 and speaker is not None and not _is_mark(speaker)
        key = (None, None, speaker) if is_clip else (recording, channel, speaker)
        found.append(numbers.setdefault(key, len(numbers)))
    return np.array(found, np.intp)


def _is_mark(speaker: str) -> bool:
    """Whether a label holds a mark, whose numbers count within one recording."""
    return _MARK.search(speaker) is not None


def minus_speaker_mean(
    values: HalfArray, present: npt.NDArray[np.bool_], speaker: npt.NDArray[np.intp]
) -> HalfArray:
    """Embeddings minus the mean over all rows of the same speaker that have one.

    Args:
        values: (rows, layers, features).
        present: (rows,) which rows have an embedding.
        speaker: (rows,) numbers from `speaker_numbers`.

    Returns:
        (rows, layers, features), zeros where absent and for speakers with a single utterance.
    """
    normalised = np.zeros_like(values)
    order = np.flatnonzero(present)[np.argsort(speaker[present], kind="stable")]
    for rows in np.split(order, np.flatnonzero(np.diff(speaker[order])) + 1):
        own = values[rows].astype(np.float32)
        normalised[rows] = own - own.mean(axis=0) if len(rows) else own
    return normalised
