"""Helpers of the readers of NIST's formats, whose lines are blank-separated: CTM, RTTM, STM."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Protocol, TypeVar

from daf_core.errors import BadInput
from daf_core.sources.transcripts.document import Document

SAMPLE = 50  # lines by which a format is recognised, of the first SAMPLE_LETTERS
SAMPLE_LETTERS = 20_000
_NONE = frozenset({"<na>", "na", "n/a", "-", "<unknown>", "null", ""})


def number(field: str) -> float | None:
    """A finite number of 0 or more, None if `field` is none."""
    try:
        value = float(field)
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 and "_" not in field else None


def named(field: str) -> str | None:
    """A field's text, None where it stands for nothing."""
    return None if field.lower() in _NONE else field


class Line(Protocol):
    """A line of any of the formats: it names a recording, and a channel of it."""

    @property
    def recording(self) -> str: ...

    @property
    def channel(self) -> str: ...


OneLine = TypeVar("OneLine", bound=Line)


def rows_of(text: str) -> Iterator[tuple[int, str]]:
    """Lines that hold something, with their numbers from 1; comments begin with `;;` or #."""
    for row, line in enumerate(text.split("\n"), start=1):
        bare = line.strip().lstrip("\ufeff")
        if bare and not bare.startswith((";;", "#")):
            yield row, bare


def sample_of(document: Document) -> list[str]:
    """The first lines that hold something; the last of them is whole."""
    head = document.text[:SAMPLE_LETTERS]
    return [line for _, line in rows_of(head.rpartition("\n")[0] or head)][:SAMPLE]


def of_one_recording(
    document: Document, lines: list[OneLine]
) -> tuple[list[OneLine], dict[str, int], list[str]]:
    """Of lines that may name several recordings those of the file's own, the numbers of their
    channels (`channel_numbers`), and the places of the others.

    Raises:
        BadInput: `unreadable_transcript`: there are several, and none is named like the file.
    """
    wanted = _of_this_recording(document, (line.recording for line in lines))
    others = _of_others((line.recording for line in lines), wanted)
    own = [line for line in lines if wanted in (None, line.recording)]
    return own, channel_numbers(line.channel for line in own), others


def _of_this_recording(document: Document, recordings: Iterable[str]) -> str | None:
    """Which of the `recordings` that a file names is the one that the file itself is named after.

    None: the one that there is, whatever its name, or none at all.

    Raises:
        BadInput: `unreadable_transcript`: there are several, and none is named like the file.
    """
    found = set(recordings)
    steps = document.name.casefold().split(".")
    stems = {".".join(steps[:length]) for length in range(1, len(steps) + 1)}
    same = sorted(name for name in found if _is_named(name.casefold(), stems))
    if same:
        return max(same, key=len)
    if len(found) > 1:
        raise BadInput(
            "unreadable_transcript",
            f"expected one recording, or one named like the file, found {len(found)} others",
        )
    return None


def _of_others(recordings: Iterable[str], wanted: str | None) -> list[str]:
    """Places of the lines of other recordings than the `wanted` one, one place a recording."""
    others = Counter(name for name in recordings if wanted not in (None, name))
    return [
        f"{count} line{'s' * (count > 1)} of recording {name[:80]}"
        for name, count in others.items()
    ]


def by_recording(lines: Iterable[str], field: int) -> tuple[dict[str, list[str]], list[str]]:
    """Lines by the recording that their `field` names, and the places of those that are too short
    to name one. Comments and empty lines are neither.

    Raises nothing: what a line holds is looked at when it is read.
    """
    found: dict[str, list[str]] = {}
    nameless = []
    for number, line in enumerate(lines, start=1):
        fields = line.split(maxsplit=field + 1)
        if not fields or line.startswith((";;", "#")):
            continue
        if len(fields) > field:
            found.setdefault(fields[field], []).append(line)
        else:
            nameless.append(f"line {number}")
    return found, nameless


def _is_named(recording: str, stems: set[str]) -> bool:
    name = recording.replace("\\", "/").rpartition("/")[2]
    return name in stems or name.rpartition(".")[0] in stems


def channel_numbers(names: Iterable[str]) -> dict[str, int]:
    """Channels from 0 by the names that a file gives them; empty where it names only one.

    NIST counts channels from 1 or letters them from A; some tools count from 0.
    """
    found = sorted(set(names))
    if len(found) < 2:
        return {}
    if all(name.isascii() and name.isdecimal() and len(name) < 4 for name in found):
        least = min(1, *(int(name) for name in found))
        return {name: int(name) - least for name in found}
    if all(len(name) == 1 and "A" <= name.upper() <= "Z" for name in found):
        return {name: ord(name.upper()) - ord("A") for name in found}
    return {name: number for number, name in enumerate(found)}
