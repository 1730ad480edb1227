"""Names of speakers on lines of their own, above or below the time of each turn.

00:00:01 --> 00:00:03        Ana Lopez        Speaker 1:
Ana Lopez                    0:01             00:01
hello                        hello            hello
"""

from collections.abc import Sequence
from dataclasses import replace

from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.utterances.names import may_be_name
from daf_core.sources.transcripts.utterances.stage_directions import names_sound

_NEARLY_ALL = 0.8  # of the turns
_LONGEST = 60


def is_full_name(text: str) -> bool:
    """Whether all words of a text begin as those of names do, and no sentence ends with it."""
    words = text.split()
    return (
        0 < len(text) <= _LONGEST
        and not text.endswith((".", "?", "!", ","))
        and may_be_name(text)
        and all(word[:1].isupper() or word[:1].isdigit() or word[:1] in "(&" for word in words)
    )


def with_names_below(cues: Sequence[Cue]) -> list[Cue]:
    """The cues; or, where the first line of nearly all of them is a name, those with speakers."""
    firsts = [cue.text.partition("\n") for cue in cues]
    names = [_name(first) if rest else None for first, _, rest in firsts]
    if any(cue.speaker for cue in cues) or not _are_speakers(names, cues):
        return [*cues]
    return [
        cue if name is None else replace(cue, speaker=name, text=rest)
        for cue, name, (_, _, rest) in zip(cues, names, firsts, strict=True)
    ]


def with_names_above(cues: Sequence[Cue], before: str) -> list[Cue] | None:
    """Cues whose names are the last lines of the cues before them; `before` is the line before the
    first. None where these lines are no names, or the first is none.
    """
    names = [_name(before), *(_name(cue.text.rpartition("\n")[2]) for cue in cues[:-1])]
    if any(cue.speaker for cue in cues) or names[0] is None or not _are_speakers(names, cues):
        return None
    ends = [*names[1:], None]
    return [
        replace(cue, speaker=name, text=cue.text.rpartition("\n")[0] if end else cue.text)
        for cue, name, end in zip(cues, names, ends, strict=True)
    ]


def _name(line: str) -> str | None:
    """The name that a line is, without a colon after it or brackets around it."""
    text = line.strip().rstrip(":：").rstrip()
    if text.startswith("(") and text.endswith(")"):
        text = text[1:-1].strip()
    return text if is_full_name(text) and not names_sound(text) else None


def _are_speakers(names: Sequence[str | None], cues: Sequence[Cue]) -> bool:
    """Whether nearly all cues have a name, and these are few for so many cues.

    Captions in capital letters throughout have no line that stands out as a name.
    """
    found = [name for name in names if name is not None]
    if len(found) < 2 or len(found) < _NEARLY_ALL * len(cues):
        return False
    shouted = all(cue.text.isupper() for cue in cues if cue.text)
    return not shouted and len({*found}) <= len(found) // 2 + 1
