"""A trained head on disk: head.safetensors (weights) and head.json (the head record).

Reading both does not load torch, which takes seconds; `TrainedHead.module` does.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from daf_core.default_heads import head_folder, is_default
from daf_core.embeddings.columns import Column, ColumnShapes, modalities_of, stored
from daf_core.errors import SettingsError
from daf_core.measures.calibration_values import Calibrations
from daf_core.stages.head_json import checked_record
from daf_core.stages.head_record import HeadRecord
from daf_core.stages.head_tensors import FAMILIARITY, check_tensors
from daf_core.storage import files
from daf_core.storage.run_record import Json
from daf_core.storage.untrusted_file import parse_json, read_bounded
from daf_core.weights.specs import EncoderSpec

if TYPE_CHECKING:
    from torch import Tensor, nn

    from daf_core.heads.familiarity import Familiarity

RECORD, WEIGHTS = "head.json", "head.safetensors"
RECORD_MIB, WEIGHTS_MIB = 16, 1024  # the largest files that are read


@dataclass(frozen=True)
class TrainedHead:
    """A head record and the bytes of head.safetensors. Picklable."""

    record: HeadRecord
    weights: bytes = field(repr=False)

    @cached_property
    def module(self) -> "nn.Module":
        """The network, in evaluation mode, on the CPU."""
        import safetensors.torch

        from daf_core.heads import build

        module = build(self.kind, self.shapes, self.record.width, self.record.members)
        stored = safetensors.torch.load(self.weights)
        own = {name: value for name, value in stored.items() if not name.startswith(FAMILIARITY)}
        module.load_state_dict(own)
        return module.eval()

    @cached_property
    def familiarity(self) -> "dict[str, Familiarity]":
        """Column → how near embeddings lie to those of the training rows; empty if not measured."""
        import safetensors.torch

        from daf_core.heads.familiarity import Familiarity

        found: dict[str, dict[str, Tensor]] = {}
        for name, value in safetensors.torch.load(self.weights).items():
            if name.startswith(FAMILIARITY):
                column, tensor = name.removeprefix(FAMILIARITY).split(".")
                found.setdefault(column, {})[tensor] = value
        return {column: Familiarity.from_tensors(own) for column, own in found.items()}

    @property
    def kind(self) -> str:
        """Kind of head, such as "daf"."""
        return self.record.network

    @property
    def shapes(self) -> ColumnShapes:
        """The embedding columns that it reads, with layers and features of each."""
        return self.record.shapes

    @property
    def encoders(self) -> dict[str, EncoderSpec]:
        """Embedding column → encoder."""
        return self.record.encoders

    @property
    def calibrations(self) -> Calibrations:
        """Interval width and temperature, by set of modalities."""
        return self.record.calibrations

    @property
    def identity(self) -> Json:
        """What decides its scores, as JSON."""
        record = self.record.as_dict()
        names = (
            *("kind", "sha256", "calibrations", "encoders"),
            *("languages", "label_interval", "error_correlation", "adjustment"),
        )
        return {name: record[name] for name in names if name in record}

    @property
    def layers(self) -> dict[str, int]:
        """Embedding column → how many of its first layers are read."""
        return {name: layers for name, (layers, _) in stored(self.shapes).items()}

    @property
    def reads_others(self) -> bool:
        """Whether it reads an utterance with others of its part: speaker means, previous turns."""
        return any(Column.from_name(name).derived for name in self.shapes)

    @property
    def reads_previous_turns(self) -> bool:
        """Whether it reads embeddings of earlier turns of the recording."""
        return any(Column.from_name(name).is_previous_turns for name in self.shapes)

    @property
    def reads_turns(self) -> bool:
        """Whether it reads earlier turns of the recording: their embeddings, or their text."""
        return self.reads_previous_turns or any(spec.context for spec in self.encoders.values())

    @property
    def modalities(self) -> list[str]:
        """The modalities that it was trained on."""
        return modalities_of(self.shapes)


def save(
    folder: str,
    module: "nn.Module",
    *,
    kind: str,
    width: int,
    members: int = 1,
    shapes: ColumnShapes,
    encoders: dict[str, EncoderSpec],
    calibrations: Calibrations,
    familiarity: "Mapping[str, Familiarity]" = MappingProxyType({}),
    languages: Sequence[str] = (),
    label_interval: tuple[float, float] | None = None,
    error_correlation: float | None = None,
    facts: Json,
) -> None:
    """Publish head.safetensors, then head.json, under `folder`; arguments as in HeadRecord.

    familiarity: by column; it is stored beside the weights.

    Raises:
        NotDone: the folder cannot be written.
    """
    weights = encoded_weights(module, familiarity)
    record = HeadRecord(
        kind=kind,
        width=width,
        members=members,
        shapes=shapes,
        encoders=encoders,
        sha256=hashlib.sha256(weights).hexdigest(),
        calibrations=calibrations,
        languages=[*languages],
        label_interval=label_interval,
        error_correlation=error_correlation,
        facts=facts,
    )
    publish(folder, TrainedHead(record, weights))


def encoded_weights(module: "nn.Module", familiarity: "Mapping[str, Familiarity]") -> bytes:
    """The bytes of head.safetensors: the module's tensors, and those of familiarity by column."""
    import safetensors.torch

    state = {name: value.detach().cpu().contiguous() for name, value in module.state_dict().items()}
    for column, one in familiarity.items():
        state |= {f"{FAMILIARITY}{column}.{name}": value for name, value in one.tensors().items()}
    return safetensors.torch.save(state)


def publish(folder: str, head: TrainedHead) -> None:
    """Publish the weights of a head, then its record, under `folder`.

    Raises:
        NotDone: the folder cannot be written.
    """
    files.publish(files.join(folder, WEIGHTS), head.weights)
    files.write_json(files.join(folder, RECORD), head.record.as_dict())


def load(folder: str) -> TrainedHead:
    """The head under `folder`, or the default head of that name.

    Raises:
        SettingsError: there is no head, it is of another version, or one of its files is damaged:
            anything but a record with values in their ranges and finite weights of their shapes.
    """
    given, folder = folder, head_folder(folder)
    uri = files.join(folder, RECORD)
    found = read_bounded(uri, RECORD_MIB)
    if found is None:
        raise SettingsError(f"{folder}: expected a trained head, found no {RECORD}")
    record = checked_record(parse_json(found, uri), uri)
    weights_uri = files.join(folder, WEIGHTS)
    weights = read_bounded(weights_uri, WEIGHTS_MIB)
    if weights is None:
        raise SettingsError(f"{weights_uri}: expected the weights of the head, found no such file")
    sha256 = hashlib.sha256(weights).hexdigest()
    if sha256 != record.sha256:
        raise SettingsError(
            f"{weights_uri}: expected SHA-256 {record.sha256}, found {sha256}; the file is damaged "
            f"or belongs to another {RECORD}; train the head again or restore both files"
        )
    if not is_default(given):  # heads of the package are tested with it: torch is not needed here
        check_tensors(weights, record, weights_uri)
    return TrainedHead(record, weights)
