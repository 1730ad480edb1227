"""nEMO, acted Polish speech, as it is published: data.tsv and samples/.

data.tsv has file_id, emotion, raw_text, normalized_text, speaker_id, sex and age
(huggingface.co/datasets/amu-cai/nEMO).
"""

import posixpath
import re

from daf_core.errors import BadInput
from daf_core.sources.corpora.acted import VALENCE
from daf_core.sources.corpora.clips import clips_under
from daf_core.sources.table_rows import open_rows
from daf_core.sources.table_types import Cells, Rows, check_columns
from daf_core.storage.files import join

TABLE, CLIPS = "data.tsv", "samples"
_NEEDED = ("file_id", "emotion", "raw_text", "speaker_id")
_CLIP = re.compile(r"[A-Z]{2}\d_[a-z]+_\d+")  # such as EB0_anger_1


def matches(uri: str, names: set[str]) -> bool:
    """Whether the folder at `uri`, which holds `names`, is such a corpus."""
    return {TABLE, CLIPS} <= names and any(map(_CLIP.fullmatch, _clips(uri)))


def read(uri: str) -> Rows:
    """Rows of data.tsv, each with its clip; the actor is the recording, so no split parts an
    actor's rows. The label is the valence of the acted emotion: -1, 0 or 1.

    Raises:
        SettingsError: data.tsv lacks a column.
    """
    clips = _clips(uri)
    with open_rows(join(uri, TABLE)) as table:
        check_columns(table, join(uri, TABLE), _NEEDED)
        return iter([(place, _row(cells, uri, clips)) for place, cells in table.rows])


def _clips(uri: str) -> dict[str, str]:
    """Name without suffix → URI of the clips, which may lie in folders of their actors."""
    found = clips_under(join(uri, CLIPS))
    return {posixpath.basename(path): clip for path, clip in found.items()}


def _row(cells: Cells | BadInput, uri: str, clips: dict[str, str]) -> Cells | BadInput:
    if isinstance(cells, BadInput):
        return cells
    name = posixpath.splitext(cells["file_id"].strip())[0]
    if not name:
        return BadInput("bad_row", "expected a file_id, found none")
    emotion = cells["emotion"].strip()
    return {
        **{one: value for one, value in cells.items() if one not in _NEEDED},
        "utterance_id": name,
        "recording_id": cells["speaker_id"].strip(),
        "speaker": cells["speaker_id"].strip(),
        "audio_uri": clips.get(name, join(uri, CLIPS, f"{name}.wav")),
        "text": cells["raw_text"],
        "label": VALENCE.get(emotion),
        "emotion": emotion,
    }
