"""A frozen speech encoder: waves in, mean and deviation over time of every hidden layer out, and
the states of one layer along the wave.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from daf_core.arrays import RATE_HZ
from daf_core.encoders.pooling import in_batches, merge_spans, merge_windows
from daf_core.encoders.wav2vec import WaveNetwork
from daf_core.encoders.waves import Wave, as_float, windows
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
        self.frames, self.frame_width = network.frames, network.width
        self.batch_samples = int(batch_s * RATE_HZ)

    def __call__(self, waves: Sequence[Wave]) -> npt.NDArray[np.float16]:
        """Embed mono 16 kHz waves (samples,), int16 or float32: (rows, layers, width)."""
        return self.pooled(waves).astype(np.float16)

    def pooled(self, waves: Sequence[Wave]) -> npt.NDArray[np.float32]:
        """The embeddings before they are rounded to float16."""
        return self.encode(waves)[0]

    def encode(
        self, waves: Sequence[Wave]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """The embeddings, and the frames (rows, steps, frame_width), before they are rounded."""
        if len(waves) == 0:
            shapes = (0, self.layers, self.width), (0, self.frames.steps, self.frame_width)
            return np.empty(shapes[0], np.float32), np.empty(shapes[1], np.float32)
        utterances = [windows(self.network.prepare(as_float(wave))) for wave in waves]
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
