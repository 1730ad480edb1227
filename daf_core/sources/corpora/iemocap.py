"""IEMOCAP's folders Session1 to Session5; of each, for every DIALOGUE, say Ses01F_impro01:

dialog/transcriptions/DIALOGUE.txt   Ses01F_impro01_F000 [006.2901-008.2357]: Excuse me.
dialog/EmoEvaluation/DIALOGUE.txt    [6.2901 - 8.2357] Ses01F_impro01_F000 neu [2.5, 2.5, 2.5]
sentences/wav/DIALOGUE/Ses01F_impro01_F000.wav

The three numbers are valence, activation and dominance, 1 to 5; other lines of an evaluation are
what each annotator said.
"""

import posixpath
import re
from typing import Any

from daf_core.errors import BadInput
from daf_core.sources.corpora.clips import clips_under
from daf_core.sources.table_rows import Cells, Rows, placed
from daf_core.storage.files import filesystem, join

_SESSIONS = [f"Session{number}" for number in range(1, 6)]
_TRANSCRIPTS, _EVALUATIONS = "dialog/transcriptions", "dialog/EmoEvaluation"
_TIME = r"\s*(-?\d+(?:\.\d+)?)\s*"
_TURN = re.compile(rf"(Ses\w+)\s+\[{_TIME}-{_TIME}\]:\s*(.*)")
_RATING = r"\s*([^\s,\]]+)\s*"
_EVALUATED = re.compile(
    rf"\[{_TIME}-{_TIME}\]\s+(Ses\w+)\s+(\w+)\s+\[{_RATING},{_RATING},{_RATING}\]\s*"
)
_TWICE = BadInput("duplicate_id", "expected each turn once, found this one before")
_Numbered = list[tuple[str, str]]  # place, line


def is_here(uri: str, names: set[str]) -> bool:
    """Whether a folder with these names is such a corpus."""
    return any(
        filesystem(uri)[0].isdir(filesystem(join(uri, session, _EVALUATIONS))[1])
        for session in _SESSIONS
        if session in names
    )


def read(uri: str) -> Rows:
    """Turns of all dialogues, in order of time; valence v is the label (v - 3) · 1.5.

    Turns that were not evaluated have no label. The corpus has no splits of its own. Times within
    the dialogue stay in `meta`, as the recordings are of single turns.
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
    return placed(uri, iter(rows))


def _files(uri: str) -> dict[str, _Numbered]:
    """Lines of the texts in a folder, by dialogue; none where there is no folder."""
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
    """Turns of a dialogue by id, each with where it stands; and lines that are none."""
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
            bad.append((place, BadInput("bad_row", "expected TURN [start-end]: words")))
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
            bad.append((place, BadInput("bad_row", expected)))
    return turns, bad


def _turn(name: str, start: str, end: str) -> dict[str, Any]:
    """What a turn's name and times say; Ses01F_impro01_M000 is said by the man of session 1."""
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
        return valence  # refused as no number, with the row it is in
