"""A trained head on disk: head.safetensors (weights) and head.json (what it is and where from).

Reading one does without torch, which takes seconds to load; `TrainedHead.module` needs it.
"""

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from daf_core.embeddings.columns import Column, ColumnShapes, modalities_of, stored
from daf_core.errors import SettingsError
from daf_core.storage import files
from daf_core.weights.specs import EncoderSpec

if TYPE_CHECKING:
    from torch import nn

    from daf_core.measures.calibration import Calibrations

VERSION = 3


@dataclass(frozen=True, kw_only=True)
class TrainedHead:
    """A head and what is needed to feed it.

    `streams` and `encoders` have the embedding columns that it was trained on, no others;
    `weights` is the safetensors file, `known` what `calibrations` are made of.
    `facts` (metrics, data fingerprint, seed, recipe …) travel with it but decide nothing.
    """

    kind: str
    width: int
    streams: ColumnShapes
    encoders: dict[str, EncoderSpec]
    weights: bytes = field(repr=False)
    sha256: str
    known: dict[str, dict[str, Any]]
    facts: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def module(self) -> "nn.Module":
        """The network, in evaluation, on the CPU."""
        import safetensors.torch

        from daf_core.heads import build

        module = build(self.kind, self.streams, self.width)
        module.load_state_dict(safetensors.torch.load(self.weights))
        return module.eval()

    @cached_property
    def calibrations(self) -> "Calibrations":
        """How far to believe what it says."""
        from daf_core.measures.calibration import Calibration

        return {name: Calibration(**learned) for name, learned in self.known.items()}

    @property
    def identity(self) -> dict[str, Any]:
        """What decides its scores, as JSON."""
        return {
            "kind": self.kind,
            "sha256": self.sha256,
            "calibrations": self.known,
            "encoders": {name: spec.as_dict() for name, spec in self.encoders.items()},
        }

    @property
    def layers(self) -> dict[str, int]:
        """How many layers of each column it reads, from the first."""
        return {name: layers for name, (layers, _) in stored(self.streams).items()}

    @property
    def reads_others(self) -> bool:
        """Whether it reads an utterance beside others of its part (`voices`, `turns`)."""
        return any(Column.from_name(name).derived for name in self.streams)

    @property
    def modalities(self) -> list[str]:
        """The modalities that it was trained on."""
        return modalities_of(self.streams)


def save(
    folder: str,
    module: "nn.Module",
    *,
    kind: str,
    width: int,
    streams: ColumnShapes,
    encoders: dict[str, EncoderSpec],
    known: dict[str, dict[str, Any]],
    facts: dict[str, Any],
) -> None:
    """Publish head.safetensors, then head.json, under `folder`."""
    import safetensors.torch

    state = {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}
    data = safetensors.torch.save(state)
    files.publish(files.join(folder, "head.safetensors"), data)
    files.write_json(
        files.join(folder, "head.json"),
        {
            "version": VERSION,
            "kind": kind,
            "width": width,
            "streams": {name: list(shape) for name, shape in streams.items()},
            "encoders": {name: spec.as_dict() for name, spec in encoders.items()},
            "sha256": hashlib.sha256(data).hexdigest(),
            "calibrations": known,
            **facts,
        },
    )


def load(folder: str) -> TrainedHead:
    """The head under `folder`.

    Raises:
        SettingsError: there is no head, it is of another version, or its weights are damaged.
    """
    uri = files.join(folder, "head.json")
    facts = files.read_json(uri)
    if facts is None:
        raise SettingsError(f"{folder}: expected a trained head, found no head.json")
    if facts.get("version") != VERSION:
        raise SettingsError(
            f"{uri}: head of version {facts.get('version')}, this daf reads version {VERSION}; "
            f"train it again"
        )
    weights_uri = files.join(folder, "head.safetensors")
    data = files.read_bytes(weights_uri)
    sha256 = hashlib.sha256(data).hexdigest()
    if sha256 != facts["sha256"]:
        raise SettingsError(
            f"{weights_uri}: expected SHA-256 {facts['sha256']}, got {sha256}: the file is damaged "
            f"or belongs to another head.json"
        )
    streams: ColumnShapes = {
        name: (layers, size) for name, (layers, size) in facts["streams"].items()
    }
    return TrainedHead(
        kind=facts["kind"],
        width=facts["width"],
        streams=streams,
        encoders={name: EncoderSpec(**spec) for name, spec in facts["encoders"].items()},
        weights=data,
        sha256=sha256,
        known=facts["calibrations"],
        facts=facts,
    )
