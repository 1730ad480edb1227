"""Whether Ray or processes of this machine encode, where neither is asked for."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from jobs.ray_address import ray_runs
from jobs.settings import EncodeResources

if TYPE_CHECKING:
    from daf_core.storage.part_index import PartFacts

# From here on Ray's start and stop, about 15 s, is little beside the work, minutes on any machine,
# and Ray gives up a part that kills its process, where processes stop.
RAY_PAYS_AUDIO_S = 3600.0
RAY_PAYS_ROWS = 20_000


def choose_processes(resources: EncodeResources, parts: "Iterable[PartFacts]") -> bool:
    """Whether processes of this machine work on `parts`; a run that goes on looks at all of its
    parts, so that it does not move to a Ray that may compute in another precision.
    """
    if not may_choose_processes(resources):
        return False
    if resources.local:
        return True
    parts = list(parts)
    audio_s = sum(part.audio_s for part in parts)
    return audio_s < RAY_PAYS_AUDIO_S and sum(part.rows_in for part in parts) < RAY_PAYS_ROWS


def may_choose_processes(resources: EncodeResources) -> bool:
    """Whether it depends on the parts, or processes are asked for."""
    if resources.local is not None:
        return resources.local
    return resources.gpus_per_actor is None and not ray_runs()
