"""The two files of a head: read, written, and changed."""

import hashlib
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np


def files_of(folder: Path) -> tuple[dict[str, Any], bytes]:
    return json.loads((folder / "head.json").read_text()), (
        folder / "head.safetensors"
    ).read_bytes()


def write(folder: Path, record: object, weights: bytes) -> str:
    """Write both files, the record with the weights' sum."""
    if isinstance(record, dict) and "sha256" in record:
        record = {**record, "sha256": hashlib.sha256(weights).hexdigest()}
    (folder / "head.json").write_text(json.dumps(record))
    (folder / "head.safetensors").write_bytes(weights)
    return str(folder)


def with_header(weights: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """The weights with a changed safetensors header."""
    length = struct.unpack("<Q", weights[:8])[0]
    header = json.loads(weights[8 : 8 + length])
    change(header)
    data = json.dumps(header).encode()
    return struct.pack("<Q", len(data)) + data + weights[8 + length :]


def with_values(weights: bytes, name: str, value: float) -> bytes:
    """The weights with all numbers of a tensor set to one."""
    from safetensors.numpy import load, save

    tensors = load(weights)
    tensors[name] = np.full_like(tensors[name], value)
    return save(tensors)
