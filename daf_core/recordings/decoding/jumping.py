"""Sound from anywhere in a container that has clocks, without reading what comes before.

For listening: an hour of Opus is passed over in seconds packet by packet, and skipped in a
hundredth of one. Places are those of the container's time stamps, which agree with the sums of
`packet_times` to a packet, but where streams were joined or are damaged.
"""

from typing import Any

import av
import numpy as np

from daf_core.recordings.decoding.frame_samples import FrameSamples
from daf_core.recordings.decoding.placed_blocks import Frames

CLOCKED = frozenset({"matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "ogg"})
LEAD_S = 1.0  # codecs predict from earlier packets
JITTER_S = 0.01
FAR_S = 30.0  # what lies further from where it was looked for is not trusted


def frames_near(
    container: Any, stream: Any, samples: FrameSamples, start: int, count: int
) -> Frames | None:
    """Frames from number `start` on, (up to `count`, channels), of a container that was opened and
    not read; None where its time stamps do not lead there.
    """
    try:
        origin = next(container.decode(stream)).pts
        sought = origin + round((start / samples.rate_hz - LEAD_S) / stream.time_base)
        container.seek(max(origin, sought), stream=stream)
        return _taken(container, stream, samples, origin, start, count)
    except (av.FFmpegError, StopIteration, TypeError, ValueError):  # also a frame without a stamp
        return None


def _taken(
    container: Any, stream: Any, samples: FrameSamples, origin: int, start: int, count: int
) -> Frames | None:
    ticks = float(stream.time_base * samples.rate_hz)
    block = np.zeros((count, samples.channels), np.float32)
    end = None
    for frame in container.decode(stream):
        begin = round((frame.pts - origin) * ticks)
        if end is not None and abs(begin - end) <= JITTER_S * samples.rate_hz:
            begin = end  # stamps are rounded, in Matroska to milliseconds
        if end is None and not start - FAR_S * samples.rate_hz <= begin <= start:
            return None
        if begin >= start + count:
            break
        piece = samples.take(frame)
        first, last = max(begin, start), min(begin + len(piece), start + count)
        if first < last:
            block[first - start : last - start] = piece[first - begin : last - begin]
        end = begin + len(piece)
    return None if end is None else block[: max(0, end - start)]
