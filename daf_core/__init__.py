"""What DAF does, without Ray: tables, audio, frozen encoders, heads, training, scoring, report.

The names below are the Python API (docs/python.md). They are loaded when they are first used, so
that importing daf_core takes no time. Nothing here imports ray, reads environment variables or
prints; everything runs in a notebook.
"""

import importlib
from typing import TYPE_CHECKING, Any

from daf_core.errors import BadInput, NotDone, SettingsError

if TYPE_CHECKING:
    from daf_core.api.drawing import draw_recording
    from daf_core.api.outputs import open_head, read_manifest, read_quarantine, read_scores
    from daf_core.api.scorer import Scored, Scorer, score
    from daf_core.recordings.audio import open_recording
    from daf_core.stages.trained_head import TrainedHead

__version__ = "0.1.0"

__all__ = [
    "BadInput",
    "NotDone",
    "Scored",
    "Scorer",
    "SettingsError",
    "TrainedHead",
    "__version__",
    "draw_recording",
    "open_head",
    "open_recording",
    "read_manifest",
    "read_quarantine",
    "read_scores",
    "score",
]

_MODULES = {
    "Scored": "daf_core.api.scorer",
    "Scorer": "daf_core.api.scorer",
    "TrainedHead": "daf_core.stages.trained_head",
    "draw_recording": "daf_core.api.drawing",
    "open_head": "daf_core.api.outputs",
    "open_recording": "daf_core.recordings.audio",
    "read_manifest": "daf_core.api.outputs",
    "read_quarantine": "daf_core.api.outputs",
    "read_scores": "daf_core.api.outputs",
    "score": "daf_core.api.scorer",
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used (PEP 562)."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_MODULES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
