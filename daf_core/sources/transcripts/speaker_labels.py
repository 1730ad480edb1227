"""Who speaks, where the words themselves say it: `[SPEAKER_00]: `, `Ann: `, `>> `, dashes."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.names import (
    bracketed_name_at,
    is_role,
    may_be_name,
    name_at,
    speakers,
)
from daf_core.sources.transcripts.stage_directions import names_sound, without_stage_directions

_NUMBER = r"(?:\d{1,4}|[A-Za-z]|unknown|unk)"
_KIND = r"(?:speaker|spkr|spk|talker)"
_MACHINE = re.compile(
    rf"[\[({{][ ]?(?:{_KIND}([ _#-]{{0,2}})({_NUMBER})|s\d{{1,3}})[ ]?[\])}}](?:[ ]?[:：])?",
    re.IGNORECASE,
)
_BARE_MACHINE = re.compile(
    rf"\s{{0,8}}({_KIND}[ _#-]{{0,2}}{_NUMBER}|s\d{{1,3}})[ ]?[:：](?!\d)"
    rf"|\s{{0,8}}({_KIND}_\d{{1,4}})(?![\w:])",
    re.IGNORECASE,
)
_CHANGE = re.compile(r"[\[(]speaker[ _-]?(?:turn|change)[\])]|>{2,3}", re.IGNORECASE)
_DASH = re.compile(r"\s{0,8}[-‐‑–—]{1,2}[ ]?(?=[^\W\d]|[\"'“«¿¡([…♪]|[ ]\d)")
# Dashes after the end of a sentence, where line breaks are lost.
_NEXT_DASH = re.compile(r"(?<=[.?!…\"”])[ ][-–—]{1,2}[ ](?=\S)")
_EVERY_CUE = 0.1  # share of names that repeat the one before, from which each cue has its own name


@dataclass
class _Piece:
    """What one speaker says in a cue.

    turn: the text says that the speaker changes here. name: found by its colon, not by its form.
    """

    text: str
    speaker: str | None = None
    turn: bool = False
    name: bool = False


def speakers_from_text(cues: Sequence[Cue]) -> list[Cue]:
    """Cues, in order of time, whose speakers are no part of their texts.

    - Labels of machines, such as `[SPEAKER_00]: ` or `(speaker 0) `, are always taken; names before
      a colon if `names.speakers` finds them to be some. `>> ` and dashes say that another speaks.
    - A cue in which several speak becomes several, which share its time by their letters.
    - A label holds for the cues after it without one; not where each cue has a label of its own.
    - Stage directions are taken out. Texts are one line.

    A cue that has a speaker keeps it.
    """
    bracketed = _bracketed_names(cues)
    texts = [_without_asides(cue.text, bracketed) for cue in cues]
    names = _names(cues, texts) | bracketed
    pieces = [
        _pieces(text, names if cue.speaker is None else {cue.speaker}, bracketed)
        for cue, text in zip(cues, texts, strict=True)
    ]
    holds = _names_hold([piece for of_cue in pieces for piece in of_cue])
    labelled: list[Cue] = []
    current: dict[int | None, str | None] = {}
    for cue, of_cue in zip(cues, pieces, strict=True):
        if cue.speaker is not None:
            text = " ".join(piece.text for piece in of_cue if piece.text)
            labelled.append(replace(cue, text=text))
            current[cue.channel] = None
            continue
        for piece in of_cue:
            if piece.speaker is not None or piece.turn:
                current[cue.channel] = piece.speaker if holds or not piece.name else None
            elif piece.text:
                piece.speaker = current.get(cue.channel)
        labelled += _share(cue, of_cue)
    return labelled


def _without_asides(text: str, bracketed: set[str]) -> str:
    def is_label(bracket: str) -> bool:
        return bool(
            _MACHINE.fullmatch(bracket)
            or _CHANGE.fullmatch(bracket)
            or bracket.strip("[]【】 ") in bracketed
        )

    return without_stage_directions(text, is_label)


def _bracketed_names(cues: Sequence[Cue]) -> set[str]:
    """Names that stand in square brackets at the start of most cues, or before a colon."""
    heads: list[list[str]] = []
    spoken = 0
    with_colon: set[str] = set()
    for cue in cues:
        spoken += bool(cue.text.strip())
        found = bracketed_name_at(cue.text) if cue.speaker is None else None
        if found is None or names_sound(found[0]) or _MACHINE.match(cue.text.lstrip()):
            continue
        heads.append([found[0]])
        if cue.text[found[1] :].lstrip()[:1] in (":", "：") and cue.text[found[1] :].strip():
            with_colon.add(found[0])
    if len(heads) * 2 <= spoken:
        return with_colon
    return speakers(heads, spoken, []) | with_colon


def _names(cues: Sequence[Cue], texts: Sequence[str]) -> set[str]:
    """Names before colons that are speakers."""
    heads: list[list[str]] = []
    sure: set[str] = set()
    for cue, text in zip(cues, texts, strict=True):
        if cue.speaker is not None:
            continue
        of_cue = []
        for line in text.split("\n"):
            bare, turn = _after_marks(line)
            if (found := name_at(bare)) is None or _BARE_MACHINE.match(bare):
                continue
            of_cue.append(found[0])
            if turn and may_be_name(found[0]) and (found[0].isupper() or is_role(found[0])):
                sure.add(found[0])
        heads.append(of_cue)
    spoken = sum(
        bool(text.strip()) for cue, text in zip(cues, texts, strict=True) if not cue.speaker
    )
    return speakers(heads, spoken, texts) | sure


def _after_marks(line: str) -> tuple[str, bool]:
    """A line without `>> ` or a dash before it, and whether it had one."""
    turn = False
    for mark in (_CHANGE, _DASH):
        if found := mark.match(line.lstrip() if mark is _CHANGE else line):
            line = (line.lstrip() if mark is _CHANGE else line)[found.end() :]
            turn = True
    return line, turn


def _pieces(text: str, names: set[str], bracketed: set[str]) -> list[_Piece]:
    """Cut a text where its speaker changes."""
    pieces = [_Piece("")]
    for line in text.split("\n"):
        dashed = _DASH.match(line)
        for number, part in enumerate(_NEXT_DASH.split(line) if dashed else [line]):
            if dashed:
                pieces.append(_Piece("", turn=True))
                part = part[dashed.end() :] if number == 0 else part
            _add_line(pieces, part, names, bracketed)
    return [piece for piece in pieces if piece.text or piece.turn or piece.speaker]


def _add_line(pieces: list[_Piece], line: str, names: set[str], bracketed: set[str]) -> None:
    """Add a line to the pieces: to the last, or from each label in it as another."""
    position = 0
    for start, end, speaker in _inline_labels(line):
        _add_text(pieces, line[position:start], names, bracketed, position == 0)
        pieces.append(_Piece("", speaker, turn=True))
        position = end
    _add_text(pieces, line[position:], names, bracketed, True)


def _inline_labels(line: str) -> list[tuple[int, int, str | None]]:
    """Start, end and speaker of the labels that need no start of a line."""
    labels: list[tuple[int, int, str | None]] = []
    for found in _MACHINE.finditer(line):
        labels.append((found.start(), found.end(), _machine_name(found)))
    labels += [(found.start(), found.end(), None) for found in _CHANGE.finditer(line)]
    return sorted(labels)


def _machine_name(found: re.Match[str]) -> str | None:
    """`0` of `(speaker 0)`, `SPEAKER_00` of `[SPEAKER_00]`."""
    between, number = found[1], found[2]
    if number and number.lower() in ("unknown", "unk"):
        return None
    whole = found[0].strip("[](){}:： ")
    return whole if number is None or "_" in between or "-" in between else number


def _add_text(
    pieces: list[_Piece], text: str, names: set[str], bracketed: set[str], at_head: bool
) -> None:
    """Add words to the last piece, or to another if they begin with the name of a speaker."""
    if at_head and (label := _label_at(text, names, bracketed)):
        speaker, end, by_name = label
        last = pieces[-1]
        if last.text or last.speaker is not None:
            pieces.append(_Piece(""))
        pieces[-1].speaker, pieces[-1].turn, pieces[-1].name = speaker, True, by_name
        text = text[end:]
    words = " ".join(text.split())
    pieces[-1].text = f"{pieces[-1].text} {words}".strip()


def _label_at(text: str, names: set[str], bracketed: set[str]) -> tuple[str, int, bool] | None:
    """The speaker at the start of a text, where its words begin, and whether it is a name."""
    if machine := _BARE_MACHINE.match(text):
        return machine[1] or machine[2], machine.end(), False
    found = name_at(text)
    if found and found[0] in names:
        return *found, True
    found = bracketed_name_at(text)
    if found and found[0] in bracketed:
        after = text[found[1] :]
        return found[0], found[1] + (len(after) - len(after.lstrip(" :：\t"))), True
    return None


def _names_hold(pieces: list[_Piece]) -> bool:
    """Whether a name holds for cues without one: names that only mark changes seldom repeat."""
    names = [piece.speaker for piece in pieces if piece.name]
    again = sum(one == other for one, other in pairwise(names))
    return again <= _EVERY_CUE * len(names)


def _share(cue: Cue, pieces: list[_Piece]) -> list[Cue]:
    """A cue as one cue for each piece that has words; they share its time by their letters."""
    spoken = [piece for piece in pieces if piece.text]
    if not spoken:
        return [replace(cue, text="")]
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
