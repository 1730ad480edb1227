"""Read a Whisper encoder from a CTranslate2 file (binary version 6, WhisperSpec revision 3).

The Python packages that carry Whisper (`weights.packages`) hold it in this format only.

Everything is little-endian. A file holds: version u32, name of the specification, revision u32,
number of variables u32; then for each variable its name, rank u8, dimensions u32 each, type u8,
number of bytes u32 and data; then an alias table, which the encoder does not need. A string is its
length u16 (final zero included), then its bytes. The layout is defined in CTranslate2's
python/ctranslate2/specs/model_spec.py.
"""

import struct

import numpy as np
import numpy.typing as npt
import torch

from daf_core.errors import SettingsError

TYPES = {0: np.float32, 1: np.int8, 2: np.int16, 3: np.int32, 4: np.float16}
HEAD_WIDTH = 64  # in every Whisper model

Variables = dict[str, npt.NDArray[np.generic]]


def read_whisper_ct2(data: bytes) -> tuple[dict[str, torch.Tensor], int]:
    """The tensors of the encoder, float32, as transformers' WhisperEncoder names them; its heads.

    The caller has checked the SHA-256 of the file, so that its contents are trusted.

    Raises:
        SettingsError: the file is of another version or holds another model.
    """
    tensors = encoder_state(read_variables(data))
    return tensors, len(tensors["conv1.weight"]) // HEAD_WIDTH


def read_variables(data: bytes) -> Variables:
    """The variables in a CTranslate2 file, as views of its bytes."""
    at = 0

    def number(form: str) -> int:
        nonlocal at
        (value,) = struct.unpack_from(f"<{form}", data, at)
        at += struct.calcsize(form)
        return int(value)

    def string() -> str:
        nonlocal at
        length = number("H")
        at += length
        return data[at - length : at - 1].decode()

    version, specification, revision = number("I"), string(), number("I")
    if (version, specification, revision) != (6, "WhisperSpec", 3):
        raise SettingsError(
            f"packaged Whisper: expected a CTranslate2 file of version 6 (WhisperSpec, revision "
            f"3), got version {version} ({specification}, revision {revision})"
        )
    variables: Variables = {}
    for _ in range(number("I")):
        name = string()
        shape = [number("I") for _ in range(number("B"))]
        kind, size = TYPES[number("B")], number("I")
        count = size // np.dtype(kind).itemsize
        variables[name] = np.frombuffer(data, kind, count, at).reshape(shape)
        at += size
    return variables


def encoder_state(variables: Variables) -> dict[str, torch.Tensor]:
    """State dict of transformers' WhisperEncoder from CTranslate2's variables."""
    state: dict[str, torch.Tensor] = {}
    for name, value in variables.items():
        if not name.startswith("encoder/") or value.ndim == 0:
            continue
        tensor = torch.from_numpy(value.astype(np.float32))
        path = name.removeprefix("encoder/")
        if "self_attention/linear_0" in path:
            state |= _queries_keys_values(_layer(path), path.rpartition("/")[2], tensor)
        else:
            state[_transformers_name(path)] = tensor
    return state


def _queries_keys_values(layer: str, kind: str, stacked: torch.Tensor) -> dict[str, torch.Tensor]:
    queries, keys, values = stacked.chunk(3)
    state = {
        f"{layer}.self_attn.q_proj.{kind}": queries,
        f"{layer}.self_attn.v_proj.{kind}": values,
    }
    if kind == "weight":  # Whisper's keys have no bias
        state[f"{layer}.self_attn.k_proj.weight"] = keys
    return state


def _layer(path: str) -> str:
    return path.split("/")[0].replace("layer_", "layers.")


def _transformers_name(path: str) -> str:
    module, _, kind = path.rpartition("/")
    kind = {"gamma": "weight", "beta": "bias", "encodings": "weight"}.get(kind, kind)
    if not module.startswith("layer_") or module.startswith("layer_norm"):
        return f"{module.replace('position_encodings', 'embed_positions')}.{kind}"
    part = {
        "self_attention/layer_norm": "self_attn_layer_norm",
        "self_attention/linear_1": "self_attn.out_proj",
        "ffn/layer_norm": "final_layer_norm",
        "ffn/linear_0": "fc1",
        "ffn/linear_1": "fc2",
    }[module.partition("/")[2]]
    return f"{_layer(path)}.{part}.{kind}"
