"""Speakers before the words without a colon, in files where nearly every cue names one.

(Ana) hello        Ana - hello        Speaker 1 Hello        Q. Did you?
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.utterances.names import is_capitalised, may_be_name, name_at
from daf_core.sources.transcripts.utterances.stage_directions import names_sound

_NAME = r"([^\W\d_][^\n()\[\]|:–—]{0,48}?)"
_OF_NAMES = (
    re.compile(rf"\s{{0,8}}\({_NAME}\):?[ \n]{{1,4}}(?=\S)"),
    re.compile(rf"\s{{0,8}}{_NAME}[ ]{{1,3}}[-–—|][ ]{{1,3}}(?=\S)"),
)
_OF_MACHINES = (
    re.compile(
        r"\s{0,8}((?:speaker|spkr|spk)[ _]?\d{1,3})[ ]{1,3}(?:[-–—|.][ ]{1,3})?(?=\S)", re.I
    ),
    re.compile(r"\s{0,8}([QA])[.)][ ]{1,3}(?=\S)"),
)
_NEARLY_ALL = 0.8  # of the cues that have words
_TURNS = 1.5  # of each name on average, at least


def with_other_signs(cues: Sequence[Cue]) -> list[Cue]:
    """The cues; or, where nearly all begin with a speaker in one of these ways, those with it."""
    texts = [cue.text if cue.speaker is None else "" for cue in cues]
    spoken = sum(map(bool, texts))
    for sign in (*_OF_MACHINES, *_OF_NAMES):
        found = [sign.match(text) for text in texts]
        names = [one[1] for one in found if one is not None]
        if len(names) < max(2, _NEARLY_ALL * spoken):
            continue
        if sign in _OF_NAMES and not _are_names(names, texts):
            continue
        return [
            cue if one is None else replace(cue, speaker=one[1], text=cue.text[one.end() :])
            for cue, one in zip(cues, found, strict=True)
        ]
    return [*cues]


def _are_names(names: Sequence[str], texts: Sequence[str]) -> bool:
    """Whether all are names that come again, and stand before no colon."""
    several = {*names}
    return (
        1 < len(several) <= len(names) / _TURNS
        and all(may_be_name(one) and is_capitalised(one) for one in several)
        and not any(map(names_sound, several))
        and 2 * sum(name_at(text) is not None for text in texts) < len(names)
    )
