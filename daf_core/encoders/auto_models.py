"""Encoders of any family that transformers knows. Importing it takes seconds."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoModel, AutoTokenizer
from transformers import Wav2Vec2FeatureExtractor as WaveFeatureExtractor

from daf_core.encoders.damaged import SAMPLE, loading
from daf_core.encoders.pooling import FrameSpec
from daf_core.encoders.tensors import check_finite
from daf_core.encoders.wav2vec import WaveNetwork
from daf_core.errors import SettingsError

# Text families whose blocks end in their own norm: the first layers are the same without the rest.
TRUNCATABLE = ("bert", "roberta", "xlm-roberta", "camembert", "electra", "mpnet", "deberta-v2")
OPTIONAL_TENSORS = ("pooler.", "masked_spec_embed", "decoder.")  # no hidden layer needs them


class AutoText:
    """The hidden layers of a text encoder, all of them or those of its first `blocks`.

    Raises:
        SettingsError: the weights cannot be loaded, lack tensors, or have a decoder.
    """

    def __init__(
        self, folder: Path, device: str, dtype: torch.dtype, layers: int | None, frames: FrameSpec
    ) -> None:
        blocks = None
        if family(folder) in TRUNCATABLE:
            blocks = _blocks(folder, layers, frames)
        model = _model(folder, blocks)
        config = model.config
        if config.is_encoder_decoder:
            raise SettingsError(
                f"encoder {folder}: expected a text encoder, got {config.model_type}, which has a "
                f"decoder"
            )
        self._model = model.eval().requires_grad_(False).to(device, dtype)
        with loading(folder):
            self.blocks = int(config.num_hidden_layers)
            self.width = int(config.hidden_size)
            self.pad = int(config.pad_token_id or 0)
            # RoBERTa and related models number positions from the padding id plus one.
            self.positions = int(config.max_position_embeddings) - self.pad - 1

    def hidden(self, tokens_BS: torch.Tensor, valid_BS: torch.Tensor) -> Iterator[torch.Tensor]:
        """Hidden layers (B, S, width); valid_BS: which tokens are of a text."""
        found = self._model(
            input_ids=tokens_BS, attention_mask=valid_BS.long(), output_hidden_states=True
        )
        yield from found.hidden_states


class AutoTokens:
    """The tokens of texts, as the folder of an encoder says. positions: as the network has."""

    def __init__(self, folder: Path, positions: int) -> None:
        with loading(folder):
            self._tokenizer = AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
            self.longest: int = min(self._tokenizer.model_max_length, positions)
        self._folder = folder
        self.tokens(SAMPLE)  # some damage shows only there

    def count(self, text: str) -> int:
        """The tokens of a text, special ones included, however many."""
        with loading(self._folder):
            return len(self._tokenizer(text, verbose=False).input_ids)

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text, special ones included, `longest` at most."""
        with loading(self._folder):
            cut = self._tokenizer(texts, truncation=True, max_length=self.longest, padding=False)
            return list(cut.input_ids)

    def bare(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text without special ones, however many."""
        with loading(self._folder):
            return list(self._tokenizer(texts, add_special_tokens=False, verbose=False).input_ids)


def wave_network(
    folder: Path, device: str, dtype: torch.dtype, layers: int | None, steps: int
) -> WaveNetwork:
    """A speech encoder that reads the wave: wav2vec 2.0, HuBERT, WavLM.

    Raises:
        SettingsError: the weights cannot be loaded, or lack tensors or their settings.
    """
    settings = folder / "preprocessor_config.json"
    if not settings.is_file():
        raise SettingsError(f"encoder {folder}: expected {settings.name}, found none")
    with loading(folder):
        features = WaveFeatureExtractor.from_dict(json.loads(settings.read_text()))
    frames = FrameSpec.from_blocks(all_blocks(folder), steps)
    blocks = _blocks(folder, layers, frames)
    model = _model(folder, blocks)
    if blocks is not None and model.config.do_stable_layer_norm:
        model.encoder.layer_norm = torch.nn.Identity()  # its norm is for the last layer only
    return WaveNetwork(model, features.do_normalize, device, dtype, layers, frames)


def family(folder: Path) -> str:
    """The model type, as transformers names it, of the weights in a folder.

    Raises:
        SettingsError: transformers knows no such model.
    """
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as err:  # whatever a damaged file makes of it
        raise SettingsError(
            f"encoder {folder}: expected a config.json of a model type that transformers knows "
            f"(code that comes with weights is never run)"
        ) from err
    return str(config.model_type)


def all_blocks(folder: Path) -> int:
    """How many blocks the encoder in a folder has.

    Raises:
        SettingsError: its config cannot be read.
    """
    with loading(folder):
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        return int(config.num_hidden_layers)


def _blocks(folder: Path, layers: int | None, frames: FrameSpec) -> int | None:
    """How many blocks the first `layers` and the frames need, at least one; None: all blocks."""
    needed = frames.blocks_needed(layers)
    return needed if needed is not None and needed < all_blocks(folder) else None


def _model(folder: Path, blocks: int | None = None) -> Any:
    """The model in float32, all of it or only its first `blocks`.

    Raises:
        SettingsError: the weights lack tensors, which would stay random, or cannot be loaded.
    """
    cut = {} if blocks is None else {"num_hidden_layers": blocks}
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    with loading(folder):
        model, found = AutoModel.from_pretrained(
            folder,
            dtype=torch.float32,
            use_safetensors=True,
            local_files_only=True,
            trust_remote_code=False,
            output_loading_info=True,
            **cut,
        )
    missing = sorted(
        name for name in found["missing_keys"] if not name.startswith(OPTIONAL_TENSORS)
    )
    if missing:
        raise SettingsError(
            f"encoder {folder}: expected weights for all of its layers, found that {len(missing)} "
            f"tensors are missing, such as {missing[0]}"
        )
    state = model.state_dict().items()
    check_finite({k: v for k, v in state if not k.startswith(OPTIONAL_TENSORS)}, folder)
    return model
