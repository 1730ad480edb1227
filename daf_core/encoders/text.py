"""A frozen text encoder: from texts to pooled hidden layers, and to frames of one layer."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Protocol

import numpy as np
import numpy.typing as npt
import torch

from daf_core.encoders.pooling import NO_FRAMES, FrameSpec, in_batches, masked_mean, span_means


class TextNetwork(Protocol):
    """A frozen network. blocks: after the embedding layer; pad: the token that fills a batch."""

    @property
    def blocks(self) -> int: ...
    @property
    def width(self) -> int: ...
    @property
    def pad(self) -> int: ...

    def hidden(self, tokens_BS: torch.Tensor, valid_BS: torch.Tensor) -> Iterator[torch.Tensor]:
        """Hidden layers (B, S, width), one at a time; valid_BS: which tokens are of a text."""


class Tokens(Protocol):
    """The tokens of texts. longest: most tokens that the network reads."""

    @property
    def longest(self) -> int: ...

    def count(self, text: str) -> int:
        """The tokens of a text, special ones included, however many."""

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text, special ones included, `longest` at most."""

    def bare(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text without special ones, however many."""


class TextEncoder:
    """Mean over tokens, special ones included, of the hidden layers of a frozen network.

    layers: only the first ones, counted from the embedding layer; None: all. A row depends on its
    text and previous text only, not on padding or on the other rows of its batch. Text after the
    first `longest` tokens is cut off.
    """

    def __init__(
        self,
        network: TextNetwork,
        tokenizer: Tokens,
        device: str,
        batch_tokens: int,
        layers: int | None = None,
        frames: FrameSpec = NO_FRAMES,
    ) -> None:
        self.network = network
        self.tokenizer = tokenizer
        self.layers = min(layers or network.blocks + 1, network.blocks + 1)
        self.width = network.width
        self.frames, self.frame_width = frames, self.width
        self.longest = tokenizer.longest
        self.device = device
        self.batch_tokens = batch_tokens

    def truncated(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which texts (rows,) have more tokens than the encoder reads."""
        # A text has no more tokens than bytes, plus special ones: short texts need no counting.
        return np.array(
            [
                len(text.encode()) > self.longest // 2 and self.tokenizer.count(text) > self.longest
                for text in texts
            ],
            dtype=np.bool_,
        )

    @torch.inference_mode()
    def encode(
        self, texts: Sequence[str], previous: Sequence[str | None] = ()
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Embed texts: embeddings (rows, layers, width) and frames (rows, steps, width).

        A text with `previous` text is encoded together with the end of it, as much as fits beside
        the text; only the states of the text's own tokens are used.

        Raises:
            NotDone: the GPU's memory cannot hold a single text.
        """
        out = np.empty((len(texts), self.layers, self.width), np.float32)
        frames = np.empty((len(texts), self.frames.steps, self.frame_width), np.float32)
        if len(texts) == 0:
            return out, frames
        own = self.tokenizer.tokens(list(texts))
        tokens = self._with_previous(own, previous) if any(previous) else own

        def encode(batch: npt.NDArray[np.intp]) -> None:
            lengths = np.array([len(own[row]) for row in batch])
            layers, spans = self._layers([tokens[row] for row in batch], lengths)
            out[batch], frames[batch] = layers.cpu().numpy(), spans.cpu().numpy()

        in_batches([len(row) for row in tokens], self.batch_tokens, encode)
        return out, frames

    def _with_previous(
        self, own: list[list[int]], previous: Sequence[str | None]
    ) -> list[list[int]]:
        """The text's tokens, then those of the previous text, ended with the same separator."""
        added = self.tokenizer.bare([text or "" for text in previous])
        return [
            [*tokens, *more[-room:], tokens[-1]]
            if more and (room := self.longest - len(tokens) - 1) > 0
            else tokens
            for tokens, more in zip(own, added, strict=True)
        ]

    def _layers(
        self, tokens: list[list[int]], own: npt.NDArray[np.int64]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Means (rows, layers, width) and frames (rows, steps, width) of a batch.

        Both are over the first `own` (rows,) tokens of each row, the tokens of the text itself.
        """
        lengths = np.array([len(row) for row in tokens])
        valid = np.arange(lengths.max()) < lengths[:, None]
        padded = np.full(valid.shape, self.network.pad)
        padded[valid] = np.concatenate(tokens)
        hidden = self.network.hidden(
            torch.from_numpy(padded).to(self.device), torch.from_numpy(valid).to(self.device)
        )
        on_device = torch.from_numpy(own).to(self.device)
        means, spans = [], torch.empty(0)
        for number, layer in enumerate(islice(hidden, max(self.layers, self.frames.layer + 1))):
            if number < self.layers:
                means.append(masked_mean(layer, on_device))
            if number == self.frames.layer:
                spans = span_means(layer, on_device, self.frames.steps)
        return torch.stack(means, dim=1), spans
