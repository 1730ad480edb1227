"""MELD: train_, dev_ and test_sent_emo.csv, and a folder of clips dia<D>_utt<U>.mp4 for each.

The tables have Utterance, Speaker, Emotion, Sentiment, Dialogue_ID, Utterance_ID, Season, Episode,
StartTime and EndTime. A folder of clips is known by train, dev or test in its path (train_splits,
dev_splits_complete, output_repeated_splits_test). Dialogue numbers begin anew in each table.
"""

import posixpath
import re
from collections.abc import Iterator

from daf_core.errors import BadInput, SettingsError
from daf_core.sources.corpora.clips import clips_under
from daf_core.sources.table_rows import Cells, Rows, open_rows, shown
from daf_core.storage.files import filesystem, join

_SPLITS = {"train": "train", "dev": "valid", "test": "test"}
_TABLES = {f"{name}_sent_emo.csv": name for name in _SPLITS}
_NEEDED = ("Utterance", "Speaker", "Sentiment", "Dialogue_ID", "Utterance_ID")
_CLIP = re.compile(r"dia\d+_utt\d+")
SENTIMENTS = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
# Bytes of Windows-1252 that were taken for Latin-1, most of them apostrophes.
_MENDED = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)  # no characters there
}


def is_here(uri: str, names: set[str]) -> bool:
    """Whether a folder with these names is such a corpus."""
    return bool(names & _TABLES.keys())


def read(uri: str) -> Rows:
    """Rows of the tables that are there; the dialogue is the recording, sentiment is -1, 0 or 1.

    Where a table has no clips at all its rows are text only; the times of the tables are those of
    television episodes, and stay in `meta`.

    Raises:
        SettingsError: a table lacks a column.
    """
    fs, root = filesystem(uri)
    found = {posixpath.basename(path): posixpath.relpath(path, root) for path in fs.find(root)}
    clips = clips_under(uri)
    return iter(
        [
            row
            for table, name in _TABLES.items()
            if table in found
            for row in _table(join(uri, found[table]), name, _clips_of(name, clips))
        ]
    )


def _clips_of(name: str, clips: dict[str, str]) -> dict[str, str]:
    """Clips of a split, by their names."""
    ours = {}
    for stem, clip_uri in clips.items():
        folder, clip = posixpath.split(stem)
        if name in folder and _CLIP.fullmatch(clip):
            ours[clip] = clip_uri
    return ours


def _table(uri: str, name: str, clips: dict[str, str]) -> Iterator[tuple[str, Cells | BadInput]]:
    folder = posixpath.dirname(next(iter(clips.values()), ""))
    with open_rows(uri) as (columns, rows):
        missing = [column for column in _NEEDED if column not in columns]
        if missing:
            raise SettingsError(
                f"{uri}: expected a column {', '.join(missing)}, found {shown(columns)}"
            )
        for place, cells in rows:
            if isinstance(cells, BadInput):
                yield place, cells
                continue
            dialogue, turn = f"dia{cells['Dialogue_ID']}", f"utt{cells['Utterance_ID']}"
            clip = f"{dialogue}_{turn}"
            yield (
                place,
                {
                    **{column.lower(): value for column, value in cells.items()},
                    "utterance_id": f"{name}_{clip}",
                    "recording_id": f"{name}_{dialogue}",
                    "audio_uri": clips.get(clip, join(folder, f"{clip}.mp4")) if clips else None,
                    "speaker": cells["Speaker"],
                    "text": cells["Utterance"].translate(_MENDED),
                    "label": SENTIMENTS.get(cells["Sentiment"].strip().lower(), cells["Sentiment"]),
                    "split": _SPLITS[name],
                },
            )
