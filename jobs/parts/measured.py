"""How fast parts are made: from the times at which those of a sample were finished."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daf_core.errors import NotDone
from daf_core.storage.part_index import PartFacts

# A row costs about as much as so many seconds of speech, for its text and for all else about it; a
# part as many, for reading and publishing it.
ROW_S, PART_S = 0.05, 5.0


@dataclass(frozen=True)
class Finished:
    """A part that was finished, and when, in seconds from the start."""

    part: PartFacts
    at_s: float


@dataclass(frozen=True)
class Speed:
    """start_s: until the processes work; per_s: work that all of them do in a second; parts: of
    the sample; seconds: that it took.
    """

    start_s: float
    per_s: float
    parts: list[PartFacts]
    seconds: float

    def run_s(self, parts: Sequence[PartFacts]) -> float:
        """How long a run over these parts would take, in seconds."""
        return self.start_s + sum(map(work, parts)) / self.per_s

    @property
    def speech_s(self) -> float:
        """Seconds of speech of the sample."""
        return sum(part.audio_s for part in self.parts)

    @property
    def reasons(self) -> "Counter[str]":
        """Why rows of the sample are quarantined."""
        return sum((Counter(part.reasons) for part in self.parts), Counter())


def work(part: PartFacts) -> float:
    """How much a part costs, as seconds of speech."""
    return part.audio_s + ROW_S * part.rows_in + PART_S


def measured(finished: Sequence[Finished], workers: int) -> Speed:
    """The speed of `workers` processes that began at once and finished these parts, in order.

    When the first `workers` parts are finished, about as much has been done as these parts hold:
    the processes began with one each. From there on the speed is the median of those over `workers`
    parts in a row: what happens once, as the first file that a process reads, delays the start, and
    does not slow down the whole run.

    Raises:
        NotDone: no more parts are finished than there are workers.
    """
    if len(finished) <= workers:
        raise NotDone(
            f"expected more than {workers} finished parts to go by, found {len(finished)}"
        )
    done = np.cumsum([work(one.part) for one in finished])
    at_s = np.array([one.at_s for one in finished])
    row = min(workers, len(finished) - workers)
    from_s, to_s = at_s[workers - 1 : -row], at_s[workers - 1 + row :]
    did = done[workers - 1 + row :] - done[workers - 1 : -row]
    slope = max(float(np.median((to_s - from_s) / did)), 1e-6)
    start_s = max(0.0, float(at_s[-1] - done[-1] * slope))
    return Speed(start_s, 1 / slope, [one.part for one in finished], float(at_s[-1]))


def of_whole(finished: Sequence[Finished]) -> Speed:
    """The speed where the finished parts are the whole archive: a run takes what they took."""
    parts, seconds = [one.part for one in finished], finished[-1].at_s
    return Speed(0.0, sum(map(work, parts)) / seconds, parts, seconds)


def spread(parts: Sequence[PartFacts], number: int) -> list[PartFacts]:
    """So many parts, of all sizes alike, the largest first."""
    ordered = sorted(parts, key=work, reverse=True)
    number = min(number, len(ordered))
    return [ordered[(2 * index + 1) * len(ordered) // (2 * number)] for index in range(number)]
