"""What differs between the identities of two runs, in words."""

import json
from collections.abc import Mapping
from typing import Any

DIFFERENCES_SHOWN = 3  # of each entry of the identity
_ABSENT = object()  # stands for an entry that only the other identity has


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What differs between two identities, for people; at most DIFFERENCES_SHOWN of each entry."""
    shown = []
    for found in _places(old, new).values():
        shown += found[:DIFFERENCES_SHOWN]
        if len(found) > DIFFERENCES_SHOWN:
            shown.append(f"and {len(found) - DIFFERENCES_SHOWN} more places")
    return ", ".join(shown)


def _places(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, list[str]]:
    """Key → the places at and under it that differ, the least nested first."""
    found = {}
    for key in sorted({*old, *new}):
        was, now = old.get(key, _ABSENT), new.get(key, _ABSENT)
        if isinstance(was, dict) and isinstance(now, dict):
            if key == "head" and was.get("sha256") != now.get("sha256"):  # all else follows
                was, now = ({"sha256": str(one.get("sha256"))[:12]} for one in (was, now))
            inside = [f"{key}.{place}" for places in _places(was, now).values() for place in places]
            found[key] = sorted(inside, key=lambda place: place.partition(" ")[0].count("."))
        elif was != now:
            found[key] = [f"{key} was {_brief(was)}, is {_brief(now)}"]
    return {key: places for key, places in found.items() if places}


def _brief(value: Any) -> str:
    if value is _ABSENT:
        return "not given"
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 120 else f"{text[:120]}…"
