"""Where and how much: the command line, Ray Data and Ray Train. The only place that imports ray."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobs.dataset import score_dataset

__all__ = ["score_dataset"]


def __getattr__(name: str) -> Any:
    """Import `score_dataset`, and Ray with it, when it is first used (PEP 562)."""
    if name == "score_dataset":
        from jobs.dataset import score_dataset

        return score_dataset
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
