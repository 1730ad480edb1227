"""The conditions of a robustness grid, and of rows to train on: which damage, how severe."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Condition:
    """A kind of damage to one modality (None: clean), and how severe, where that is graded."""

    kind: str
    modality: str | None = None
    level: float | None = None
    unit: str = ""

    @property
    def name(self) -> str:
        """For tables, such as "white noise -5 dB"."""
        return self.kind if self.level is None else f"{self.kind} {self.level:g} {self.unit}"

    @property
    def missing(self) -> bool:
        """Whether nothing is left of the modality."""
        return self.modality is not None and self.kind == f"no {self.modality}"


def _graded(kind: str, modality: str, unit: str, *levels: float) -> list[Condition]:
    """From harmless to severe."""
    return [Condition(kind, modality, level, unit) for level in levels]


CLEAN = Condition("clean")
CONDITIONS = (
    CLEAN,
    Condition("no text", "text"),
    Condition("no audio", "audio"),
    *_graded("white noise", "audio", "dB", 20.0, 15.0, 10.0, 5.0, 0.0, -5.0),
    *_graded("speech-shaped noise", "audio", "dB", 20.0, 15.0, 10.0, 5.0, 0.0, -5.0),
    *_graded("reverberation", "audio", "s", 0.3, 0.6, 1.0),
    Condition("telephone", "audio"),
    *_graded("packet loss", "audio", "%", 5.0, 10.0, 20.0, 40.0),
    *_graded("word error", "text", "%", 10.0, 20.0, 40.0, 60.0, 80.0),
)

# What leaves something to learn from. Masks are not in the grid: nothing in the world makes them.
VARIATIONS = (
    *(one for one in CONDITIONS if one.modality is not None and not one.missing),
    Condition("spectrogram masks", "audio"),
)
