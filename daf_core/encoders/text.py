"""A frozen text encoder: sentences in, the mean over tokens of every hidden layer out."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from daf_core.encoders.pooling import in_batches, masked_mean


class TextEncoder:
    """Mean over the tokens, special ones included, of the hidden layers of a frozen AutoModel.

    All of them, or the first `layers`; the very first is the embedding. A row depends on its text
    alone: neither on the batch it is in nor on padding. Text beyond `longest` tokens is cut off.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        device: str,
        dtype: torch.dtype,
        batch_tokens: int,
        layers: int | None = None,
    ) -> None:
        self.model = model.eval().requires_grad_(False).to(device, dtype)
        self.tokenizer = tokenizer
        every: int = model.config.num_hidden_layers + 1
        self.layers = min(layers or every, every)
        self.width: int = model.config.hidden_size
        # RoBERTa and its kin number positions from the padding id plus one.
        positions = model.config.max_position_embeddings - (model.config.pad_token_id or 0) - 1
        self.longest: int = min(tokenizer.model_max_length, positions)
        self.device = device
        self.batch_tokens = batch_tokens

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float16]:
        """Embed texts: (rows, layers, width)."""
        return self.pooled(texts).astype(np.float16)

    def truncated(self, texts: Sequence[str]) -> npt.NDArray[np.bool_]:
        """Tell which texts are longer than the encoder reads."""
        # No tokenizer makes more tokens than bytes, so that only long texts need be counted.
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
    def pooled(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """The embeddings before they are rounded to float16."""
        out = np.empty((len(texts), self.layers, self.width), np.float32)
        if len(texts) == 0:
            return out
        tokens = self.tokenizer(
            list(texts), truncation=True, max_length=self.longest, padding=False
        ).input_ids

        def encode(batch: npt.NDArray[np.intp]) -> None:
            out[batch] = self._layers([tokens[row] for row in batch]).cpu().numpy()

        in_batches([len(row) for row in tokens], self.batch_tokens, encode)
        return out

    def _layers(self, tokens: list[list[int]]) -> torch.Tensor:
        """(rows, layers, width) of one batch."""
        lengths = np.array([len(row) for row in tokens])
        valid = np.arange(lengths.max()) < lengths[:, None]
        padded = np.full(valid.shape, self.tokenizer.pad_token_id or 0)
        padded[valid] = np.concatenate(tokens)
        hidden = self.model(
            input_ids=torch.from_numpy(padded).to(self.device),
            attention_mask=torch.from_numpy(valid.astype(np.int64)).to(self.device),
            output_hidden_states=True,
        ).hidden_states[: self.layers]
        device_lengths = torch.from_numpy(lengths).to(self.device)
        return torch.stack([masked_mean(layer, device_lengths) for layer in hidden], dim=1)
