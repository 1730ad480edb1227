"""A frozen speech encoder: waves in, mean and deviation over time of every hidden layer out."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from daf_core.encoders.pooling import in_batches, merge_windows
from daf_core.encoders.wav2vec import WaveNetwork
from daf_core.encoders.waves import RATE_HZ, Wave, as_float, windows
from daf_core.encoders.whisper import WhisperNetwork


class SpeechEncoder:
    """Mean and deviation over time, side by side, of every hidden layer of a frozen network.

    A row depends on its wave alone: neither on the batch it is in nor on padding. Waves above 30 s
    are cut into equal windows, whose statistics are merged exactly.
    """

    def __init__(self, network: WhisperNetwork | WaveNetwork, batch_s: float) -> None:
        self.network = network
        self.layers = network.layers
        self.width = 2 * network.width
        self.batch_samples = int(batch_s * RATE_HZ)

    def __call__(self, waves: Sequence[Wave]) -> npt.NDArray[np.float16]:
        """Embed mono 16 kHz waves (samples,), int16 or float32: (rows, layers, width)."""
        return self.pooled(waves).astype(np.float16)

    def pooled(self, waves: Sequence[Wave]) -> npt.NDArray[np.float32]:
        """The embeddings before they are rounded to float16."""
        if len(waves) == 0:
            return np.empty((0, self.layers, self.width), np.float32)
        utterances = [windows(self.network.prepare(as_float(wave))) for wave in waves]
        pieces = [window for utterance in utterances for window in utterance]
        starts = np.cumsum([0, *(len(utterance) for utterance in utterances[:-1])])
        counts = np.empty(len(pieces), np.int64)
        moments = np.empty((len(pieces), self.layers, 2, self.network.width), np.float32)

        def encode(batch: npt.NDArray[np.intp]) -> None:
            counts[batch], moments[batch] = self.network([pieces[index] for index in batch])

        in_batches([len(window) for window in pieces], self.batch_samples, encode)
        return merge_windows(moments, counts, starts)
