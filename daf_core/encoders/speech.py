"""A frozen speech encoder: from waves to pooled hidden layers, and to frames of one layer."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from daf_core.arrays import RATE_HZ
from daf_core.encoders.pooling import in_batches, merge_spans, merge_windows
from daf_core.encoders.wav2vec import WaveNetwork
from daf_core.encoders.waves import Wave, as_float, windows
from daf_core.encoders.whisper import WhisperNetwork


class SpeechEncoder:
    """Mean and standard deviation over time, side by side, of hidden layers of a frozen network.

    A row depends on its wave only, not on padding or on the other rows of its batch. Waves longer
    than `window_s` are cut into equal windows, whose statistics are merged exactly.
    """

    def __init__(
        self, network: WhisperNetwork | WaveNetwork, batch_s: float, window_s: int
    ) -> None:
        self.network = network
        self.layers = network.layers
        self.width = 2 * network.width
        self.frames, self.frame_width = network.frames, network.width
        self.batch_samples = int(batch_s * RATE_HZ)
        self.window_samples = window_s * RATE_HZ

    def encode(
        self, waves: Sequence[Wave]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Embed mono 16 kHz waves (samples,), int16 or float32.

        Gives embeddings (rows, layers, width) and frames (rows, steps, frame_width).

        Raises:
            NotDone: the GPU's memory cannot hold a single window.
        """
        if len(waves) == 0:
            shapes = (0, self.layers, self.width), (0, self.frames.steps, self.frame_width)
            return np.empty(shapes[0], np.float32), np.empty(shapes[1], np.float32)
        prepared = (self.network.prepare(as_float(wave)) for wave in waves)
        utterances = [windows(wave, self.window_samples) for wave in prepared]
        pieces = [window for utterance in utterances for window in utterance]
        starts = np.cumsum([0, *(len(utterance) for utterance in utterances[:-1])])
        counts = np.empty(len(pieces), np.int64)
        moments = np.empty((len(pieces), self.layers, 2, self.network.width), np.float32)
        spans = np.empty((len(pieces), self.frames.steps, self.frame_width), np.float32)

        def encode(batch: npt.NDArray[np.intp]) -> None:
            found = self.network([pieces[index] for index in batch])
            counts[batch], moments[batch], spans[batch] = found

        in_batches([len(window) for window in pieces], self.batch_samples, encode)
        return merge_windows(moments, counts, starts), merge_spans(spans, counts, starts)
