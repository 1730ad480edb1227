"""Corpora of acted emotions whose file names say who says what, and how: CREMA-D and RAVDESS.

CREMA-D    AudioWAV/1001_DFA_ANG_XX.wav                 actor, sentence, emotion, level
RAVDESS    Actor_01/03-01-06-02-01-02-01.wav            modality, voice, emotion, level, sentence,
                                                        repetition, actor

The sentences and codes are those that the corpora's own documentation lists
(github.com/CheyneyComputerScience/CREMA-D; zenodo.org/records/1188976).
"""

import posixpath
import re
from dataclasses import dataclass

from daf_core.errors import BadInput
from daf_core.sources.corpora.clips import clips_under
from daf_core.sources.table_types import Cells, Rows

# Of an acted emotion; surprise may be either, so it has none.
VALENCE = {
    **dict.fromkeys(("anger", "disgust", "fear", "sadness"), -1.0),
    **dict.fromkeys(("neutral", "calm"), 0.0),
    "happiness": 1.0,
}


@dataclass(frozen=True)
class Naming:
    """How a corpus names its files.

    folders: names of which one lies in the corpus's folder, where its files do not lie there
    themselves; example: a name, for messages; pattern: of a name without suffix, whose groups are
    the codes; codes: group → code → meaning, of those groups whose codes are no words.
    """

    folders: re.Pattern[str]
    example: str
    pattern: re.Pattern[str]
    codes: dict[str, dict[str, str]]

    def matches(self, uri: str, names: set[str]) -> bool:
        """Whether the folder at `uri`, which holds `names`, is such a corpus."""
        if any(self.pattern.fullmatch(posixpath.splitext(name)[0]) for name in names):
            return True
        return any(self.folders.fullmatch(name) for name in names) and any(
            self.pattern.fullmatch(posixpath.basename(clip)) for clip in clips_under(uri)
        )

    def read(self, uri: str) -> Rows:
        """A row for each recording; the actor is the recording, so no split parts an actor's rows.
        The label is the valence of the acted emotion: -1, 0 or 1.

        Of files with the same sound, as a WAV and a video are, one is read: a WAV, if there is one.
        """
        rows: dict[tuple[str, ...], tuple[str, Cells | BadInput]] = {}
        clips = clips_under(uri)
        for path in sorted(clips, key=lambda one: (not clips[one].lower().endswith(".wav"), one)):
            name = posixpath.basename(path)
            found = self.pattern.fullmatch(name)
            codes = {} if found is None else found.groupdict()
            sound = tuple(code for group, code in codes.items() if group != "modality") or (path,)
            if sound not in rows:
                rows[sound] = path, self._row(path, codes, clips[path])
        return iter(sorted(rows.values(), key=lambda row: row[0]))

    def _row(self, path: str, codes: dict[str, str], uri: str) -> Cells | BadInput:
        if not codes:
            return BadInput(
                "bad_row", f"expected a name such as {self.example}, found {path[-80:]}"
            )
        if unknown := [group for group, known in self.codes.items() if codes[group] not in known]:
            expected = ", ".join(self.codes[unknown[0]])
            said = f"expected {unknown[0]} {expected}, found {codes[unknown[0]]} in {path[-80:]}"
            return BadInput("bad_row", said)
        meant = {group: self.codes.get(group, {}).get(code, code) for group, code in codes.items()}
        return {
            "utterance_id": posixpath.basename(path),
            "recording_id": meant.pop("actor"),
            "speaker": codes["actor"],
            "audio_uri": uri,
            "text": meant.pop("sentence"),
            "label": VALENCE.get(meant["emotion"]),
            **meant,
        }


CREMA_D = Naming(
    folders=re.compile("AudioWAV|AudioMP3", re.IGNORECASE),
    example="1001_DFA_ANG_XX",
    pattern=re.compile(
        r"(?P<actor>\d{4})_(?P<sentence>[A-Z]{3})_(?P<emotion>[A-Z]{3})_(?P<level>[A-Z]{2})"
    ),
    codes={
        "sentence": {
            "IEO": "It's eleven o'clock.",
            "TIE": "That is exactly what happened.",
            "IOM": "I'm on my way to the meeting.",
            "IWW": "I wonder what this is about.",
            "TAI": "The airplane is almost full.",
            "MTI": "Maybe tomorrow it will be cold.",
            "IWL": "I would like a new alarm clock.",
            "ITH": "I think I have a doctor's appointment.",
            "DFA": "Don't forget a jacket.",
            "ITS": "I think I've seen this before.",
            "TSI": "The surface is slick.",
            "WSI": "We'll stop in a couple of minutes.",
        },
        "emotion": {
            "ANG": "anger",
            "DIS": "disgust",
            "FEA": "fear",
            "HAP": "happiness",
            "NEU": "neutral",
            "SAD": "sadness",
        },
        "level": {"LO": "low", "MD": "medium", "HI": "high", "XX": "unspecified"},
    },
)

RAVDESS = Naming(
    folders=re.compile(r"Actor_\d\d|Audio_(Speech|Song)_Actors_01-24", re.IGNORECASE),
    example="03-01-06-02-01-02-01",
    pattern=re.compile(
        r"(?P<modality>\d\d)-(?P<voice>\d\d)-(?P<emotion>\d\d)-(?P<level>\d\d)-(?P<sentence>\d\d)-"
        r"(?P<repetition>\d\d)-(?P<actor>\d\d)"
    ),
    codes={
        "modality": {"01": "video and sound", "03": "sound"},
        "voice": {"01": "speech", "02": "song"},
        "emotion": {
            "01": "neutral",
            "02": "calm",
            "03": "happiness",
            "04": "sadness",
            "05": "anger",
            "06": "fear",
            "07": "disgust",
            "08": "surprise",
        },
        "level": {"01": "normal", "02": "strong"},
        "sentence": {"01": "Kids are talking by the door.", "02": "Dogs are sitting by the door."},
    },
)
