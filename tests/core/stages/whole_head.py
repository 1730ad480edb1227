"""A head with everything that a head may have."""

from pathlib import Path

import torch

from daf_core.heads import build
from daf_core.heads.familiarity import PERCENTILES, Familiarity
from daf_core.measures.calibration_values import SHAPE_FEATURES, Calibration
from daf_core.stages import trained_head
from daf_core.storage.run_record import Json
from tests.core.adaptation.archives import ENCODERS, SHAPES


def save_head(folder: Path, facts: Json) -> None:
    """Save an untrained head, the same each time."""
    torch.manual_seed(0)
    one = Familiarity(
        0,
        torch.zeros(6),
        torch.eye(6)[:, :3].contiguous(),
        torch.linspace(0, 5, PERCENTILES),
        torch.linspace(-1, 1, 7),
    )
    calibration = Calibration(0.4, 0.5, 100, tuple([0.1] * SHAPE_FEATURES))
    trained_head.save(
        str(folder),
        build("daf", SHAPES, 4),
        kind="daf",
        width=4,
        shapes=SHAPES,
        encoders=ENCODERS,
        calibrations={"text and audio": calibration, "text": calibration},
        familiarity={"text": one},
        languages=["en"],
        label_interval=(-1.5, 1.5),
        error_correlation=0.1,
        facts=facts,
    )
