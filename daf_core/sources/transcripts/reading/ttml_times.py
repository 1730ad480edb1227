"""Time expressions of TTML: https://www.w3.org/TR/ttml2/#timing-value-time-expression"""

import math
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from daf_core.sources.transcripts.reading.clock import seconds

_KEYS = ("begin", "end", "dur")
_METRICS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


@dataclass(frozen=True)
class Rates:
    """How many frames, and how many ticks, a second has."""

    frames: float
    sub_frames: float
    ticks: float

    @classmethod
    def from_root(cls, root: Element) -> "Rates":
        """The rates that the attributes of `tt` give, else the standard's."""
        given = {name.rpartition("}")[2]: value for name, value in root.attrib.items()}
        frames = _positive(given.get("frameRate")) or 30.0
        multiplier = given.get("frameRateMultiplier", "1 1").replace(":", " ").split()
        if len(multiplier) == 2:
            above, below = (_positive(one) for one in multiplier)
            frames *= (above or 1.0) / (below or 1.0)
        sub_frames = _positive(given.get("subFrameRate")) or 1.0
        ticks = frames * sub_frames if "frameRate" in given else 1.0
        return cls(frames, sub_frames, _positive(given.get("tickRate")) or ticks)

    def seconds(self, text: str) -> float | None:
        """Seconds of a clock time or offset time, None if `text` is neither."""
        text = text.strip()
        if len(text) > 40:
            return None
        if ":" in text:
            return self._clock(text)
        digits = text.rstrip("abcdefghijklmnopqrstuvwxyz")
        value, metric = _number(digits), text[len(digits) :]
        units = {**_METRICS, "f": 1 / self.frames, "t": 1 / self.ticks, "": 1.0}
        return round(value * units[metric], 6) if value is not None and metric in units else None

    def _clock(self, text: str) -> float | None:
        parts = text.replace(";", ":").split(":")
        base = seconds(":".join(parts[:3]))
        if base is None or len(parts) < 4:
            return base
        number, _, sub = parts[3].partition(".")
        count, part = _number(number), _number(sub or "0")
        if count is None or part is None or len(parts) > 4:
            return None
        return round(base + (count + part / self.sub_frames) / self.frames, 6)


def are_absolute(root: Element, rates: Rates) -> bool:
    """Whether times of elements within others count from the start of the file.

    The standard counts them from the start of the element around. Apple and others do not: their
    inner times lie within the outer ones as they are, and would not if they were added.
    """
    absolute = relative = 0
    waiting: list[tuple[Element, tuple[float, float] | None]] = [(root, None)]
    while waiting:
        element, around = waiting.pop()
        begin, end, length = (rates.seconds(element.get(key, "")) for key in _KEYS)
        if around is not None and begin is not None:
            as_is = around[0] <= begin <= around[1]
            added = around[0] + begin <= around[1]
            absolute += as_is and not added
            relative += added and not as_is
        if begin is not None and (end is not None or length is not None):
            around = begin, begin + (length or 0.0) if end is None else end
        waiting += [(child, around) for child in element if isinstance(child.tag, str)]
    return absolute > 0 and relative == 0


def _number(text: str) -> float | None:
    if not (text.isascii() and text.replace(".", "", 1).isdigit()):
        return None
    return float(text)


def _positive(text: str | None) -> float | None:
    value = _number((text or "").strip()[:20])
    return value if value and math.isfinite(value) else None
