"""How an utterance sounds against what its voice usually sounds like.

Who speaks moves the embedding of a voice more than how: without that, what is left is the tone. An
archive is there as a whole, so that a voice's usual sound is known before its first utterance is
scored; no label is needed. (Speaker normalisation of emotion features: Sethu, Ambikairajah and Epps
2007; Busso, Mariooryad, Metallinou and Narayanan 2013, IEEE Transactions on Affective Computing 4.)
"""

from collections import Counter

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from daf_core.embeddings.columns import HalfArray

VOICE = ("recording_id", "channel", "speaker")  # columns that tell whose voice it is


def voices(rows: pa.Table) -> npt.NDArray[np.intp]:
    """Whose voice each row of a part is: (rows,) numbers from 0.

    The same speaker on the same channel of a recording, or if neither is known all of it; in clips,
    of which each is a recording of its own, the same speaker in all of them.
    """
    columns = [rows[name].to_pylist() for name in VOICE]
    utterances = Counter(columns[0])
    known: dict[tuple[str | None, int | None, str | None], int] = {}
    found = []
    for recording, channel, speaker in zip(*columns, strict=True):
        clip = utterances[recording] == 1 and speaker is not None
        voice = (None, None, speaker) if clip else (recording, channel, speaker)
        found.append(known.setdefault(voice, len(known)))
    return np.array(found, np.intp)


def minus_speaker_mean(
    values: HalfArray, has: npt.NDArray[np.bool_], voice: npt.NDArray[np.intp]
) -> HalfArray:
    """Embeddings (rows, layers, features) minus the mean over all rows of the same voice that have
    one; of a voice heard once, and where absent, zeros.
    """
    made = np.zeros_like(values)
    order = np.flatnonzero(has)[np.argsort(voice[has], kind="stable")]
    for own in np.split(order, np.flatnonzero(np.diff(voice[order])) + 1):
        heard = values[own].astype(np.float32)
        made[own] = heard - heard.mean(axis=0) if len(own) else heard
    return made
