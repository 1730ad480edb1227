"""What the user should know of a source beside its rows: settings that match nothing, hints."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import NamedTuple

SHOWN = 3  # examples


class Outcome(NamedTuple):
    """What became of a group of files: its rows, and the reasons of its quarantine rows; counts: of
    each.
    """

    rows: int
    reasons: frozenset[str]
    counts: Mapping[str, int] = {}


class OnChannels(NamedTuple):
    """Number of a channel → rows that are on it, and the ids of their recordings. Rows of which all
    channels were mixed are on none.
    """

    rows: Counter[int]
    recordings: dict[int, set[str]]


@dataclass(frozen=True)
class Found:
    """What the manifest holds of a source; each is read when it is asked for.

    speakers: names of all speakers; channels: what is on them; flags: of all rows; reasons: of the
    quarantine, how often each; outcome: of the recording of this name in the source; forgotten:
    whether what has this name was forgotten, and is named no more.
    """

    speakers: Callable[[], set[str]]
    channels: Callable[[], OnChannels]
    flags: Callable[[], set[str]]
    reasons: Callable[[], Mapping[str, int]]
    outcome: Callable[[str], Outcome]
    forgotten: Callable[[str], bool]


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
