"""A trained head on disk: head.safetensors (weights) and head.json (the head record).

Reading both does not load torch, which takes seconds; `TrainedHead.module` does.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from daf_core.default_heads import head_folder
from daf_core.embeddings.columns import Column, ColumnShapes, modalities_of, stored
from daf_core.errors import SettingsError
from daf_core.measures.adjustment_values import Adjustment
from daf_core.measures.calibration_values import Calibrations, calibrations_from_json
from daf_core.storage import files
from daf_core.storage.run_record import Json
from daf_core.weights.specs import EncoderSpec

if TYPE_CHECKING:
    from torch import Tensor, nn

    from daf_core.measures.familiarity import Familiarity

VERSION = 5
RECORD, WEIGHTS = "head.json", "head.safetensors"
FAMILIARITY = "familiarity."  # of the tensors that are not the module's


@dataclass(frozen=True, kw_only=True)
class HeadRecord:
    """What head.json says.

    kind: a name of `heads.HEADS`; width: of its hidden layers; shapes, encoders: the embedding
    columns that it was trained on, no others; sha256: of head.safetensors; calibrations: by set of
    modalities; languages: of the words it was trained on, as "en"; label_interval: that holds nine
    of ten labels of the training rows; adjustment: offsets for an archive that it was adapted to;
    facts: what else is recorded (metrics, data fingerprint, seed, recipe …); they decide no score.
    """

    kind: str
    width: int
    shapes: ColumnShapes
    encoders: dict[str, EncoderSpec]
    sha256: str
    calibrations: Calibrations
    languages: list[str] = field(default_factory=list)
    label_interval: tuple[float, float] | None = None
    version: int = VERSION
    adjustment: Adjustment | None = None
    facts: Json = field(default_factory=dict)

    def as_dict(self) -> Json:
        """As JSON: the facts stand beside the other fields, `shapes` is called "streams"."""
        return {
            "version": self.version,
            "kind": self.kind,
            "width": self.width,
            "streams": {name: list(shape) for name, shape in self.shapes.items()},
            "encoders": {name: spec.as_dict() for name, spec in self.encoders.items()},
            "sha256": self.sha256,
            "calibrations": {name: asdict(one) for name, one in self.calibrations.items()},
            "languages": self.languages,
            "label_interval": self.label_interval,
            **({} if self.adjustment is None else {"adjustment": self.adjustment.as_dict()}),
            **self.facts,
        }

    @classmethod
    def from_dict(cls, found: Json) -> "HeadRecord":
        """Read what `as_dict` wrote."""
        own = {"version", "kind", "width", "streams", "encoders", "sha256", "calibrations"}
        known = own | {"languages", "label_interval", "adjustment"}
        adjustment = found.get("adjustment")
        return cls(
            kind=found["kind"],
            width=found["width"],
            shapes={name: (layers, size) for name, (layers, size) in found["streams"].items()},
            encoders={name: EncoderSpec(**spec) for name, spec in found["encoders"].items()},
            sha256=found["sha256"],
            calibrations=calibrations_from_json(found["calibrations"]),
            languages=found["languages"],
            label_interval=_pair(found["label_interval"]),
            version=found["version"],
            adjustment=None if adjustment is None else Adjustment.from_dict(adjustment),
            facts={name: value for name, value in found.items() if name not in known},
        )


def _pair(found: list[float] | None) -> tuple[float, float] | None:
    return None if found is None else (found[0], found[1])


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

        module = build(self.kind, self.shapes, self.record.width)
        stored = safetensors.torch.load(self.weights)
        own = {name: value for name, value in stored.items() if not name.startswith(FAMILIARITY)}
        module.load_state_dict(own)
        return module.eval()

    @cached_property
    def familiarity(self) -> "dict[str, Familiarity]":
        """Column → how near embeddings lie to those of the training rows; empty if not measured."""
        import safetensors.torch

        from daf_core.measures.familiarity import Familiarity

        found: dict[str, dict[str, Tensor]] = {}
        for name, value in safetensors.torch.load(self.weights).items():
            if name.startswith(FAMILIARITY):
                column, tensor = name.removeprefix(FAMILIARITY).split(".")
                found.setdefault(column, {})[tensor] = value
        return {column: Familiarity.from_tensors(own) for column, own in found.items()}

    @property
    def kind(self) -> str:
        """Kind of head, such as "daf"."""
        return self.record.kind

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
            *("languages", "label_interval", "adjustment"),
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
    def reads_turns(self) -> bool:
        """Whether it reads earlier turns of the recording: their embeddings, or their text."""
        columns = any(Column.from_name(name).is_previous_turns for name in self.shapes)
        return columns or any(spec.context for spec in self.encoders.values())

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
    shapes: ColumnShapes,
    encoders: dict[str, EncoderSpec],
    calibrations: Calibrations,
    familiarity: "Mapping[str, Familiarity]" = MappingProxyType({}),
    languages: Sequence[str] = (),
    label_interval: tuple[float, float] | None = None,
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
        shapes=shapes,
        encoders=encoders,
        sha256=hashlib.sha256(weights).hexdigest(),
        calibrations=calibrations,
        languages=[*languages],
        label_interval=label_interval,
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
        SettingsError: there is no head, it is of another version, or its weights are damaged.
    """
    folder = head_folder(folder)
    uri = files.join(folder, RECORD)
    found = files.read_json(uri)
    if found is None:
        raise SettingsError(f"{folder}: expected a trained head, found no {RECORD}")
    if found.get("version") != VERSION:
        raise SettingsError(
            f"{uri}: expected a head of version {VERSION}, found version {found.get('version')}; "
            f"train it again"
        )
    record = HeadRecord.from_dict(found)
    weights_uri = files.join(folder, WEIGHTS)
    weights = files.read_bytes(weights_uri)
    sha256 = hashlib.sha256(weights).hexdigest()
    if sha256 != record.sha256:
        raise SettingsError(
            f"{weights_uri}: expected SHA-256 {record.sha256}, found {sha256}; the file is damaged "
            f"or belongs to another {RECORD}; train the head again or restore both files"
        )
    return TrainedHead(record, weights)
