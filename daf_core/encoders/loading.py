"""From an encoder's name and sum to an encoder that runs."""

import torch
from transformers import AutoModel, AutoTokenizer, WhisperModel

from daf_core.encoders.speech import SpeechEncoder
from daf_core.encoders.text import TextEncoder
from daf_core.encoders.weights import EncoderSpec, locate
from daf_core.encoders.whisper import WhisperNetwork
from daf_core.encoders.whisper_ct2 import load_whisper_ct2

CPU_BATCH_TOKENS = 2048
CPU_BATCH_S = 30.0
GPU_BATCH_TOKENS = 32_768
GPU_BATCH_S = 600.0


def load_text_encoder(spec: EncoderSpec, device: str = "cpu", offline: bool = False) -> TextEncoder:
    """Load the text encoder that `spec` identifies; float32 on CPU."""
    folder = locate(spec, offline)
    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModel.from_pretrained(folder, use_safetensors=True, local_files_only=True)
    tokens = CPU_BATCH_TOKENS if device == "cpu" else GPU_BATCH_TOKENS
    return TextEncoder(model, tokenizer, device, dtype_on(device), tokens)


def load_speech_encoder(
    spec: EncoderSpec, device: str = "cpu", offline: bool = False
) -> SpeechEncoder:
    """Load the speech encoder that `spec` identifies; float32 on CPU."""
    path = locate(spec, offline)
    if path.is_file():
        encoder = load_whisper_ct2(path)
    else:
        encoder = WhisperModel.from_pretrained(path, local_files_only=True).encoder
    seconds = CPU_BATCH_S if device == "cpu" else GPU_BATCH_S
    return SpeechEncoder(WhisperNetwork(encoder, device, dtype_on(device)), seconds)


def dtype_on(device: str) -> torch.dtype:
    """The precision encoders run in: float32 on CPU, bfloat16 elsewhere."""
    return torch.float32 if torch.device(device).type == "cpu" else torch.bfloat16
