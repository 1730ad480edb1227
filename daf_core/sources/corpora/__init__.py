"""Labelled corpora in the forms in which they are handed round: one small file a form, a line here.

A reader turns a form into rows of a table with our columns: what comes after is the same for all.
It keeps the corpus's own utterance ids. Two turns of a dialogue may be the same words, so that ids
made of them would collide; and features that others extracted are found by the corpus's ids.
"""

import posixpath
from collections.abc import Callable

from daf_core.sources.corpora import csd, iemocap, meld, mmsa, mmsa_fet
from daf_core.sources.table_rows import Rows
from daf_core.storage.files import filesystem

COLUMNS = ["utterance_id", "recording_id", "audio_uri", "text", "label", "split"]

Reader = Callable[[str], Rows]


# Of folders: how a form is known, by the folder and the names in it; and what reads it.
FOLDERS: tuple[tuple[Callable[[str, set[str]], bool], Reader], ...] = (
    (mmsa_fet.is_here, mmsa_fet.read),
    (meld.is_here, meld.read),
    (iemocap.is_here, iemocap.read),
    (csd.is_here, csd.read),
)


def reader_of(uri: str) -> Reader | None:
    """What reads the corpus at `uri`; None where there is none of these forms.

    A reader raises SettingsError where the corpus is not as its form says.
    """
    fs, path = filesystem(uri)
    if not fs.isdir(path):
        return mmsa.read if posixpath.splitext(uri)[1].lower() in mmsa.SUFFIXES else None
    names = {posixpath.basename(entry.rstrip("/")) for entry in fs.ls(path, detail=False)}
    return next((read for is_here, read in FOLDERS if is_here(uri, names)), None)
