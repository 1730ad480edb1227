"""A frozen text encoder: from texts to pooled hidden layers, and to frames of one layer."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from daf_core.encoders.pooling import NO_FRAMES, FrameSpec, in_batches, masked_mean, span_means


class TextEncoder:
    """Mean over tokens, special ones included, of the hidden layers of a frozen AutoModel.

    layers: only the first ones, counted from the embedding layer; None: all. A row depends on its
    text and previous text only, not on padding or on the other rows of its batch. Text after the
    first `longest` tokens is cut off.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        device: str,
        dtype: torch.dtype,
        batch_tokens: int,
        layers: int | None = None,
        frames: FrameSpec = NO_FRAMES,
    ) -> None:
        self.model = model.eval().requires_grad_(False).to(device, dtype)
        self.tokenizer = tokenizer
        every: int = model.config.num_hidden_layers + 1
        self.layers = min(layers or every, every)
        self.width: int = model.config.hidden_size
        self.frames, self.frame_width = frames, self.width
        # RoBERTa and related models number positions from the padding id plus one.
        positions = model.config.max_position_embeddings - (model.config.pad_token_id or 0) - 1
        self.longest: int = min(tokenizer.model_max_length, positions)
        self.device = device
        self.batch_tokens = batch_tokens

    def truncated(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Which texts (rows,) have more tokens than the encoder reads."""
        # A text has no more tokens than bytes, plus special ones: short texts need no counting.
        return np.array(
            [
                len(text.encode()) > self.longest // 2 and self._tokens(text) > self.longest
                for text in texts
            ],
            dtype=np.bool_,
        )

    def _tokens(self, text: str) -> int:
        return len(self.tokenizer(text, verbose=False).input_ids)

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
        own = self.tokenizer(
            list(texts), truncation=True, max_length=self.longest, padding=False
        ).input_ids
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
        added = self.tokenizer(
            [text or "" for text in previous], add_special_tokens=False, verbose=False
        ).input_ids
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
        padded = np.full(valid.shape, self.tokenizer.pad_token_id or 0)
        padded[valid] = np.concatenate(tokens)
        hidden = self.model(
            input_ids=torch.from_numpy(padded).to(self.device),
            attention_mask=torch.from_numpy(valid.astype(np.int64)).to(self.device),
            output_hidden_states=True,
        ).hidden_states
        on_device = torch.from_numpy(own).to(self.device)
        means = [masked_mean(layer, on_device) for layer in hidden[: self.layers]]
        spans = span_means(hidden[self.frames.layer], on_device, self.frames.steps)
        return torch.stack(means, dim=1), spans
