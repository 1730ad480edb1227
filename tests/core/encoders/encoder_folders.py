"""Folders of tiny encoders of the true classes, with random weights."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import load_file, save_file

import daf_core.encoders  # noqa: F401, before transformers looks for torchaudio

torch.set_num_threads(1)  # tiny networks are slower on more

VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *"abcdefghijklmnopqrstuvwxyz"]
TEXT: dict[str, tuple[str, dict[str, Any]]] = {
    "bert": ("Bert", {}),
    "roberta": ("Roberta", {}),
    "mpnet": ("MPNet", {}),
    "electra": ("Electra", {"embedding_size": 32}),
    "deberta-v2": (
        "DebertaV2",
        {"relative_attention": True, "pos_att_type": ["p2c", "c2p"], "position_buckets": 16},
    ),
    "distilbert": ("DistilBert", {"dim": 32, "n_layers": 2, "n_heads": 2, "hidden_dim": 64}),
}
WAVE = {
    "wav2vec2 group": ("Wav2Vec2", {}),
    "wav2vec2 layer": (
        "Wav2Vec2",
        {"feat_extract_norm": "layer", "do_stable_layer_norm": True, "conv_bias": True},
    ),
    "hubert group": ("Hubert", {}),
    "wavlm group": ("WavLM", {}),
    "wavlm layer": ("WavLM", {"feat_extract_norm": "layer", "do_stable_layer_norm": True}),
}
SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "intermediate_size": 64,
}


def text_folder(folder: Path, family: str) -> Path:
    """A text encoder that knows the letters a to z, each a word."""
    prefix, more = TEXT[family]
    sizes = {"vocab_size": len(VOCABULARY), "max_position_embeddings": 64, "pad_token_id": 0}
    kind = getattr(transformers, f"{prefix}Config")
    save(folder, getattr(transformers, f"{prefix}Model"), kind(**{**SIZES, **sizes, **more}))
    (folder / "vocab.txt").write_text("\n".join(VOCABULARY))
    transformers.BertTokenizer(str(folder / "vocab.txt"), model_max_length=60).save_pretrained(
        folder
    )
    return folder


def wave_folder(folder: Path, family: str) -> Path:
    """A speech encoder that reads the wave."""
    prefix, more = WAVE[family]
    sizes = {
        "conv_dim": [16] * 7,
        "num_conv_pos_embeddings": 16,
        "num_conv_pos_embedding_groups": 2,
    }
    kind = getattr(transformers, f"{prefix}Config")
    save(folder, getattr(transformers, f"{prefix}Model"), kind(**{**SIZES, **sizes, **more}))
    transformers.Wav2Vec2FeatureExtractor(do_normalize="layer" in family).save_pretrained(folder)
    return folder


def whisper_folder(folder: Path) -> Path:
    """A Whisper model."""
    config = transformers.WhisperConfig(
        vocab_size=64, num_mel_bins=80, d_model=32, encoder_layers=2, encoder_attention_heads=2,
        decoder_layers=1, decoder_attention_heads=2, encoder_ffn_dim=64, decoder_ffn_dim=64,
        pad_token_id=0, bos_token_id=1, eos_token_id=2, decoder_start_token_id=3,
    )  # fmt: skip
    return save(folder, transformers.WhisperModel, config)


def save(folder: Path, kind: Callable[[Any], Any], config: Any) -> Path:
    """Save a model of `kind` whose weights, norms too, are random."""
    torch.manual_seed(0)
    model = kind(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(0.1 * torch.randn_like(parameter))
    model.save_pretrained(folder)
    return folder


def without(folder: Path, prefix: str, file: str = "model.safetensors") -> None:
    """Take the tensors whose names start with `prefix` out of the folder's weights."""
    weights = load_file(folder / file)
    kept = {name: value for name, value in weights.items() if not name.startswith(prefix)}
    save_file(kept, folder / file, {"format": "pt"})


def change_config(folder: Path, **changes: object) -> None:
    """Overwrite entries of the folder's config.json."""
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, **changes}))
