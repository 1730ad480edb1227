"""Who is on which channel, which names stand for which role, and whether voices are told apart."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cached_property
from typing import TYPE_CHECKING

from daf_core.errors import BadInput
from daf_core.sources.manifest_rows import AudioSize
from daf_core.sources.transcripts.cue import Cue

if TYPE_CHECKING:  # loads torch
    from daf_core.speakers.search import SpeakerSearch


@dataclass(frozen=True)
class WhoSpeaks:
    """What the user says of channels, roles and speakers.

    channels: number → role. roles: role → patterns of speakers' names with * and ?, alternatives
    separated by "|", letter case does not matter. speakers: how they are estimated where nothing
    else tells them, None: they are not.
    """

    channels: Mapping[int, str] = field(default_factory=dict)
    roles: Mapping[str, str] = field(default_factory=dict)
    speakers: "SpeakerSearch | None" = None

    @cached_property
    def _channel_of_role(self) -> dict[str, int]:
        return {role.casefold(): channel for channel, role in self.channels.items()}

    def role_of(self, speaker: str | None) -> str | None:
        """The role of a speaker: by a pattern, or because the name is a channel's role."""
        if speaker is None:
            return None
        name = speaker.casefold()
        for role, patterns in self.roles.items():
            if any(fnmatchcase(name, one.strip().casefold()) for one in patterns.split("|")):
                return role
        channel = self._channel_of_role.get(name)
        return None if channel is None else self.channels[channel]

    def place(self, cue: Cue, size: AudioSize | None) -> tuple[int | None, str | None]:
        """Channel and role of a cue; the channel is None where all channels are mixed.

        Where the recording is known to have one channel, the channel is None. A channel that the
        recording does not have is None too, and so are all where it `lacks_channel`.
        """
        role = self.role_of(cue.speaker)
        if size is not None and self.lacks_channel(size):
            return None, role
        channel = cue.channel
        if channel is not None and size is not None and channel >= size.channels:
            channel = None
        if role is None and channel is not None:
            role = self.channels.get(channel)
        if channel is None and role is not None:
            channel = self._channel_of_role.get(role.casefold())
        mono = size is not None and size.channels == 1
        absent = size is not None and channel is not None and channel >= size.channels
        return (None if mono or absent else channel), role

    def lacks_channel(self, size: AudioSize) -> bool:
        """Whether a recording of several channels lacks one of these: then they are counted
        otherwise, or it is a recording of another kind, and no channel can be trusted.
        """
        return 1 < size.channels <= max(self.channels, default=0)

    def searched(self, size: AudioSize) -> list[tuple[int | None, str | None]]:
        """The channels to search for speech, with their roles; (None, None): all channels mixed.

        Raises:
            BadInput: `bad_channel`: the recording has several channels, but not all of these.
        """
        if not self.channels or size.channels == 1:
            return [(None, None)]
        if self.lacks_channel(size):
            raise BadInput(
                "bad_channel",
                f"expected the channels {_listed(sorted(self.channels))}, found {size.channels} "
                f"channels, which are {_listed(range(size.channels))}",
            )
        return [*sorted(self.channels.items())]


def _listed(numbers: Iterable[int]) -> str:
    """Numbers of channels as "0, 1 and 2"."""
    *first, last = map(str, numbers)
    return f"{', '.join(first)} and {last}" if first else last
