"""The speaker encoder of Resemblyzer: who speaks, in 256 numbers, trained with the GE2E loss.

Wan et al., Generalized end-to-end loss for speaker verification, arXiv 1710.10467. The network and
its weights are those of the Resemblyzer package (Apache-2.0), and so are the numbers below; of the
package only the file of weights is read, as it needs librosa, numba and webrtcvad.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torchaudio.functional as audio

from daf_core.arrays import RATE_HZ, Samples
from daf_core.encoders.pooling import NO_FRAMES
from daf_core.encoders.waves import Wave, as_float, windows
from daf_core.one_thread import one_thread

BANDS, WIDTH, DEPTH = 40, 256, 3
TAPER = 400  # samples, 25 ms
HOP = 160  # samples, 10 ms
WINDOW = 160  # frames, 1.6 s: what the network was trained on
STEP = 77  # frames between windows of an utterance: 1.3 windows a second
COVERED = 0.75  # of a last window that sound must fill, if it is not the only one
LEVEL_DBFS = -30.0  # softer sound is raised to this level
AT_ONCE = 64  # windows in a batch


class SpeakerEncoder:
    """Embeds utterances by who speaks. Finite for any wave, silence included.

    Has the interface of `speech.SpeechEncoder`: one layer, no frames. Always computes in float32.
    """

    layers = 1
    width = WIDTH
    frames, frame_width = NO_FRAMES, 0

    def __init__(self, weights: Path, device: str = "cpu") -> None:
        self._device = device
        self._network = _Network(weights).to(device)
        self._taper = torch.hann_window(TAPER)
        self._bands = audio.melscale_fbanks(
            TAPER // 2 + 1, 0.0, RATE_HZ / 2, BANDS, RATE_HZ, norm="slaney", mel_scale="slaney"
        )

    def encode(
        self, waves: Sequence[Wave]
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Embed mono 16 kHz waves (samples,), int16 or float32.

        Gives (rows, 1, 256), each row of length one and not negative, and frames (rows, 0, 0).
        """
        out = np.empty((len(waves), self.layers, self.width), np.float32)
        for row, wave in zip(out, waves, strict=True):
            pieces = [self.windows(piece, STEP) for piece in windows(raised(as_float(wave)))]
            mean = np.concatenate(pieces).mean(axis=0)
            row[0] = mean / max(float(np.linalg.norm(mean)), 1e-9)
        return out, np.empty((len(waves), 0, 0), np.float32)

    @torch.inference_mode()
    def windows(self, samples: Samples, step: int) -> npt.NDArray[np.float32]:
        """Embed each window of 1.6 s, `step` frames of 10 ms apart, of (samples,).

        Gives (windows, 256), each row of length one or zero; `window_starts` says where they start.
        Sound shorter than a window, and the end of the last one, is filled up with silence.
        """
        starts = window_starts(len(samples), step)
        wanted = (starts[-1] + WINDOW) * HOP
        padded = np.pad(samples, (0, max(0, wanted - len(samples))))
        mel = self._mel(torch.from_numpy(padded))
        cut = torch.stack([mel[start : start + WINDOW] for start in starts])
        batches = [cut[first : first + AT_ONCE] for first in range(0, len(cut), AT_ONCE)]
        with one_thread():
            found = [self._network(batch.to(self._device)).cpu().numpy() for batch in batches]
        embedded: npt.NDArray[np.float32] = np.concatenate(found)
        return embedded

    def _mel(self, samples: torch.Tensor) -> torch.Tensor:
        """Power in 40 mel bands, (frames, 40): librosa's melspectrogram, not its logarithm."""
        spectrum = torch.stft(
            samples, TAPER, HOP, window=self._taper, pad_mode="constant", return_complex=True
        )
        mel: torch.Tensor = spectrum.abs().square().T @ self._bands
        return mel


def window_starts(samples: int, step: int) -> list[int]:
    """The first frame of each window of a wave, as Resemblyzer places them; at least one."""
    frames = -(-(samples + 1) // HOP)
    starts = [*range(0, max(1, frames - WINDOW + step + 1), step)]
    left_over = (samples - starts[-1] * HOP) / (WINDOW * HOP)
    return starts[:-1] if left_over < COVERED and len(starts) > 1 else starts


def raised(samples: Samples) -> Samples:
    """(samples,) raised to an RMS of -30 dBFS where they are softer; silence stays silent."""
    rms = float(np.sqrt(np.mean(np.square(samples, dtype=np.float64)))) if samples.size else 0.0
    gain = 10 ** (LEVEL_DBFS / 20) / rms if rms > 0 else 1.0
    return samples * np.float32(gain) if 1 < gain < np.inf else samples


class _Network(torch.nn.Module):
    """Three LSTM layers; the last state, projected, cut off at 0, of length one."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(BANDS, WIDTH, DEPTH, batch_first=True)
        self.linear = torch.nn.Linear(WIDTH, WIDTH)
        # weights_only: tensors and plain values, nothing that runs.
        held = torch.load(weights, map_location="cpu", weights_only=True)["model_state"]
        # The file also holds two numbers that only the loss needs.
        own = {name: held[name] for name in self.state_dict()}
        self.load_state_dict(own)
        self.eval()

    def forward(self, mel: torch.Tensor) -> torch.Tensor:
        """(windows, frames, 40) → (windows, 256)."""
        _, (hidden, _) = self.lstm(mel)
        raw = self.linear(hidden[-1]).relu()
        unit: torch.Tensor = raw / raw.norm(dim=1, keepdim=True).clamp(min=1e-9)
        return unit
