"""Voice activity detection (silero-vad): the stretches of speech in a recording, as utterances."""

from collections.abc import Iterator
from itertools import count

import numpy as np
import torch

from daf_core.arrays import RATE_HZ, Samples
from daf_core.one_thread import one_thread
from daf_core.recordings.audio import Recording
from daf_core.recordings.levels import even_out

FRAME_SAMPLES = 512  # silero scores each frame of 32 ms ...
CONTEXT_SAMPLES = 64  # ... with the end of the frame before it
BLOCK_FRAMES = 2048  # decoded and scored at once: 65.5 s

PAUSE_MS = 500  # silence this long ends an utterance
LONGEST_S = 20.0


class VoiceActivity:
    """Finds speech with the weights of the silero-vad package.

    The result equals silero_vad.get_speech_timestamps (tested on the demo corpus), and is faster:
    the layers are silero's own, but a block of frames passes through them in one call, where
    silero makes one call per frame of 32 ms. An LSTM over the block replaces silero's LSTM cell.
    """

    def __init__(self) -> None:
        with one_thread():
            import silero_vad  # sets torch to one thread when imported, so not at the top

        self._cut = silero_vad.get_speech_timestamps_from_probs
        self._network = silero_vad.load_silero_vad()._model
        cell = self._network.decoder.rnn.state_dict()
        width = cell["weight_hh"].shape[1]
        self._lstm = torch.nn.LSTM(width, width)
        self._lstm.load_state_dict({f"{name}_l0": value for name, value in cell.items()})

    def segments(
        self,
        recording: Recording,
        channel: int | None,
        pause_ms: int = PAUSE_MS,
        longest_s: float = LONGEST_S,
    ) -> list[tuple[float, float]]:
        """Find the utterances of one channel (None: all channels mixed) as (start_s, end_s).

        Utterances are in order and do not overlap. They end at pauses of at least `pause_ms`, and
        none is longer than `longest_s`: longer speech is cut at its longest pause. The recording is
        read in blocks of about a minute.

        Raises:
            BadInput: as `Recording.read`.
            NotDone: as `Recording.read`.
        """
        scores: list[float] = []
        samples = 0
        state = None
        context = np.zeros(CONTEXT_SAMPLES, np.float32)
        with one_thread():
            for block in _blocks(recording, channel):
                samples += len(block)
                padded = np.pad(block, (0, -len(block) % FRAME_SAMPLES))
                probabilities, state = self._score(np.concatenate([context, padded]), state)
                scores += probabilities
                context = padded[-CONTEXT_SAMPLES:]
        spans = self._cut(
            scores,
            sampling_rate=RATE_HZ,
            min_silence_duration_ms=pause_ms,
            max_speech_duration_s=longest_s,
            audio_length_samples=samples,
        )
        return [(span["start"] / RATE_HZ, span["end"] / RATE_HZ) for span in spans]

    @torch.inference_mode()
    def _score(
        self, samples: Samples, state: tuple[torch.Tensor, torch.Tensor] | None
    ) -> tuple[list[float], tuple[torch.Tensor, torch.Tensor]]:
        """Probability of speech in each frame, and the LSTM's state after the last.

        samples: the last 64 samples before the first frame, then whole frames of 512.
        """
        window = CONTEXT_SAMPLES + FRAME_SAMPLES
        frames = torch.from_numpy(samples).unfold(0, window, FRAME_SAMPLES)
        features = self._network.encoder(self._network.run_extractors(frames)).squeeze(-1)
        hidden, state = self._lstm(features, state)
        return self._network.decoder.decoder(hidden.unsqueeze(-1)).flatten().tolist(), state


def _blocks(recording: Recording, channel: int | None) -> Iterator[Samples]:
    """The samples of a recording in order, in blocks of whole frames; the last may be shorter."""
    block_s = BLOCK_FRAMES * FRAME_SAMPLES / RATE_HZ
    for number in count():
        block = recording.read(number * block_s, (number + 1) * block_s, channel)
        if len(block):
            yield even_out(block, recording.bounded)
        if len(block) < BLOCK_FRAMES * FRAME_SAMPLES:
            return
