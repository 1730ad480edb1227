"""Load the encoder that an EncoderSpec identifies."""

import json
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoModel, AutoTokenizer, WhisperModel
from transformers import Wav2Vec2FeatureExtractor as WaveFeatureExtractor

from daf_core.encoders.damaged import check_finite, loading
from daf_core.encoders.descriptors import Descriptors
from daf_core.encoders.pooling import FrameSpec
from daf_core.encoders.speaker import SpeakerEncoder
from daf_core.encoders.speech import SpeechEncoder
from daf_core.encoders.text import TextEncoder
from daf_core.encoders.wav2vec import WaveNetwork
from daf_core.encoders.whisper import WhisperNetwork
from daf_core.encoders.whisper_ct2 import load_whisper_ct2
from daf_core.errors import SettingsError
from daf_core.weights.known import DESCRIPTORS, SPEAKER
from daf_core.weights.precision import Precision, on_cpu
from daf_core.weights.specs import EncoderSpec, locate

# Text families whose blocks end in their own norm: the first layers are the same without the rest.
TRUNCATABLE = ("bert", "roberta", "xlm-roberta", "camembert", "electra", "mpnet", "deberta-v2")
WAVE_FAMILIES = ("wav2vec2", "hubert", "wavlm")
SPEECH_FAMILIES = ("whisper", *WAVE_FAMILIES)
WITHOUT_FRAMES = (DESCRIPTORS, SPEAKER)
OPTIONAL_TENSORS = ("pooler.", "masked_spec_embed", "decoder.")  # no hidden layer needs them

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
    frames = FrameSpec.from_blocks(_all_blocks(folder), steps)
    blocks = _blocks(folder, layers, frames) if family in TRUNCATABLE else None
    model = _model(AutoModel, folder, blocks)
    if model.config.is_encoder_decoder:
        raise SettingsError(
            f"encoder {spec.name}: expected a text encoder, got {family}, which has a decoder"
        )
    with loading(folder):
        tokenizer = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    tokens = CPU_BATCH_TOKENS if on_cpu(device) else GPU_BATCH_TOKENS
    return TextEncoder(model, tokenizer, device, getattr(torch, precision), tokens, layers, frames)


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
        encoder = _whisper(place)
        frames = FrameSpec.from_blocks(encoder.config.encoder_layers, steps)
        network = WhisperNetwork(encoder, device, dtype, layers, frames)
    else:
        network = _wave_network(place[0], device, dtype, layers, steps)
    return SpeechEncoder(network, CPU_BATCH_S if on_cpu(device) else GPU_BATCH_S)


def _whisper(place: tuple[Path, ...]) -> Any:
    if place[0].is_file():
        return load_whisper_ct2(b"".join(piece.read_bytes() for piece in place))
    return _model(WhisperModel, place[0]).encoder


def _wave_network(
    path: Path, device: str, dtype: torch.dtype, layers: int | None, steps: int
) -> WaveNetwork:
    settings = path / "preprocessor_config.json"
    if not settings.is_file():
        raise SettingsError(f"encoder {path}: expected {settings.name}, found none")
    with loading(path):
        features = WaveFeatureExtractor.from_dict(json.loads(settings.read_text()))
    frames = FrameSpec.from_blocks(_all_blocks(path), steps)
    blocks = _blocks(path, layers, frames)
    model = _model(AutoModel, path, blocks)
    if blocks is not None and model.config.do_stable_layer_norm:
        model.encoder.layer_norm = torch.nn.Identity()  # its norm is for the last layer only
    return WaveNetwork(model, features.do_normalize, device, dtype, layers, frames)


def _family(path: Path) -> str:
    """The model type, as transformers names it, of the weights at `path`."""
    if path.is_file():
        return "whisper"
    try:
        config = AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    except Exception as err:  # whatever a damaged file makes of it
        raise SettingsError(
            f"encoder {path}: expected a config.json of a model type that transformers knows "
            f"(code that comes with weights is never run)"
        ) from err
    return str(config.model_type)


def _all_blocks(path: Path) -> int:
    with loading(path):
        config = AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=False)
        return int(config.num_hidden_layers)


def _blocks(path: Path, layers: int | None, frames: FrameSpec) -> int | None:
    """How many blocks the first `layers` and the frames need, at least one; None: all blocks."""
    needed = max(1, (layers or 0) - 1, frames.layer)
    return needed if layers and needed < _all_blocks(path) else None


def _model(kind: Any, path: Path, blocks: int | None = None) -> Any:
    """The model in float32, all of it or only its first `blocks`.

    Raises:
        SettingsError: the weights lack tensors, which would stay random, or cannot be loaded.
    """
    cut = {} if blocks is None else {"num_hidden_layers": blocks}
    transformers.utils.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    with loading(path):
        model, found = kind.from_pretrained(
            path,
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
            f"encoder {path}: expected weights for all of {type(model).__name__}, found that "
            f"{len(missing)} tensors are missing, such as {missing[0]}"
        )
    check_finite(model, path, OPTIONAL_TENSORS)
    return model
