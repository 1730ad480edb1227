"""What actors of Ray do with parts: encode them, or all that is done to them."""

import time
from collections.abc import Callable
from typing import Any

import pyarrow as pa

from jobs.parts.message import Stage, in_turn
from jobs.parts.metrics import Timed, gpus_held


class EncodeActor:
    """A stage that an actor makes once, with the seconds it works and for which it holds GPUs."""

    def __init__(self, actor: Callable[..., Stage], plan: Any, gpus: float) -> None:
        self._timed, self._gpus = Timed("encode", actor(plan)), gpus

    def __call__(self, message: pa.Table) -> pa.Table:
        started = time.perf_counter()
        made = self._timed(message)
        if self._gpus:
            gpus_held(time.perf_counter() - started, self._gpus)
        return made


class WholePartActor:
    """All stages of parts, a message each, in one actor; that of the encoders is made once."""

    def __init__(self, read: Timed, actor: Callable[..., Stage], plan: Any, publish: Timed) -> None:
        self._stages = [read, Timed("encode", actor(plan)), publish]

    def __call__(self, messages: pa.Table) -> pa.Table:
        each = (messages.slice(row, 1) for row in range(len(messages)))
        return pa.concat_tables([in_turn(self._stages, message) for message in each])
