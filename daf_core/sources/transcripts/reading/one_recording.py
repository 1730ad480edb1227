"""Lists of cues that name the recording of each: those of one recording are its transcript."""

from collections.abc import Sequence
from typing import Any

from daf_core.errors import BadInput


def choose(names: Sequence[Any], document_name: str) -> tuple[list[int], list[str]]:
    """Numbers (from 0) of the cues of the recording that the document is about, and the places of
    those of other recordings.

    `names` holds the recording of each cue, None where none is given. If there are several, the
    document is about the one that has its name, without folders and suffix.

    Raises:
        BadInput: `unreadable_transcript`: several are named, and none is that of the document.
    """
    stems = [_stem(name) if isinstance(name, str) else None for name in names]
    several = {stem for stem in stems if stem is not None}
    if len(several) < 2:
        return [*range(len(names))], []
    own = _stem(document_name)
    if own not in several:
        raise BadInput(
            "unreadable_transcript",
            f"expected cues of one recording, found cues of {len(several)} recordings",
        )
    chosen = [number for number, stem in enumerate(stems) if stem in (None, own)]
    others = [f"entry {n}" for n, stem in enumerate(stems, start=1) if stem not in (None, own)]
    return chosen, others


def _stem(name: str) -> str:
    base = name.replace("\\", "/").rpartition("/")[2]
    return (base.rpartition(".")[0] or base).casefold()
