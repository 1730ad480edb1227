"""What differs between the identities of two runs, in words.

An identity holds settings, which are shown, and sums of what is too large for it, which say nothing
to people: each of these has a phrase here.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from daf_core.decimals import number_of

DIFFERENCES_SHOWN = 3  # of each entry of the identity
_ABSENT = object()  # stands for an entry that only the other identity has
_SUM = re.compile(r"[0-9a-f]{12,64}")

# Entries that are sums, and what it means where one is another.
_MEANINGS = {
    "manifest": "it was made of another manifest",
    "scores": "it was made of other scores",
    "embeddings": "it was made of other embeddings",
    "also": "other embeddings joined the training (`also`)",
    "labels": "the labels are others",
    "last": "other rows were taken (`rows`, `seed`)",
    "words": "the words that stand for misheard ones are others",
    "hash_ids": "`hash_ids` had another salt",
    "speakers": "the weights that tell speakers apart (`speakers`) are others",
    "redact": "`redact` of another daf finds other numbers",
}
_VERSIONS = ("redact",)  # entries that are versions of the code, as plain as sums to people
# Entries that no setting decides.
_OF_CODE = {
    "head_version": "another version of daf trained its heads",
    "columns": "another version of daf wrote it, with other columns",
}


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> str:
    """What differs between two identities, for people; at most DIFFERENCES_SHOWN of each entry.
    No sum is shown.
    """
    shown = []
    for found in _places(old, new).values():
        shown += found[:DIFFERENCES_SHOWN]
        if len(found) > DIFFERENCES_SHOWN:
            shown.append(f"and {number_of(len(found) - DIFFERENCES_SHOWN, 'more place')}")
    return ", ".join(dict.fromkeys(shown))


def _places(
    old: Mapping[str, Any], new: Mapping[str, Any], above: str = ""
) -> dict[str, list[str]]:
    """Key → the places at and under it that differ, the least nested first."""
    found = {}
    for key in sorted({*old, *new}):
        was, now = old.get(key, _ABSENT), new.get(key, _ABSENT)
        if was == now:
            continue
        place = f"{above}{key}"
        if isinstance(was, dict) and isinstance(now, dict):
            if "sha256" in was and "sha256" in now:
                found[key] = [_of_weights(place, was, now)]
            else:
                inside = _places(was, now, f"{place}.").values()
                found[key] = sorted(
                    (one for some in inside for one in some),
                    key=lambda one: one.partition(" ")[0].count("."),
                )
        else:
            found[key] = [_of_values(key, place, was, now)]
    return found


def _of_weights(place: str, was: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """What differs between two encoders, recognizers or heads; all else follows from weights."""
    names = [one.get("name") for one in (was, now)]
    if names[0] != names[1]:
        return f"{place} was {names[0]}, is {names[1]}"
    of = f" {names[0]}" if names[0] else ""
    if was["sha256"] != now["sha256"]:
        return f"{place}{of} has other weights"
    differ = [key for key in sorted({*was, *now}) if was.get(key) != now.get(key)]
    return f"{place}{of} has the same weights, and differs in {', '.join(differ)}"


def _of_values(key: str, place: str, was: Any, now: Any) -> str:
    if key in _OF_CODE:
        return _OF_CODE[key]
    if None not in (was, now):  # then an entry is there where a setting is given
        was, now = (None if one is _ABSENT else one for one in (was, now))
    if key in _VERSIONS:
        was, now = (one if one is None else {"sha256": one} for one in (was, now))
    shown = [_brief(one) for one in (was, now)]
    if shown[0] == shown[1]:
        return _MEANINGS.get(key, f"{place} is another")
    return f"{place} was {shown[0]}, is {shown[1]}"


def _holds_sum(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_holds_sum, value))
    if isinstance(value, dict):
        return "sha256" in value
    return isinstance(value, str) and _SUM.fullmatch(value) is not None


def _brief(value: Any) -> str:
    """A value without the sums that it holds."""
    if value is _ABSENT:
        return "not recorded"
    if value is None:
        return "not given"
    if isinstance(value, dict) and "sha256" in value:
        value = value.get("name")
        return value if isinstance(value, str) else "given"
    if isinstance(value, list) and _holds_sum(value):
        return ", ".join(str(one) for one in value if not _holds_sum(one)) or "given"
    text = "given" if _holds_sum(value) else json.dumps(value, sort_keys=True)
    return text if len(text) <= 120 else f"{text[:120]}…"
