"""The folder from which MMSA-FET extracts features: label.csv and Raw/VIDEO/CLIP.mp4.

label.csv has video_id, clip_id, text, label, label_T, label_A, label_V, annotation and mode (train,
valid or test), as github.com/thuiar/MMSA-FET documents it. Utterance ids are those of its pickles.
"""

from daf_core.errors import BadInput
from daf_core.sources.cells import is_empty
from daf_core.sources.corpora.clips import clips_under
from daf_core.sources.corpora.mmsa import BETWEEN
from daf_core.sources.table_rows import open_rows
from daf_core.sources.table_types import Cells, Rows, check_columns
from daf_core.storage.files import join

TABLE, CLIPS = "label.csv", "Raw"
_NEEDED = ("video_id", "clip_id", "text", "label", "mode")


def matches(uri: str, names: set[str]) -> bool:
    """Whether the folder at `uri`, which holds `names`, is such a corpus."""
    return {TABLE, CLIPS} <= names


def read(uri: str) -> Rows:
    """Rows of label.csv, each with its clip; the video is the recording.

    Raises:
        SettingsError: label.csv lacks a column.
    """
    clips = clips_under(join(uri, CLIPS))
    with open_rows(join(uri, TABLE)) as table:
        check_columns(table, join(uri, TABLE), _NEEDED)
        return iter([(place, _ours(cells, uri, clips, place)) for place, cells in table.rows])


def _ours(cells: Cells | BadInput, uri: str, clips: dict[str, str], place: str) -> Cells | BadInput:
    if isinstance(cells, BadInput):
        return cells
    video, clip = cells["video_id"].strip(), cells["clip_id"].strip()
    if is_empty(video) or is_empty(clip):
        return BadInput("bad_row", f"{place}: expected video_id and clip_id, one of them is empty")
    rest = {name: value for name, value in cells.items() if name not in _NEEDED}
    return {
        "utterance_id": f"{video}{BETWEEN}{clip}",
        "recording_id": video,
        # A missing clip is reported under its expected name.
        "audio_uri": clips.get(f"{video}/{clip}", join(uri, CLIPS, video, f"{clip}.mp4")),
        "text": cells["text"],
        "label": cells["label"],
        "split": cells["mode"],
        **rest,
    }
