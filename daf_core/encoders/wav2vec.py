"""wav2vec 2.0, HuBERT and WavLM on padded batches, with results that do not depend on padding."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from daf_core.arrays import Samples
from daf_core.encoders.pooling import NO_FRAMES, FrameSpec, masked_moments, over_time
from daf_core.encoders.waves import normalise_level


class WaveNetwork:
    """A network that reads samples: moments over time of its layers, and span means of one layer.

    layers: how many of the first layers are computed; None: all.
    """

    def __init__(
        self,
        model: Any,
        unit_variance: bool,
        device: str,
        dtype: torch.dtype,
        layers: int | None = None,
        frames: FrameSpec = NO_FRAMES,
    ) -> None:
        self.model = model.eval().requires_grad_(False).to(device, dtype)
        self.unit_variance = unit_variance
        every: int = model.config.num_hidden_layers + 1
        self.layers = min(layers or every, every)
        self.frames = frames
        self.width: int = model.config.hidden_size
        self.convolutions = list(
            zip(model.config.conv_kernel, model.config.conv_stride, strict=True)
        )
        self.shortest = _receptive_field(self.convolutions)
        self.device = device
        self.dtype = dtype
        self.norm = None
        if model.config.feat_extract_norm == "group":
            first = model.feature_extractor.conv_layers[0]
            self.norm = first.layer_norm = MaskedInstanceNorm(first.layer_norm)

    def prepare(self, samples: Samples) -> Samples:
        """Normalise the level, then mean and variance if the model was trained on such waves."""
        samples = normalise_level(samples)
        if not self.unit_variance or samples.size == 0:
            return samples
        # 1e-7 as in transformers' Wav2Vec2FeatureExtractor.
        scaled: Samples = (samples - samples.mean()) / np.sqrt(samples.var() + np.float32(1e-7))
        return scaled

    @torch.inference_mode()
    def __call__(
        self, windows: Sequence[Samples]
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Encode windows (samples,) of at most 30 s.

        Gives steps in each window (windows,), moments (windows, layers, 2, width) and spans
        (windows, frames.steps, width).
        """
        samples = np.array([max(self.shortest, len(wave)) for wave in windows])
        waves = np.zeros((len(windows), samples.max()), np.float32)
        for row, wave in zip(waves, windows, strict=True):
            row[: len(wave)] = wave
        first, *_, frames = self._lengths(samples)
        if self.norm is not None:
            self.norm.lengths = torch.from_numpy(first).to(self.device)
        mask = np.arange(waves.shape[1]) < samples[:, None]
        hidden = self.model(
            torch.from_numpy(waves).to(self.device, self.dtype),
            attention_mask=None if mask.all() else torch.from_numpy(mask).to(self.device).long(),
            output_hidden_states=True,
        ).hidden_states
        lengths = torch.from_numpy(frames).to(self.device)
        moments, spans = over_time(hidden, lengths, self.layers, self.frames)
        return frames, moments.cpu().numpy(), spans.cpu().numpy()

    def _lengths(self, samples: npt.NDArray[np.int64]) -> list[npt.NDArray[np.int64]]:
        """Steps after each convolution, from the number of samples of each window."""
        lengths = []
        for kernel, stride in self.convolutions:
            samples = (samples - kernel) // stride + 1
            lengths.append(samples)
        return lengths


class MaskedInstanceNorm(torch.nn.Module):
    """The first layer's group norm, one channel per group, over each row's valid steps only."""

    lengths: torch.Tensor  # (rows,) valid steps; set before each batch

    def __init__(self, norm: torch.nn.GroupNorm) -> None:
        super().__init__()
        self.weight, self.bias, self.eps = norm.weight, norm.bias, norm.eps

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """Normalise (rows, channels, steps)."""
        mean, squares = masked_moments(hidden.transpose(1, 2), self.lengths).unbind(1)
        deviation = (squares / self.lengths[:, None] + self.eps).sqrt()
        scale = self.weight / deviation
        shift = self.bias - mean * scale
        return torch.addcmul(shift[..., None], hidden, scale[..., None]).to(hidden.dtype)


def _receptive_field(convolutions: list[tuple[int, int]]) -> int:
    samples = 1
    for kernel, stride in reversed(convolutions):
        samples = (samples - 1) * stride + kernel
    return samples
