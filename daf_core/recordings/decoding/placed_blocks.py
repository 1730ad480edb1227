"""Decoded pieces, each with its place in the recording, read as one stretch of sound."""

from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

Frames = npt.NDArray[np.float32]  # (frames, channels)


class PlacedBlocks:
    """Pieces (number of the first frame, frames) in order of time, read from frame `position` on.

    Where no piece is, there is silence. `end` tells where the recording ends, once all pieces have
    come.
    """

    def __init__(
        self,
        coming: Iterator[tuple[int, Frames]],
        channels: int,
        position: int,
        end: Callable[[], int],
    ) -> None:
        self._coming, self._channels, self._end = coming, channels, end
        self._pending: tuple[int, Frames] | None = None
        self.position = position

    def read(self, count: int) -> Frames:
        """The next frames: (up to `count`, channels); fewer only at the end."""
        start = self.position
        stop = start + count
        block = np.zeros((count, self._channels), np.float32)
        at = start
        while at < stop:
            self._pending = self._pending or next(self._coming, None)
            if self._pending is None:
                at = max(at, min(stop, self._end()))
                break
            begin, frames = self._pending
            first, last = max(begin, at), min(begin + len(frames), stop)
            if first < last:
                block[first - start : last - start] = frames[first - begin : last - begin]
            at = max(at, min(last, stop), min(begin, stop))
            if begin + len(frames) <= stop:
                self._pending = None
        self.position = at
        return block[: at - start]
