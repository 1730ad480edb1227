"""Ways to damage JSON that stays JSON: other values, missing names, odd shapes, odd numbers."""

import json
import re
from collections.abc import Callable
from typing import Any

from benchmarks.reliability.fuzzing.bytes_damage import Damage, Rng
from benchmarks.reliability.fuzzing.text_damage import ODD_CELLS, ODD_JSON, TEXT

Change = Callable[[Rng, Any, Any], None]  # changes the value at a key of an object or a list

_NUMBER = re.compile(r"(?<=[:\[ ])-?\d+(?:\.\d+)?(?=[,\s\]}])")
_STRING = re.compile(r'(?<=: )"[^"\\]*"')
_ODD_NUMBERS = [
    *("1e308", "-1e308", "1e-400", "NaN", "Infinity", "-Infinity", "9" * 400, "-0", "0.1e1"),
    *('"1.5"', '"1e999"', '"nan"', '"PT1H"', '"99:99:99,9"', '"1,5"', "true", "null", "{}", "[]"),
    *("1e15", "-5", "99999999", "5000000000", '{"seconds": "9", "nanos": -1}', '"0.5s"', '"１"'),
]


def odd_values(rng: Rng, content: bytes) -> bytes:
    """One to four values anywhere are replaced by something else."""

    def change(rng: Rng, holder: Any, key: Any) -> None:
        holder[key] = "@"

    changed = _changed(rng, content, change).decode()
    odd = [*ODD_JSON, *map(json.dumps, ODD_CELLS)]
    while '"@"' in changed:
        changed = changed.replace('"@"', odd[int(rng.integers(len(odd)))], 1)
    return changed.encode("utf-8", "surrogatepass")


def missing_names(rng: Rng, content: bytes) -> bytes:
    def change(rng: Rng, holder: Any, key: Any) -> None:
        del holder[key]

    return _changed(rng, content, change)


def other_names(rng: Rng, content: bytes) -> bytes:
    """Names in another case, or of another format."""
    names = ["start", "end", "text", "speaker", "words", "segments", "results", "channel", "type"]

    def change(rng: Rng, holder: Any, key: Any) -> None:
        if isinstance(holder, dict):
            new = str(rng.choice([*names, key.upper(), f"{key}_ms", f"{key}Millis", ""]))
            holder[new] = holder.pop(key)

    return _changed(rng, content, change)


def odd_shapes(rng: Rng, content: bytes) -> bytes:
    """A value within lists or objects, or in place of the object that holds it; a list reversed."""

    def change(rng: Rng, holder: Any, key: Any) -> None:
        value = holder[key]
        holder[key] = [
            *([value], [[value]], {"0": value}, [value] * 50, str(value), None),
            value[::-1] if isinstance(value, list | str) else value,
            next(iter(value.values()), None) if isinstance(value, dict) else {"value": value},
        ][int(rng.integers(8))]

    return _changed(rng, content, change)


def odd_numbers(rng: Rng, content: bytes) -> bytes:
    """Numbers, or strings, replaced in the text of the JSON."""
    text = content.decode(errors="replace")
    pattern = _NUMBER if rng.random() < 0.7 else _STRING
    found = list(pattern.finditer(text))
    for _ in range(int(rng.integers(1, 5))):
        if not found:
            break
        place = found.pop(int(rng.integers(len(found))))
        odd = _ODD_NUMBERS[int(rng.integers(len(_ODD_NUMBERS)))]
        text = text[: place.start()] + odd + text[place.end() :]
        found = [one for one in found if one.end() <= place.start()]
    return text.encode()


def _changed(rng: Rng, content: bytes, change: Change) -> bytes:
    """The content with one to four places changed; of JSON Lines, within the first line."""
    head, ends, rest = content.partition(b"\n")
    try:
        value, rest = json.loads(content), b""
    except ValueError:
        try:
            value = json.loads(head)
        except ValueError:
            return content
    for _ in range(int(rng.integers(1, 5))):
        if (place := _place(rng, value)) is not None:
            change(rng, *place)
    return json.dumps(value).encode() + (ends + rest if rest else b"")


def _place(rng: Rng, value: Any) -> tuple[Any, Any] | None:
    """A holder and a key in it, at any depth."""
    place = None
    for _ in range(int(rng.integers(1, 9))):
        if not isinstance(value, dict | list) or not value:
            break
        keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = keys[int(rng.integers(len(keys)))]
        place, value = (value, key), value[key]
    return place


JSON: list[Damage] = [
    *TEXT,
    *8 * [odd_values, missing_names, odd_numbers],
    *4 * [other_names, odd_shapes],
]
