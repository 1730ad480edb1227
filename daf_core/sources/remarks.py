"""What the user should know of a source beside its rows: settings that match nothing, hints."""

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import NamedTuple

SHOWN = 3  # examples


class Outcome(NamedTuple):
    """What became of a group of files: its rows, and the reasons of its quarantine rows."""

    rows: int
    reasons: frozenset[str]


@dataclass(frozen=True)
class Found:
    """What the manifest holds of a source; each is read when it is asked for.

    speakers: names of all speakers; channels: number of a channel → rows that are
    on it; flags: of all rows; outcome: of the recording of this name in the source.
    """

    speakers: Callable[[], set[str]]
    channels: Callable[[], Counter[int]]
    flags: Callable[[], set[str]]
    outcome: Callable[[str], Outcome]


@dataclass(frozen=True)
class Remarks:
    """Lines for the summary. unmatched: settings, or rows of their tables, that match nothing, at
    which `strict` fails; hints: what else may be wrong.
    """

    unmatched: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()


def examples(names: Collection[str]) -> str:
    """The first few of some names, in order; characters that terminals obey are shown as ?."""
    first = ["".join(c if c.isprintable() else "?" for c in one[:80]) for one in sorted(names)]
    first = first[:SHOWN]
    return ", ".join(first) + (" …" if len(names) > SHOWN else "")
