"""The Whisper encoder on utterances of any length up to 30 s, without padding them to 30 s.

Shape suffixes: B windows in the batch, S samples, F mel frames, P positions, M mel bins, D width.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
import torchaudio.functional as audio
from torch.nn.functional import conv1d, gelu

from daf_core.arrays import RATE_HZ, Samples
from daf_core.encoders.blocks import Names, Norm
from daf_core.encoders.pooling import NO_FRAMES, FrameSpec, over_time
from daf_core.encoders.waves import WINDOW_SAMPLES, normalise_level

HOP = 160
FFT = 400
POSITION_SAMPLES = 2 * HOP  # the second convolution halves the frames
LONGEST_FRAMES = WINDOW_SAMPLES // HOP


EPSILON = 1e-5  # of its norms
NAMES = Names(
    queries="self_attn.q_proj",
    keys="self_attn.k_proj",
    values="self_attn.v_proj",
    out="self_attn.out_proj",
    attention_norm="self_attn_layer_norm",
    up="fc1",
    down="fc2",
    network_norm="final_layer_norm",
)


class WhisperNetwork:
    """Moments over time of the hidden layers of Whisper's encoder, and span means of one layer.

    The layers are the input of each block, and the output of the final norm. tensors: all of the
    encoder's, named as in transformers' WhisperEncoder, float32; heads: of each block; layers: how
    many of the first layers are computed; None: all.
    """

    prepare = staticmethod(normalise_level)

    def __init__(
        self,
        tensors: Mapping[str, torch.Tensor],
        heads: int,
        device: str,
        dtype: torch.dtype,
        layers: int | None = None,
        frames: FrameSpec = NO_FRAMES,
    ) -> None:
        tensors = {name: tensor.to(device, dtype) for name, tensor in tensors.items()}
        numbers = {name.split(".")[1] for name in tensors if name.startswith("layers.")}
        self._blocks = [
            NAMES.block(tensors, f"layers.{number}.", heads, norm_first=True, epsilon=EPSILON)
            for number in range(len(numbers))
        ]
        self._stem = [(tensors[f"{c}.weight"], tensors[f"{c}.bias"]) for c in ("conv1", "conv2")]
        self._places = tensors["embed_positions.weight"]
        self._norm = Norm(tensors["layer_norm.weight"], tensors["layer_norm.bias"], EPSILON)
        every = len(self._blocks) + 1
        self.layers = min(layers or every, every)
        self.frames = frames
        self.width, mel_bins, _ = self._stem[0][0].shape
        self.device = device
        self.dtype = dtype
        filters = audio.melscale_fbanks(
            FFT // 2 + 1, 0.0, RATE_HZ / 2, mel_bins, RATE_HZ, norm="slaney", mel_scale="slaney"
        )
        self.filters = filters.T.contiguous().to(device)
        self.taper = torch.hann_window(FFT, device=device)

    @torch.inference_mode()
    def __call__(
        self, windows: Sequence[Samples]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Encode windows (samples,) of at most 30 s.

        Gives positions in each window (B,), moments (B, layers, 2, D) and spans (B, steps, D).
        """
        positions = np.array([max(1, -(-len(wave) // POSITION_SAMPLES)) for wave in windows])
        lengths = torch.from_numpy(positions).to(self.device)
        mel = self.log_mel(windows, positions * POSITION_SAMPLES)
        depth = max(self.layers, self.frames.layer + 1)
        hidden = itertools.islice(self._hidden(mel, lengths), depth)
        moments, spans = over_time(hidden, lengths, self.layers, self.frames)
        return positions, moments.cpu().numpy(), spans.cpu().numpy()

    def log_mel(self, windows: Sequence[Samples], samples: npt.NDArray[np.int64]) -> torch.Tensor:
        """Log-mel spectrogram (B, M, F), zero after the `samples` // 160 frames of each window.

        The frames equal those of WhisperFeatureExtractor for the window padded to 30 s.
        """
        longest = int(samples.max())
        # A centred frame reads half an FFT to either side. The start is reflected. Two frames after
        # the end still read samples, and they count for the maximum that sets the floor.
        padded = np.zeros((len(windows), FFT // 2 + longest + FFT // 2 + HOP), np.float32)
        for row, wave in zip(padded, windows, strict=True):
            row[FFT // 2 :][: len(wave)] = wave
            row[: FFT // 2] = row[FFT // 2 + 1 : FFT + 1][::-1]
            if len(wave) == WINDOW_SAMPLES:
                row[-FFT // 2 - HOP : -HOP] = wave[-FFT // 2 - 1 : -1][::-1]
        wave_BS = torch.from_numpy(padded).to(self.device)
        spectrum = torch.stft(
            wave_BS, FFT, HOP, window=self.taper, center=False, return_complex=True
        )[..., :LONGEST_FRAMES]
        power = spectrum.real.square() + spectrum.imag.square()
        log_BMF = (self.filters @ power).clamp(min=1e-10).log10()
        floor = log_BMF.amax(dim=(1, 2), keepdim=True) - 8.0
        log_BMF = (torch.maximum(log_BMF, floor) + 4.0) / 4.0
        log_BMF = log_BMF[..., : longest // HOP]
        frames = torch.from_numpy(samples // HOP).to(self.device)
        valid = torch.arange(log_BMF.shape[2], device=self.device) < frames[:, None]
        return log_BMF * valid[:, None]

    def _hidden(self, mel_BMF: torch.Tensor, lengths: torch.Tensor) -> Iterator[torch.Tensor]:
        """Hidden layers (B, P, D), one at a time.

        The number of valid frames is even, so no valid output of the second convolution (stride 2)
        reads padding.
        """
        (first, first_bias), (second, second_bias) = self._stem
        hidden = gelu(conv1d(mel_BMF.to(self.dtype), first, first_bias, padding=1))
        hidden = gelu(conv1d(hidden, second, second_bias, stride=2, padding=1)).transpose(1, 2)
        hidden = hidden + self._places[: hidden.shape[1]]
        steps = torch.arange(hidden.shape[1], device=self.device)
        valid = steps < lengths[:, None]
        mask = None if bool(valid.all()) else valid
        for block in self._blocks:
            yield hidden
            hidden = block(hidden, mask)
        yield self._norm(hidden)
