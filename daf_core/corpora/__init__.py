"""Labelled corpora in the forms in which they are handed round: one small file a form, a line here.

A reader turns a form into rows of a table with our columns: what comes after is the same for all.
It keeps the corpus's own utterance ids. Two turns of a dialogue may be the same words, so that ids
made of them would collide; and features that others extracted are found by the corpus's ids.
"""

import posixpath
from collections.abc import Callable

from daf_core.corpora import mmsa
from daf_core.source_rows import Rows

COLUMNS = ["utterance_id", "recording_id", "audio_uri", "text", "label", "split"]

Reader = Callable[[str], Rows]


def reader_of(uri: str) -> Reader | None:
    """What reads the corpus at `uri`; None where there is none of these forms.

    A reader raises SettingsError where the corpus is not as its form says.
    """
    return mmsa.read if posixpath.splitext(uri)[1].lower() in mmsa.SUFFIXES else None
