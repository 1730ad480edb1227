"""What became of an input."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Result:
    """What became of an input.

    unaccounted: rows that are nowhere; grown_mb: by how much the process grew at most.
    """

    outcomes: Counter[str] = field(default_factory=Counter)
    unaccounted: int = 0
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0
    grown_mb: float = 0.0
