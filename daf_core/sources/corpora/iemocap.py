"""IEMOCAP: folders Session1 to Session5; in each, for every DIALOGUE such as Ses01F_impro01:

dialog/transcriptions/DIALOGUE.txt   Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.
dialog/EmoEvaluation/DIALOGUE.txt    [6.2901 - 8.2357] Ses01F_impro01_F000 neu [2.5, 2.5, 2.5]
sentences/wav/DIALOGUE/Ses01F_impro01_F000.wav

The three numbers are valence, activation and dominance, 1 to 5. Other lines of an evaluation are
the ratings of single annotators and are ignored.
"""

import posixpath
import re

from daf_core.errors import BadInput
from daf_core.sources.corpora.clips import clips_under
from daf_core.sources.table_rows import with_file_names
from daf_core.sources.table_types import Cells, Rows
from daf_core.storage.files import filesystem, join

_SESSIONS = [f"Session{number}" for number in range(1, 6)]
_TRANSCRIPTS, _EVALUATIONS = "dialog/transcriptions", "dialog/EmoEvaluation"
_TIME = r"\s*(-?\d+(?:\.\d+)?)\s*"
_TURN = re.compile(rf"(Ses\w+)\s+\[{_TIME}-{_TIME}\]:\s*(.*)")
_RATING = r"\s*([^\s,\]]+)\s*"
_EVALUATED = re.compile(
    rf"\[{_TIME}-{_TIME}\]\s+(Ses\w+)\s+(\w+)\s+\[{_RATING},{_RATING},{_RATING}\]\s*"
)
_TWICE = BadInput("duplicate_id", "expected each turn once, found this one twice")
_Numbered = list[tuple[str, str]]  # place, line


def matches(uri: str, names: set[str]) -> bool:
    """Whether the folder at `uri`, which holds `names`, is such a corpus."""
    return any(
        filesystem(uri)[0].isdir(filesystem(join(uri, session, _EVALUATIONS))[1])
        for session in _SESSIONS
        if session in names
    )


def read(uri: str) -> Rows:
    """Turns of all dialogues, in order of time; the label is (valence - 3) · 1.5.

    Turns without an evaluation have no label. The corpus defines no splits. Times within the
    dialogue go to `meta`, because each turn is a recording of its own.
    """
    rows = []
    for session in _SESSIONS:
        clips = clips_under(join(uri, session, "sentences/wav"))
        transcripts = _files(join(uri, session, _TRANSCRIPTS))
        evaluations = _files(join(uri, session, _EVALUATIONS))
        for dialogue in sorted({*transcripts, *evaluations}):
            turns, bad = _turns(transcripts.get(dialogue, []), evaluations.get(dialogue, []))
            rows += bad
            for place, turn in sorted(turns.values(), key=lambda one: one[1]["dialogue_start_s"]):
                stem = f"{dialogue}/{turn['utterance_id']}"
                if stem in clips or (clips and "emotion" in turn):
                    there = join(uri, session, "sentences/wav", f"{stem}.wav")
                    turn["audio_uri"] = clips.get(stem, there)
                rows.append((place, {**turn, "recording_id": dialogue}))
    return with_file_names(uri, iter(rows))


def _files(uri: str) -> dict[str, _Numbered]:
    """Dialogue → numbered lines of its text file; empty where there is no such folder."""
    fs, folder = filesystem(uri)
    found = {}
    for path in sorted(fs.glob(f"{folder}/Ses*.txt")):
        text = fs.cat_file(path).decode("utf-8-sig", "surrogateescape")
        name = posixpath.basename(path)
        lines = [(f"{name}:{n}", line.strip()) for n, line in enumerate(text.split("\n"), start=1)]
        found[name.removesuffix(".txt")] = lines
    return found


def _turns(
    transcript: _Numbered, evaluation: _Numbered
) -> tuple[dict[str, tuple[str, Cells]], list[tuple[str, Cells | BadInput]]]:
    """Turns of a dialogue by id, each with its place; and the lines that are not turns."""
    turns: dict[str, tuple[str, Cells]] = {}
    bad: list[tuple[str, Cells | BadInput]] = []
    for place, line in transcript:
        if match := _TURN.fullmatch(line):
            name, start, end, text = match.groups()
            if name in turns:
                bad.append((place, _TWICE))
                continue
            turns[name] = (place, _turn(name, start, end) | {"text": text})
        elif line:
            expected = "expected TURN [start-end]: words"
            bad.append((place, BadInput("bad_row", f"{expected}, found another line")))
    evaluated: set[str] = set()
    for place, line in evaluation:
        if match := _EVALUATED.fullmatch(line):
            start, end, name, emotion, *ratings = match.groups()
            if name in evaluated:
                bad.append((place, _TWICE))
                continue
            evaluated.add(name)
            _, known = turns.get(name, ("", {}))
            said = dict(zip(("valence", "activation", "dominance"), ratings, strict=True))
            label = {"label": _label(said["valence"]), "emotion": emotion}
            turns[name] = (place, known | _turn(name, start, end) | said | label)
        elif line.startswith("["):
            expected = "expected [start - end] TURN emotion [valence, activation, dominance]"
            bad.append((place, BadInput("bad_row", f"{expected}, found another line")))
    return turns, bad


def _turn(name: str, start: str, end: str) -> Cells:
    """Cells from a turn's name and times; Ses01F_impro01_M000 is spoken by the man of session 1."""
    speaker = f"{name[:5]}{name.rpartition('_')[2][:1]}"
    return {
        "utterance_id": name,
        "speaker": speaker,
        "dialogue_start_s": float(start),
        "dialogue_end_s": float(end),
    }


def _label(valence: str) -> float | str:
    try:
        return (float(valence) - 3) * 1.5
    except ValueError:
        return valence  # `manifest_row` will name it a bad label
