"""Labelled corpora in their published forms: one small file per form, and one line below.

A reader turns a form into rows of a table with our columns; everything after that is shared.
It keeps the corpus's own utterance ids: ids derived from the text would collide where two turns of
a dialogue have the same words, and precomputed features are found by the corpus's ids.

To add a form, write a module with two functions and add it to `FOLDERS`:

    matches(uri, names) -> bool   whether the folder at `uri`, which holds `names`, has this form
    read(uri) -> Rows             its rows as (place, cells) with the columns of `COLUMNS` and more
"""

import os
import posixpath
from collections.abc import Callable

from daf_core.errors import BadInput, SettingsError
from daf_core.sources.corpora import (
    csd,
    iemocap,
    meld,
    mmsa,
    mmsa_fet,
    msp_podcast,
    nemo_polish,
)
from daf_core.sources.corpora.acted import CREMA_D, RAVDESS
from daf_core.sources.recording_names import names_a_recording
from daf_core.sources.table_types import Rows
from daf_core.storage.files import absolute, filesystem, is_remote
from daf_core.storage.origins import Origins
from daf_core.storage.store_faults import listing

COLUMNS = ["utterance_id", "recording_id", "audio_uri", "text", "label", "split"]

Reader = Callable[[str], Rows]


# Forms that are folders, as (matches, read); the first that matches is read.
FOLDERS: tuple[tuple[Callable[[str, set[str]], bool], Reader], ...] = (
    (mmsa_fet.matches, mmsa_fet.read),
    (meld.matches, meld.read),
    (iemocap.matches, iemocap.read),
    (csd.matches, csd.read),
    (msp_podcast.matches, msp_podcast.read),
    (nemo_polish.matches, nemo_polish.read),
    (CREMA_D.matches, CREMA_D.read),
    (RAVDESS.matches, RAVDESS.read),
)


def check_links(uri: str, origins: Origins) -> None:
    """Check that the tables and features of the corpus at `uri` are where they may be; recordings
    are checked row by row.

    Raises:
        SettingsError: a link leads elsewhere.
    """
    for folder, _, names in os.walk(absolute(uri)) if not is_remote(uri) else ():
        for name in names:
            if names_a_recording(name) or not os.path.islink(os.path.join(folder, name)):
                continue
            try:
                origins.check(os.path.join(folder, name))
            except BadInput as err:
                raise SettingsError(err.message) from err


def reader_of(uri: str) -> Reader | None:
    """The reader of the corpus at `uri`, None where it has none of these forms.

    A reader raises SettingsError where the corpus differs from its form.
    """
    fs, path = filesystem(uri)
    with listing(uri):
        names = [*fs.ls(path, detail=False)] if fs.isdir(path) else None
    if names is None:
        return mmsa.read if posixpath.splitext(uri)[1].lower() in mmsa.SUFFIXES else None
    own = {posixpath.basename(entry.rstrip("/")) for entry in names}
    return next((read for matches, read in FOLDERS if matches(uri, own)), None)
