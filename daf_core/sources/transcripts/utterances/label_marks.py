"""Where the speaker changes in the text of a cue: labels, names, `>> `, dashes."""

import re
from dataclasses import dataclass, field

from daf_core.sources.transcripts.utterances.names import bracketed_name_at, name_at

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
# Of this form it is a label in the middle of a line too.
_WHISPERX = re.compile(r"\bSPEAKER_\d{1,4}[ ]?:(?!\d)")
_CHANGE = re.compile(r"[\[(]speaker[ _-]?(?:turn|change)[\])]|>{2,3}", re.IGNORECASE)
_DASH = re.compile(r"\s{0,8}[-‐‑–—]{1,2}[ ]?(?=[^\W\d]|[\"'“«¿¡([…♪]|[ ]\d)")
# Dashes after the end of a sentence, where line breaks are lost.
_NEXT_DASH = re.compile(r"(?<=[.?!…\"”])[ ][-–—]{1,2}[ ](?=\S)")


@dataclass
class Piece:
    """What one speaker says in a cue.

    turn: the text says that the speaker changes here. name: found by its colon, not by its form.
    """

    speaker: str | None = None
    turn: bool = False
    name: bool = False
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join(self.parts)


def is_mark(text: str) -> bool:
    """Whether a text in brackets is the label of a machine."""
    return bool(_MACHINE.fullmatch(text) or _CHANGE.fullmatch(text))


def begins_with_machine(text: str) -> bool:
    """Whether a text begins with the label of a machine."""
    return bool(_MACHINE.match(text.lstrip()) or _BARE_MACHINE.match(text))


def after_machine(text: str) -> str | None:
    """What follows the label of a machine at the start of a text, None where there is none."""
    bare = text.lstrip()
    found = _MACHINE.match(bare) or _BARE_MACHINE.match(bare)
    return None if found is None else bare[found.end() :]


def after_marks(line: str) -> tuple[str, bool]:
    """A line without `>> ` or a dash before it, and whether it had one."""
    turn = False
    for mark in (_CHANGE, _DASH):
        if found := mark.match(line.lstrip() if mark is _CHANGE else line):
            line = (line.lstrip() if mark is _CHANGE else line)[found.end() :]
            turn = True
    return line, turn


def pieces_of(text: str, names: set[str], bracketed: set[str]) -> list[Piece]:
    """Cut a text where its speaker changes."""
    pieces = [Piece()]
    for line in text.split("\n"):
        dashed = _DASH.match(line)
        for number, part in enumerate(_NEXT_DASH.split(line) if dashed else [line]):
            if dashed:
                pieces.append(Piece(turn=True))
                part = part[dashed.end() :] if number == 0 else part
            _add_line(pieces, part, names, bracketed)
    return [piece for piece in pieces if piece.parts or piece.turn or piece.speaker]


def _add_line(pieces: list[Piece], line: str, names: set[str], bracketed: set[str]) -> None:
    """Add a line to the pieces: to the last, or from each label in it as another."""
    position = 0
    for start, end, speaker in _inline_labels(line):
        _add_text(pieces, line[position:start], names, bracketed, position == 0)
        pieces.append(Piece(speaker, turn=True))
        position = end
    _add_text(pieces, line[position:], names, bracketed, True)


def _inline_labels(line: str) -> list[tuple[int, int, str | None]]:
    """Start, end and speaker of the labels that need no start of a line."""
    labels: list[tuple[int, int, str | None]] = []
    for found in _MACHINE.finditer(line):
        labels.append((found.start(), found.end(), _machine_name(found)))
    labels += [(found.start(), found.end(), None) for found in _CHANGE.finditer(line)]
    inside = {start + 1 for start, _, _ in labels}  # after the bracket
    labels += [
        (found.start(), found.end(), found[0].rstrip(": "))
        for found in _WHISPERX.finditer(line)
        if found.start() not in inside
    ]
    return sorted(labels)


def _machine_name(found: re.Match[str]) -> str | None:
    """`0` of `(speaker 0)`, `SPEAKER_00` of `[SPEAKER_00]`."""
    between, number = found[1], found[2]
    if number and number.lower() in ("unknown", "unk"):
        return None
    whole = found[0].strip("[](){}:： ")
    return whole if number is None or "_" in between or "-" in between else number


def _add_text(
    pieces: list[Piece], text: str, names: set[str], bracketed: set[str], at_head: bool
) -> None:
    """Add words to the last piece, or to another if they begin with the name of a speaker."""
    if at_head and (label := _label_at(text, names, bracketed)):
        speaker, end, by_name = label
        last = pieces[-1]
        if last.parts or last.speaker is not None:
            pieces.append(Piece())
        pieces[-1].speaker, pieces[-1].turn, pieces[-1].name = speaker, True, by_name
        text = text[end:]
    pieces[-1].parts += text.split()


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
