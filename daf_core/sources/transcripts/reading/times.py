"""Times and lengths of time as transcripts write them, in seconds."""

import math
import re
from typing import Any

LATEST_S = 1e8  # three years: what is later is a date, or damage
_NUMBER = re.compile(r"([+-]?\d{1,15}(?:[.,]\d{0,25})?(?:[eE][+-]?\d{1,3})?)\s?(s|sec|ms)?")
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:[.,]\d{0,9})?)")
_ISO = re.compile(r"P(?:(\d{1,4})D)?T(?:(\d{1,5})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:\.\d{0,9})?)S)?")
_UNITS = (86_400, 3_600, 60, 1)


def seconds(value: Any, per_second: float = 1) -> float | None:
    """The time that a JSON value or a cell of a table means, in seconds; None if it is no time.

    Takes numbers, also as text, of which `per_second` make a second (1000: milliseconds); text with
    a unit such as "1.2s"; clock times such as "01:02.5" and "1:02:03,250"; ISO 8601 durations such
    as "PT1M2.5S"; and objects such as {"seconds": "1", "nanos": 200000000} (protocol buffers).
    """
    if isinstance(value, dict):
        parts = [number(value.get(name, 0)) for name in ("seconds", "nanos")]
        whole, nanos = parts
        found = None if whole is None or nanos is None else whole + nanos / 1e9
        return _bounded(found) if value.keys() & {"seconds", "nanos"} else None
    if isinstance(value, str):
        return _bounded(_of_text(value.strip(), per_second))
    plain = number(value)
    return None if plain is None else _bounded(plain / per_second)


def number(value: Any) -> float | None:
    """A finite number, given as one or as text; None for anything else, True and False too."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        match = _NUMBER.fullmatch(value.strip()) if value.isascii() else None
        if match is None or match[2]:
            return None
        value = match[1].replace(",", ".")
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) else None


def _of_text(text: str, per_second: float) -> float | None:
    if not text.isascii():  # \d would take the digits of every script
        return None
    if match := _NUMBER.fullmatch(text):
        unit = {"ms": 1000.0, None: per_second}.get(match[2], 1.0)
        return float(match[1].replace(",", ".")) / unit
    if match := _CLOCK.fullmatch(text):
        hours, minutes, rest = match.groups()
        return int(hours or 0) * 3_600 + int(minutes) * 60 + float(rest.replace(",", "."))
    if (match := _ISO.fullmatch(text)) and any(match.groups()):
        return sum(
            float(part or 0) * unit for part, unit in zip(match.groups(), _UNITS, strict=True)
        )
    return None


def _bounded(found: float | None) -> float | None:
    # Microseconds, so that 0.1 + 0.2 is the 0.3 that was meant.
    return None if found is None or abs(found) > LATEST_S else round(found, 6)
