"""BERT in plain torch, with the numbers of transformers' BertModel."""

from collections.abc import Iterator
from pathlib import Path

import torch
from tokenizers import Tokenizer

from daf_core.encoders.blocks import Names, Norm
from daf_core.encoders.config import Config
from daf_core.encoders.damaged import SAMPLE, loading
from daf_core.encoders.tensors import read_tensors
from daf_core.storage.run_record import Json
from daf_core.storage.untrusted_file import parse_json

TOKENIZER, SETTINGS = "tokenizer.json", "tokenizer_config.json"
_EMBEDDINGS = "embeddings.{}_embeddings.weight"
_NAMES = Names(
    queries="attention.self.query",
    keys="attention.self.key",
    values="attention.self.value",
    out="attention.output.dense",
    attention_norm="attention.output.LayerNorm",
    up="intermediate.dense",
    down="output.dense",
    network_norm="output.LayerNorm",
)
# What this BERT does; a config that asks for anything else is left to transformers.
_PLAIN = {
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
    "is_decoder": False,
    "add_cross_attention": False,
}


_SIZES = (
    *("hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"),
    *("max_position_embeddings", "vocab_size", "type_vocab_size"),
)
_OLD_NAMES = {"LayerNorm.gamma": "LayerNorm.weight", "LayerNorm.beta": "LayerNorm.bias"}


def is_plain_bert(config: Config) -> bool:
    """Whether BertNetwork and WordPieces read the encoder with this config."""
    return (
        config.family == "bert"
        and config.holds(_SIZES)
        and all(config.agrees(name, value) for name, value in _PLAIN.items())
        and (config.folder / TOKENIZER).is_file()
        and _cases_agree(config.folder)
    )


def _cases_agree(folder: Path) -> bool:
    """Whether both files of the tokenizer treat capitals alike; transformers believes the settings,
    the tokenizer's own file is all that WordPieces reads.
    """
    with loading(folder):
        settings = _parsed(folder / SETTINGS)
        normalizer = _parsed(folder / TOKENIZER).get("normalizer") or {}
        lower = normalizer.get("lowercase")
        return lower is None or settings.get("do_lower_case", lower) == lower


def _parsed(file: Path) -> Json:
    return parse_json(file.read_bytes(), str(file)) if file.is_file() else {}


class BertNetwork:
    """The hidden layers of a frozen BERT: the embeddings, and the output of each block.

    config: as `is_plain_bert` wants it; blocks: how many are read, None: all.

    Raises:
        SettingsError: the config lacks a size, or the weights lack a tensor or do not fit.
    """

    def __init__(self, config: Config, device: str, dtype: torch.dtype, blocks: int | None) -> None:
        self.width, inner = config.number("hidden_size"), config.number("intermediate_size")
        self.blocks = config.number("num_hidden_layers")
        self.positions = config.number("max_position_embeddings")
        self.pad = config.index("pad_token_id")
        heads = config.heads("num_attention_heads", self.width)
        epsilon = config.epsilon("layer_norm_eps", 1e-12)
        sizes = {"word": config.number("vocab_size"), "position": self.positions}
        sizes["token_type"] = config.number("type_vocab_size")
        prefixes = [f"encoder.layer.{number}." for number in range(self.blocks)][:blocks]
        norm = "embeddings.LayerNorm"
        shapes: dict[str, tuple[int, ...]] = {
            _EMBEDDINGS.format(name): (size, self.width) for name, size in sizes.items()
        }
        shapes |= {f"{norm}.weight": (self.width,), f"{norm}.bias": (self.width,)}
        for prefix in prefixes:
            shapes |= _NAMES.shapes(prefix, self.width, inner)
        tensors = {
            name: tensor.to(device, dtype)
            for name, tensor in read_tensors(
                config.folder, shapes, ["bert."], renamed=_OLD_NAMES
            ).items()
        }
        self._words = tensors[_EMBEDDINGS.format("word")]
        # All tokens are of the first type, so its embedding is added to those of positions once.
        self._places = (
            tensors[_EMBEDDINGS.format("position")] + tensors[_EMBEDDINGS.format("token_type")][0]
        )
        self._norm = Norm(tensors[f"{norm}.weight"], tensors[f"{norm}.bias"], epsilon)
        self._blocks = [
            _NAMES.block(tensors, prefix, heads, norm_first=False, epsilon=epsilon)
            for prefix in prefixes
        ]

    def hidden(self, tokens_BS: torch.Tensor, valid_BS: torch.Tensor) -> Iterator[torch.Tensor]:
        """Hidden layers (B, S, width), one at a time; valid_BS: which tokens are of a text."""
        hidden = self._words[tokens_BS] + self._places[: tokens_BS.shape[1]]
        hidden = self._norm(hidden)
        yield hidden
        mask = None if bool(valid_BS.all()) else valid_BS
        for block in self._blocks:
            hidden = block(hidden, mask)
            yield hidden


class WordPieces:
    """The tokens of texts, by tokenizer.json. longest: most tokens that the encoder reads."""

    def __init__(self, folder: Path, positions: int) -> None:
        with loading(folder):
            most = _parsed(folder / SETTINGS).get("model_max_length") or positions
            self.longest = int(min(most, positions))
            self._cut = _tokenizer(folder)
            self._cut.enable_truncation(self.longest)
            self._whole = _tokenizer(folder)
        self._folder = folder
        self.tokens(SAMPLE)  # some damage shows only there

    def count(self, text: str) -> int:
        """The tokens of a text, special ones included, however many."""
        with loading(self._folder):
            return len(self._whole.encode(text).ids)

    def tokens(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text, special ones included, `longest` at most."""
        with loading(self._folder):
            return [one.ids for one in self._cut.encode_batch(texts)]

    def bare(self, texts: list[str]) -> list[list[int]]:
        """The tokens of each text without special ones, however many."""
        with loading(self._folder):
            return [one.ids for one in self._whole.encode_batch(texts, add_special_tokens=False)]


def _tokenizer(folder: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(folder / TOKENIZER))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer
