"""Speech in overlapping windows, each with an embedding of who speaks."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from daf_core.encoders.speaker import HOP, WINDOW, SpeakerEncoder, raised, window_starts
from daf_core.recordings.audio import Recording
from daf_core.recordings.levels import even_out

STEP = 50  # frames of 10 ms between windows
FRAME_S = HOP / 16_000


class Windows(NamedTuple):
    """The windows of one stretch of speech, in order.

    start_s, end_s: of the stretch; middles_s: (windows,), seconds from the start of the recording;
    embeddings: (windows, 256), each of length one.
    """

    start_s: float
    end_s: float
    middles_s: npt.NDArray[np.float64]
    embeddings: npt.NDArray[np.float32]


def windows_of(
    recording: Recording, speech: Sequence[tuple[float, float]], encoder: SpeakerEncoder
) -> Iterator[Windows]:
    """Embed windows of 1.6 s, half a second apart, of each stretch of speech; channels are mixed.

    A stretch shorter than a window is one window. A stretch in which nothing can be read is left
    out.

    Raises:
        BadInput: as `Recording.read`.
        NotDone: as `Recording.read`.
    """
    for start_s, end_s in speech:
        samples = even_out(recording.read(start_s, end_s), recording.bounded)
        if not len(samples):
            continue
        embeddings = encoder.windows(raised(samples), STEP)
        starts_s = start_s + FRAME_S * np.array(window_starts(len(samples), STEP))
        ends_s = np.minimum(starts_s + WINDOW * FRAME_S, end_s)
        yield Windows(start_s, end_s, (starts_s + ends_s) / 2, embeddings)


def evened(windows: Windows) -> npt.NDArray[np.float32]:
    """Each window averaged with its neighbours in the stretch: (windows, 256), of length one.

    A window of 1.6 s says little of a voice; three say 2.6 s.
    """
    padded = np.pad(windows.embeddings, ((1, 1), (0, 0)), mode="edge")
    return unit(padded[:-2] + padded[1:-1] + padded[2:])


def unit(rows: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Rows of length one; a row of zeros stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: npt.NDArray[np.float32] = rows / np.maximum(lengths, 1e-9)
    return scaled
