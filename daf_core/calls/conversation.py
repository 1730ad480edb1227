"""How speakers take turns: turns, interruptions, monologues, and how long they wait to answer."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from daf_core.arrays import BoolArray
from daf_core.calls.spans import Spans

Numbers = npt.NDArray[np.int64]

# A remark like "mhm" while another speaks takes no turn and interrupts nobody.
REMARK_S = 1.0
# Speech that overlaps for less is the haste of a conversation, or the inexactness of a transcript.
OVERLAP_S = 0.3
JOINED_S = 0.3
# Silence of this length ends a turn, and is listed. Amazon Transcribe lists non-talk time from 3 s.
SILENCE_S = 3.0


class Interruption(NamedTuple):
    """An utterance that begins while another speaker speaks.

    start_s: where it begins; duration_s: how long both speak; by, of: numbers of the speakers.
    """

    start_s: float
    duration_s: float
    by: int
    of: int


@dataclass
class Turn:
    """Utterances of one speaker, one after the other. rows: their numbers; after: the speaker of
    the turn before, None at the beginning and after a turn of the same speaker.
    """

    speaker: int
    start_s: float
    end_s: float
    rows: list[int] = field(default_factory=list)
    after: int | None = None
    waited_s: float | None = None
    """From the end of the other speaker's turn; None where both speak, or nobody was before."""


def remarks_of(spans: Spans, speakers: Numbers) -> BoolArray:
    """(rows,) which utterances, in order of their start, are remarks: shorter than REMARK_S and
    within the speech of another speaker. speakers: (rows,) numbers.
    """
    found = np.zeros(len(speakers), bool)
    until: dict[int, float] = {}  # speaker → the latest end so far
    for row, (start_s, end_s, speaker) in enumerate(_rows(spans, speakers)):
        within = any(end_s <= other for one, other in until.items() if one != speaker)
        found[row] = within and end_s - start_s < REMARK_S
        until[speaker] = max(until.get(speaker, end_s), end_s)
    return found


def turns_of(spans: Spans, speakers: Numbers, remarks: BoolArray) -> list[Turn]:
    """The turns of utterances in order of their start.

    A turn ends where another speaker begins, or where the speaker pauses for SILENCE_S. Remarks
    take no turn.
    """
    turns: list[Turn] = []
    for row, (start_s, end_s, speaker) in enumerate(_rows(spans, speakers)):
        if remarks[row]:
            continue
        last = turns[-1] if turns else None
        if last is None or last.speaker != speaker or start_s - last.end_s >= SILENCE_S:
            last = _next_turn(last, speaker, start_s)
            turns.append(last)
        last.rows.append(row)
        last.end_s = max(last.end_s, end_s)
    return turns


def interruptions_of(spans: Spans, speakers: Numbers, remarks: BoolArray) -> list[Interruption]:
    """The interruptions among utterances in order of their start.

    A speaker interrupts another by beginning to speak OVERLAP_S or more before the other ends, with
    more than a remark. Whoever goes on after a pause of less than JOINED_S has not begun again; of
    two who begin together neither interrupts. Where one interrupts several speakers, each counts.
    """
    found: list[Interruption] = []
    talk: dict[int, tuple[float, float]] = {}  # speaker → what is said without a pause
    for row, (start_s, end_s, speaker) in enumerate(_rows(spans, speakers)):
        if remarks[row]:
            continue
        since_s, until_s = talk.get(speaker, (start_s, -np.inf))
        if start_s - until_s >= JOINED_S:
            since_s = start_s
            found += [
                Interruption(start_s, min(other_end_s, end_s) - start_s, speaker, other)
                for other, (other_start_s, other_end_s) in talk.items()
                if other != speaker
                and other_start_s < start_s
                and min(other_end_s, end_s) - start_s >= OVERLAP_S
            ]
        talk[speaker] = (since_s, max(until_s, end_s))
    return found


def _next_turn(last: Turn | None, speaker: int, start_s: float) -> Turn:
    turn = Turn(speaker, start_s, start_s)
    if last is not None and last.speaker != speaker:
        turn.after = last.speaker
        turn.waited_s = start_s - last.end_s if start_s >= last.end_s else None
    return turn


def _rows(spans: Spans, speakers: Numbers) -> "zip[tuple[float, float, int]]":
    return zip(spans.start_s.tolist(), spans.end_s.tolist(), speakers.tolist(), strict=True)
