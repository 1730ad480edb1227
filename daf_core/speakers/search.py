"""The speakers of a recording, estimated from its sound."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from daf_core.encoders.speaker import SpeakerEncoder
from daf_core.recordings.audio import Recording
from daf_core.speakers.clustering import voices
from daf_core.speakers.turns import Turn, turns_in
from daf_core.speakers.windows import evened, windows_of
from daf_core.weights.known import SPEAKER
from daf_core.weights.specs import EncoderSpec, locate, resolve


@dataclass(frozen=True)
class SpeakerSearch:
    """How speakers are estimated. Plain values: it travels to the processes that do it.

    spec: the speaker encoder; count: how many speakers each recording has, None: estimated.
    """

    spec: EncoderSpec
    count: int | None = None

    @classmethod
    def with_count(cls, count: int | None = None) -> "SpeakerSearch":
        """The search with the speaker encoder of this machine.

        Raises:
            SettingsError: its weights are not here.
        """
        return cls(resolve(SPEAKER, offline=True), count)

    def turns(self, recording: Recording, speech: Sequence[tuple[float, float]]) -> list[Turn]:
        """Who speaks in each stretch of `speech`, as (start_s, end_s): in order, channels mixed.

        Stretches are cut where the speaker changes. Voices are numbered from 0 in order of their
        first turn. The same sound gives the same turns; speech of several at once is given to one.

        Raises:
            BadInput: as `Recording.read`.
            NotDone: as `Recording.read`.
        """
        stretches = list(windows_of(recording, speech, _encoder(self.spec)))
        if not stretches:
            return []
        found = voices(np.concatenate([evened(one) for one in stretches]), self.count)
        turns = [turn for one in stretches for turn in turns_in(one, found)]
        heard = dict.fromkeys(turn.voice for turn in turns)
        order = {voice: number for number, voice in enumerate(heard)}
        return [turn._replace(voice=order[turn.voice]) for turn in turns]


@cache
def _encoder(spec: EncoderSpec) -> SpeakerEncoder:
    (weights,) = locate(spec, offline=True)
    return SpeakerEncoder(weights)
