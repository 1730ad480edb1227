"""MSP-Podcast: Labels/labels_consensus.csv, Audios/ and Transcripts/.

The table has FileName (MSP-PODCAST_0001_0008.wav), EmoClass, EmoAct, EmoVal, EmoDom, SpkrID, Gender
and Split_Set (Train, Development, Test1, Test2 …). EmoVal is valence, from 1 to 7. Releases spell
the table also labels_concensus.csv, and the folders in other cases.
"""

import posixpath
import re

from daf_core.errors import BadInput
from daf_core.sources.cells import is_empty
from daf_core.sources.corpora.clips import clips_under
from daf_core.sources.table_rows import open_rows
from daf_core.sources.table_types import Cells, Rows, check_columns
from daf_core.storage.files import filesystem, join

_TABLES = ("labels_consensus.csv", "labels_concensus.csv")
_NEEDED = ("FileName", "EmoVal", "Split_Set")
_SPLITS = {"train": "train", "development": "valid", "validation": "valid", "test1": "test"}
_CLASSES = {
    "A": "anger",
    "C": "contempt",
    "D": "disgust",
    "F": "fear",
    "H": "happiness",
    "N": "neutral",
    "S": "sadness",
    "U": "surprise",
    "O": "other",
    "X": "no agreement",
}
_MIDDLE = 4.0  # of valence
_PART = re.compile(r"_\d+$")
_LONGEST_WORDS = 1 << 16  # bytes of a transcript


def matches(uri: str, names: set[str]) -> bool:
    """Whether the folder at `uri`, which holds `names`, is such a corpus."""
    return _table(uri, names) is not None


def read(uri: str) -> Rows:
    """Rows of the table, each with its clip and its words; the podcast is the recording.

    The label is EmoVal - 4. Test1, the test set of the corpus's papers, is the split "test"; the
    further test sets have no split, and are named in `meta`.

    Raises:
        SettingsError: the table lacks a column.
    """
    table_uri = _table(uri, _names(uri))
    assert table_uri is not None
    clips = {posixpath.basename(stem): clip for stem, clip in clips_under(uri).items()}
    words = _words(uri)
    with open_rows(table_uri) as table:
        check_columns(table, table_uri, _NEEDED)
        return iter([(place, _row(cells, uri, clips, words)) for place, cells in table.rows])


def _names(uri: str) -> set[str]:
    fs, path = filesystem(uri)
    return {posixpath.basename(entry.rstrip("/")) for entry in fs.ls(path, detail=False)}


def _table(uri: str, names: set[str]) -> str | None:
    """Where the table of labels lies: in the folder itself, or in its folder of labels."""
    if found := next((name for name in _TABLES if name in names), None):
        return join(uri, found)
    folder = next((name for name in sorted(names) if name.lower() in ("labels", "label")), None)
    if folder is None or not filesystem(uri)[0].isdir(filesystem(join(uri, folder))[1]):
        return None
    inside = _names(join(uri, folder))
    found = next((name for name in _TABLES if name in inside), None)
    return None if found is None else join(uri, folder, found)


def _words(uri: str) -> dict[str, str | BadInput]:
    """Clip without suffix → what is said, or why that cannot be read, of the folder of transcripts;
    {} where there is none.
    """
    fs, _ = filesystem(uri)
    folder = next((name for name in sorted(_names(uri)) if name.lower() == "transcripts"), None)
    if folder is None:
        return {}
    listed = fs.find(filesystem(join(uri, folder))[1], detail=True)
    texts = {path: facts["size"] for path, facts in sorted(listed.items()) if path.endswith(".txt")}
    short = [path for path, size in texts.items() if size <= _LONGEST_WORDS]
    read: dict[str, object] = fs.cat(short, on_error="return") if short else {}
    return {posixpath.basename(path).removesuffix(".txt"): _text(read.get(path)) for path in texts}


def _text(data: object) -> str | BadInput:
    if isinstance(data, bytes):
        return " ".join(data.decode("utf-8-sig", "surrogateescape").split())
    why = f"more than {_LONGEST_WORDS:,} bytes" if data is None else str(data)
    return BadInput("unreadable_transcript", f"expected the words of a clip, found {why}")


def _row(
    cells: Cells | BadInput, uri: str, clips: dict[str, str], words: dict[str, str | BadInput]
) -> Cells | BadInput:
    if isinstance(cells, BadInput):
        return cells
    if is_empty(cells["FileName"]):
        return BadInput("bad_row", "expected a FileName, found none")
    clip = posixpath.splitext(cells["FileName"].strip())[0]
    text = words.get(clip)
    if isinstance(text, BadInput):
        return text
    split = str(cells["Split_Set"]).strip()
    speaker = str(cells.get("SpkrID") or "").strip()
    emotion = str(cells.get("EmoClass") or "").strip()
    used = {*_NEEDED, "SpkrID", "EmoClass"}
    return {
        **{name.lower(): value for name, value in cells.items() if name not in used},
        "utterance_id": clip,
        "recording_id": _PART.sub("", clip),
        # A missing clip is reported under its expected name.
        "audio_uri": clips.get(clip, join(uri, "Audios", f"{clip}.wav")),
        "text": text,
        "speaker": None if speaker.lower() in ("", "unknown") else speaker,
        "label": _label(cells["EmoVal"]),
        "split": _SPLITS.get(split.lower()),
        "emotion": _CLASSES.get(emotion, emotion),
        "split_set": split,
    }


def _label(valence: object) -> float | object:
    """EmoVal on our scale; what is no number stays, and will be named a bad label."""
    try:
        return float(str(valence)) - _MIDDLE
    except ValueError:
        return valence
