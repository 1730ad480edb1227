"""Load the encoder that an EncoderSpec identifies.

BERT and Whisper, of which the default encoders are, are read without transformers, which takes
longer to import than they take to load.
"""

from pathlib import Path

import torch

from daf_core.encoders.bert import BertNetwork, WordPieces, is_plain_bert
from daf_core.encoders.config import Config
from daf_core.encoders.descriptors import Descriptors
from daf_core.encoders.pooling import FrameSpec
from daf_core.encoders.speaker import SpeakerEncoder
from daf_core.encoders.speech import SpeechEncoder
from daf_core.encoders.tensors import read_tensors
from daf_core.encoders.text import TextEncoder
from daf_core.encoders.wav2vec import WaveNetwork
from daf_core.encoders.whisper import NAMES, WhisperNetwork
from daf_core.encoders.whisper_ct2 import read_whisper_ct2
from daf_core.errors import SettingsError
from daf_core.weights.known import DESCRIPTORS, SPEAKER
from daf_core.weights.precision import Precision, on_cpu
from daf_core.weights.specs import EncoderSpec, locate

WAVE_FAMILIES = ("wav2vec2", "hubert", "wavlm")
SPEECH_FAMILIES = ("whisper", *WAVE_FAMILIES)
WITHOUT_FRAMES = (DESCRIPTORS, SPEAKER)

# Largest padded size of a batch. CPU: the fastest on one thread with the default encoders.
CPU_BATCH_TOKENS, GPU_BATCH_TOKENS = 1024, 32_768
CPU_BATCH_S, GPU_BATCH_S = 15.0, 600.0


def load_text_encoder(
    spec: EncoderSpec,
    device: str = "cpu",
    offline: bool = False,
    precision: Precision = "float32",
    layers: int | None = None,
    steps: int = 0,
) -> TextEncoder:
    """Load the text encoder that `spec` identifies.

    layers: load only this many of its first layers, None: all; steps: give frames of at most this
    many steps, 0: no frames.

    Raises:
        SettingsError: the weights cannot be found, have another SHA-256, or are no text encoder.
    """
    place = locate(spec, offline)
    family = spec.name if spec.name in WITHOUT_FRAMES else _family(place[0])
    if family in (*SPEECH_FAMILIES, *WITHOUT_FRAMES):
        raise SettingsError(f"encoder {spec.name}: expected a text encoder, got {family} (speech)")
    (folder,) = place
    dtype, config = getattr(torch, precision), Config(folder)
    tokens = CPU_BATCH_TOKENS if on_cpu(device) else GPU_BATCH_TOKENS
    if is_plain_bert(config):
        frames = FrameSpec.from_blocks(config.number("num_hidden_layers"), steps)
        bert = BertNetwork(config, device, dtype, frames.blocks_needed(layers))
        pieces = WordPieces(folder, bert.positions)
        return TextEncoder(bert, pieces, device, tokens, layers, frames)
    from daf_core.encoders import auto_models

    frames = FrameSpec.from_blocks(auto_models.all_blocks(folder), steps)
    network = auto_models.AutoText(folder, device, dtype, layers, frames)
    words = auto_models.AutoTokens(folder, network.positions)
    return TextEncoder(network, words, device, tokens, layers, frames)


def load_speech_encoder(
    spec: EncoderSpec,
    device: str = "cpu",
    offline: bool = False,
    precision: Precision = "float32",
    layers: int | None = None,
    steps: int = 0,
) -> SpeechEncoder | SpeakerEncoder | Descriptors:
    """Load the speech encoder that `spec` identifies; `layers` and `steps` as for text.

    Raises:
        SettingsError: the weights cannot be found, have another SHA-256, or are no speech encoder;
            or frames of descriptors or of the speaker encoder are wanted, which have none.
    """
    if spec.name in WITHOUT_FRAMES and steps:
        raise SettingsError(
            f"`frames` {steps}: expected an encoder with hidden layers, got {spec.name}"
        )
    if spec.name == DESCRIPTORS:
        return Descriptors()
    place = locate(spec, offline)
    if spec.name == SPEAKER:
        return SpeakerEncoder(place[0], device)
    family = _family(place[0])
    if family not in SPEECH_FAMILIES:
        raise SettingsError(
            f"encoder {spec.name}: expected a speech encoder ({', '.join(SPEECH_FAMILIES)}, "
            f"{SPEAKER} or {DESCRIPTORS}), got {family}"
        )
    dtype = getattr(torch, precision)
    network: WhisperNetwork | WaveNetwork
    if family == "whisper":
        tensors, heads = _whisper(place)
        blocks = len({name.split(".")[1] for name in tensors if name.startswith("layers.")})
        frames = FrameSpec.from_blocks(blocks, steps)
        network = WhisperNetwork(tensors, heads, device, dtype, layers, frames)
    else:
        from daf_core.encoders.auto_models import wave_network

        network = wave_network(place[0], device, dtype, layers, steps)
    batch_s = CPU_BATCH_S if on_cpu(device) else GPU_BATCH_S
    return SpeechEncoder(network, batch_s, spec.window_s)


def _whisper(place: tuple[Path, ...]) -> tuple[dict[str, torch.Tensor], int]:
    """The tensors of a Whisper encoder, and the heads of its blocks."""
    if place[0].is_file():
        return read_whisper_ct2(b"".join(piece.read_bytes() for piece in place))
    (folder,) = place
    config = Config(folder)
    width, inner, blocks, mel_bins, positions = (
        config.number(name)
        for name in (
            *("d_model", "encoder_ffn_dim", "encoder_layers", "num_mel_bins"),
            "max_source_positions",
        )
    )
    heads = config.heads("encoder_attention_heads", width)
    if not config.agrees("activation_function", "gelu"):
        raise SettingsError(f"encoder {folder}: expected gelu between its layers, as in Whisper")
    shapes: dict[str, tuple[int, ...]] = {
        "conv1.weight": (width, mel_bins, 3),
        "conv2.weight": (width, width, 3),
        "embed_positions.weight": (positions, width),
    }
    ends = ("conv1.bias", "conv2.bias", "layer_norm.weight", "layer_norm.bias")
    shapes |= dict.fromkeys(ends, (width,))
    for number in range(blocks):
        shapes |= NAMES.shapes(f"layers.{number}.", width, inner)
    keys = [f"layers.{number}.{NAMES.keys}.bias" for number in range(blocks)]
    return read_tensors(folder, shapes, ("model.encoder.", "encoder."), keys), heads


def _family(path: Path) -> str:
    """The model type, as transformers names it, of the weights at `path`."""
    if path.is_file():
        return "whisper"
    known = Config(path).family
    if known in ("bert", "whisper"):
        return known
    from daf_core.encoders.auto_models import family

    return family(path)
