"""The record of a head: what head.json says."""

from dataclasses import dataclass, field

from daf_core.embeddings.columns import ColumnShapes
from daf_core.measures.adjustment_values import Adjustment
from daf_core.measures.calibration_values import (
    Calibrations,
    calibrations_as_json,
    calibrations_from_json,
)
from daf_core.storage.run_record import Json
from daf_core.weights.specs import EncoderSpec

VERSION = 10
BEFORE_WHOLE = 8  # is still read; its `daf` heads had no part that reads both modalities


@dataclass(frozen=True, kw_only=True)
class HeadRecord:
    """What head.json says.

    kind: a name of `heads.HEADS`, of the time when it was trained (`network`); width: of its hidden
    layers; members: of an ensemble; shapes,
    encoders: the embedding columns that it was trained on, no others; sha256: of head.safetensors;
    calibrations: by set of modalities; languages: of the words it was trained on, as "en";
    label_interval: that holds nine of ten labels of the training rows; error_correlation: of rows
    of one recording, None: unknown;
    adjustment: offsets for an archive that it was adapted to;
    facts: what else is recorded (metrics, data fingerprint, seed, recipe …); they decide no score.
    """

    kind: str
    width: int
    members: int = 1
    shapes: ColumnShapes
    encoders: dict[str, EncoderSpec]
    sha256: str
    calibrations: Calibrations
    languages: list[str] = field(default_factory=list)
    label_interval: tuple[float, float] | None = None
    error_correlation: float | None = None
    version: int = VERSION
    adjustment: Adjustment | None = None
    facts: Json = field(default_factory=dict)

    @property
    def network(self) -> str:
        """What `heads.HEADS` calls this kind of head now."""
        return "daf-late" if (self.version, self.kind) == (BEFORE_WHOLE, "daf") else self.kind

    def as_dict(self) -> Json:
        """As JSON: the facts stand beside the other fields, `shapes` is called "streams"."""
        return {
            "version": self.version,
            "kind": self.kind,
            "width": self.width,
            "members": self.members,
            "streams": {name: list(shape) for name, shape in self.shapes.items()},
            "encoders": {name: spec.as_dict() for name, spec in self.encoders.items()},
            "sha256": self.sha256,
            "calibrations": calibrations_as_json(self.calibrations),
            "languages": self.languages,
            "label_interval": self.label_interval and list(self.label_interval),
            "error_correlation": self.error_correlation,
            **({} if self.adjustment is None else {"adjustment": self.adjustment.as_dict()}),
            **self.facts,
        }

    @classmethod
    def from_dict(cls, found: Json) -> "HeadRecord":
        """Read what `as_dict` wrote."""
        known = {
            *("version", "kind", "width", "members", "streams", "encoders", "sha256"),
            *("calibrations", "languages", "label_interval", "error_correlation", "adjustment"),
        }
        adjustment = found.get("adjustment")
        return cls(
            kind=found["kind"],
            width=found["width"],
            members=found["members"],
            shapes={name: (layers, size) for name, (layers, size) in found["streams"].items()},
            encoders={name: EncoderSpec(**spec) for name, spec in found["encoders"].items()},
            sha256=found["sha256"],
            calibrations=calibrations_from_json(found["calibrations"]),
            languages=found["languages"],
            label_interval=_pair(found["label_interval"]),
            error_correlation=found.get("error_correlation"),
            version=found["version"],
            adjustment=None if adjustment is None else Adjustment.from_dict(adjustment),
            facts={name: value for name, value in found.items() if name not in known},
        )


def _pair(found: list[float] | None) -> tuple[float, float] | None:
    return None if found is None else (found[0], found[1])
