"""Who speaks, where the words themselves say it: `[SPEAKER_00]: `, `Ann: `, `>> `, dashes."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.utterances.label_marks import (
    Piece,
    after_machine,
    after_marks,
    begins_with_machine,
    is_mark,
    pieces_of,
)
from daf_core.sources.transcripts.utterances.names import (
    bracketed_name_at,
    is_role,
    may_be_name,
    name_at,
    speakers,
)
from daf_core.sources.transcripts.utterances.other_signs import with_other_signs
from daf_core.sources.transcripts.utterances.stage_directions import (
    names_sound,
    without_stage_directions,
)

_MARKS = re.compile(r"[^\w\s.,!?'’]|_")  # without one of these a text says no speaker and no sound
_EVERY_CUE = 0.1  # share of names that repeat the one before, from which each cue has its own name


def speakers_from_text(cues: Sequence[Cue]) -> list[Cue]:
    """Cues, in order of time, whose speakers are no part of their texts.

    - Labels of machines, such as `[SPEAKER_00]: ` or `(speaker 0) `, are always taken; names before
      a colon if `names.speakers` finds them to be some. `>> ` and dashes say that another speaks.
    - A cue in which several speak becomes several, which share its time by their letters.
    - A label holds for the cues after it without one; not where each cue has a label of its own.
    - Stage directions are taken out. Texts are one line.

    A cue that has a speaker keeps it.
    """
    cues = with_other_signs(cues)
    if not any(map(_MARKS.search, (cue.text for cue in cues))):  # most recognizers' transcripts
        return [replace(cue, text=" ".join(cue.text.split())) for cue in cues]
    bracketed = _bracketed_names(cues)
    texts = [_without_asides(cue.text, bracketed) for cue in cues]
    names = _names(cues, texts) | _names_after_machines(texts) | bracketed
    pieces = [
        pieces_of(text, names if cue.speaker is None else {cue.speaker}, bracketed)
        for cue, text in zip(cues, texts, strict=True)
    ]
    holds = _names_hold([piece for of_cue in pieces for piece in of_cue])
    labelled: list[Cue] = []
    current: dict[int | None, str | None] = {}
    for cue, of_cue in zip(cues, pieces, strict=True):
        if cue.speaker is not None:
            text = " ".join(piece.text for piece in of_cue if piece.parts)
            labelled.append(replace(cue, text=text))
            current[cue.channel] = None
            continue
        for piece in of_cue:
            if piece.speaker is not None or piece.turn:
                current[cue.channel] = piece.speaker if holds or not piece.name else None
            elif piece.parts:
                piece.speaker = current.get(cue.channel)
        labelled += _share(cue, of_cue)
    return labelled


def _without_asides(text: str, bracketed: set[str]) -> str:
    def is_label(bracket: str) -> bool:
        return is_mark(bracket) or bracket.strip("[]【】 ") in bracketed

    return without_stage_directions(text, is_label)


def _bracketed_names(cues: Sequence[Cue]) -> set[str]:
    """Names that stand in square brackets at the start of most cues, or before a colon."""
    heads: list[list[str]] = []
    spoken, marked = 0, 0
    with_colon: set[str] = set()
    for cue in cues:
        if begins_with_machine(cue.text):
            marked += 1
            continue
        spoken += bool(cue.text.strip())
        bare, _ = after_marks(cue.text)
        found = bracketed_name_at(bare) if cue.speaker is None else None
        if found is None or names_sound(found[0]):
            continue
        heads.append([found[0]])
        if bare[found[1] :].lstrip()[:1] in (":", "：") and bare[found[1] :].strip():
            with_colon.add(found[0])
    if len(heads) * 2 <= spoken:
        return with_colon
    return speakers(heads, spoken, [], marked) | with_colon


def _names(cues: Sequence[Cue], texts: Sequence[str]) -> set[str]:
    """Names before colons that are speakers."""
    heads: list[list[str]] = []
    sure: set[str] = set()
    spoken, marked = 0, 0
    for cue, text in zip(cues, texts, strict=True):
        if cue.speaker is not None or all(map(begins_with_machine, text.split("\n"))):
            marked += 1
            continue
        of_cue = []
        is_label = False
        for line in text.split("\n"):
            bare, turn = after_marks(line)
            if (found := name_at(bare)) is None or begins_with_machine(bare):
                continue
            of_cue.append(found[0])
            is_label = not bare[found[1] :].strip()
            if turn and may_be_name(found[0]) and (found[0].isupper() or is_role(found[0])):
                sure.add(found[0])
        heads.append(of_cue)
        spoken += bool(text.strip()) and not is_label
    return speakers(heads, spoken, texts, marked) | sure


def _names_after_machines(texts: Sequence[str]) -> set[str]:
    """Names before colons where labels of machines have one after them: `[SPEAKER_00]: Ana: so`."""
    rests = [rest for text in texts if (rest := after_machine(text)) is not None]
    heads = [[found[0]] if (found := name_at(rest)) else [] for rest in rests]
    if 2 * sum(map(bool, heads)) <= len(heads):
        return set()
    return speakers(heads, len(heads), rests)


def _names_hold(pieces: list[Piece]) -> bool:
    """Whether a name holds for cues without one: names that only mark changes seldom repeat."""
    names = [piece.speaker for piece in pieces if piece.name]
    again = sum(one == other for one, other in pairwise(names))
    return again <= _EVERY_CUE * len(names)


def _share(cue: Cue, pieces: list[Piece]) -> list[Cue]:
    """A cue as one cue for each piece that has words; they share its time by their letters."""
    spoken = [piece for piece in pieces if piece.parts]
    if not spoken:
        return [replace(cue, text="")] if cue.text else [cue]
    total = sum(len(piece.text) for piece in spoken)
    shared: list[Cue] = []
    start_s, said = cue.start_s, 0
    for piece in spoken:
        said += len(piece.text)
        end_s = cue.end_s
        if piece is not spoken[-1] and cue.start_s is not None and end_s is not None:
            end_s = round(cue.start_s + (end_s - cue.start_s) * said / total, 3)
        shared.append(
            replace(cue, text=piece.text, start_s=start_s, end_s=end_s, speaker=piece.speaker)
        )
        start_s = end_s if cue.start_s is not None else None
    return shared
