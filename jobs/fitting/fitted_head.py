"""A fitted head as plain values, as workers send it."""

from dataclasses import dataclass

from torch import Tensor

from daf_core.embeddings.columns import ColumnShapes
from daf_core.measures.calibration_values import CalibrationJson, calibrations_as_json
from daf_core.training.fitting import Fitted
from daf_core.training.held_out import Reliability


@dataclass(frozen=True)
class FittedHead:
    """A fitted head as plain values, which `torch.load` reads without running code.

    tensors: state of the module; calibrations: by set of modalities, as JSON; familiarity: by
    column, `Familiarity` as tensors.
    """

    tensors: dict[str, Tensor]
    shapes: ColumnShapes
    calibrations: dict[str, CalibrationJson]
    familiarity: dict[str, dict[str, Tensor]]
    label_interval: tuple[float, float]
    error_correlation: float | None
    metrics: dict[str, dict[str, float]]
    reliability: Reliability
    best_epoch: int
    history: list[dict[str, float]]

    @classmethod
    def from_fitted(cls, fitted: Fitted) -> "FittedHead":
        """The values of a fitted head."""
        return cls(
            tensors=fitted.module.state_dict(),
            shapes=fitted.shapes,
            calibrations=calibrations_as_json(fitted.calibrations),
            familiarity={name: one.tensors() for name, one in fitted.familiarity.items()},
            label_interval=fitted.label_interval,
            error_correlation=fitted.error_correlation,
            metrics=fitted.metrics,
            reliability=fitted.reliability,
            best_epoch=fitted.state.best_epoch,
            history=fitted.state.history,
        )
