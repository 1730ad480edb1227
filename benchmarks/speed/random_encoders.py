"""Speech encoders in the shape of known ones, with random weights: as fast as the known ones."""

from pathlib import Path
from typing import Any

import torch
import transformers

SHAPES: dict[str, tuple[str, dict[str, Any]]] = {
    "wav2vec2-base": ("Wav2Vec2", {}),
    "wavlm-large": (
        "WavLM",
        {
            "hidden_size": 1024,
            "num_hidden_layers": 24,
            "num_attention_heads": 16,
            "intermediate_size": 4096,
            "feat_extract_norm": "layer",
            "do_stable_layer_norm": True,
        },
    ),
    "whisper-large-v3": (
        "Whisper",
        {
            "d_model": 1280,
            "encoder_layers": 32,
            "encoder_attention_heads": 20,
            "encoder_ffn_dim": 5120,
            "num_mel_bins": 128,
            "decoder_layers": 1,  # not used
        },
    ),
}


def random_encoder(work: Path, shape: str) -> str:
    """The folder of an encoder of one of SHAPES, which is made under `work` the first time."""
    folder = work / f"random-{shape}"
    if not (folder / "config.json").exists():
        family, sizes = SHAPES[shape]
        torch.manual_seed(0)
        config = getattr(transformers, f"{family}Config")(**sizes)
        transformers.Wav2Vec2FeatureExtractor(
            do_normalize=sizes.get("feat_extract_norm") == "layer"
        ).save_pretrained(folder)
        getattr(transformers, f"{family}Model")(config).half().save_pretrained(folder)
    return str(folder)
