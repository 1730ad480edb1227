"""MELD: train_, dev_ and test_sent_emo.csv, each with a folder of clips dia<D>_utt<U>.mp4.

The tables have Utterance, Speaker, Emotion, Sentiment, Dialogue_ID, Utterance_ID, Season, Episode,
StartTime and EndTime. Clips belong to the split whose name is in their path (train_splits,
dev_splits_complete, output_repeated_splits_test). Dialogue numbers start again in each table.
"""

import posixpath
import re
from collections.abc import Iterator

from daf_core.errors import BadInput
from daf_core.sources.corpora.clips import clips_under
from daf_core.sources.table_rows import open_rows
from daf_core.sources.table_types import Cells, Rows, check_columns
from daf_core.storage.files import filesystem, join

_SPLITS = {"train": "train", "dev": "valid", "test": "test"}
_TABLES = {f"{name}_sent_emo.csv": name for name in _SPLITS}
_NEEDED = ("Utterance", "Speaker", "Sentiment", "Dialogue_ID", "Utterance_ID")
_CLIP = re.compile(r"dia\d+_utt\d+")
SENTIMENTS = {"negative": -1.0, "neutral": 0.0, "positive": 1.0}
# The tables hold Windows-1252 characters that were decoded as Latin-1, mostly apostrophes.
_CP1252 = {
    code: bytes([code]).decode("cp1252")
    for code in range(0x80, 0xA0)
    if code not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)  # these have no character
}


def matches(uri: str, names: set[str]) -> bool:
    """Whether the folder at `uri`, which holds `names`, is such a corpus."""
    return bool(names & _TABLES.keys())


def read(uri: str) -> Rows:
    """Rows of all tables found; the dialogue is the recording, sentiment is -1, 0 or 1.

    Rows of a table without any clips are text only. The tables' times are positions in television
    episodes, so they go to `meta`.

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
    """Name → URI of the clips of one split."""
    ours = {}
    for stem, clip_uri in clips.items():
        folder, clip = posixpath.split(stem)
        if name in folder and _CLIP.fullmatch(clip):
            ours[clip] = clip_uri
    return ours


def _table(uri: str, name: str, clips: dict[str, str]) -> Iterator[tuple[str, Cells | BadInput]]:
    folder = posixpath.dirname(next(iter(clips.values()), ""))
    with open_rows(uri) as table:
        check_columns(table, uri, _NEEDED)
        for place, cells in table.rows:
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
                    "text": cells["Utterance"].translate(_CP1252),
                    "label": SENTIMENTS.get(cells["Sentiment"].strip().lower(), cells["Sentiment"]),
                    "split": _SPLITS[name],
                },
            )
