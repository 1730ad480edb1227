"""Whether Ray or processes of this machine encode, where neither is asked for."""

import os
import socket
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from jobs.settings import EncodeResources

if TYPE_CHECKING:
    from daf_core.storage.part_index import PartFacts

# From here on Ray's start and stop, about 15 s, is little beside the work, minutes on any machine,
# and Ray gives up a part that kills its process, where processes stop.
RAY_PAYS_AUDIO_S = 3600.0
RAY_PAYS_ROWS = 20_000
ANSWERS_WITHIN_S = 1.0


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


def ray_runs() -> bool:
    """Whether this process is connected to a Ray, RAY_ADDRESS names one, or one runs on this
    machine that `ray start` started. Does not import Ray, which takes seconds.
    """
    if (ray := sys.modules.get("ray")) is not None and ray.is_initialized():
        return True
    if address := os.environ.get("RAY_ADDRESS"):
        return address != "local"
    named = Path(os.environ.get("RAY_TMPDIR", "/tmp"), "ray", "ray_current_cluster")
    try:
        host, _, port = named.read_text().strip().rpartition(":")
        socket.create_connection((host, int(port)), ANSWERS_WITHIN_S).close()
    except (OSError, ValueError):
        return False  # the file stays when a Ray is killed
    return True
