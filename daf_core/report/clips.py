"""Short clips of utterances, small enough to be part of a page."""

import base64
import io
from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np

from daf_core.arrays import RATE_HZ, Samples
from daf_core.errors import BadInput, NotDone, SettingsError
from daf_core.recordings.audio import open_recording
from daf_core.storage.apart import Reads, here
from daf_core.storage.origins import ANYWHERE, Origins

LONGEST_S = 15.0
AROUND_S = 0.2  # before and after the utterance
BITS_PER_S = 24_000
PEAK = 0.7  # of the loudest sample, so that quiet calls are heard


@dataclass(frozen=True)
class Sound:
    """Where an utterance is heard: recording, channel (None: all), seconds (None: the whole), and
    where recordings may lie.
    """

    uri: str
    channel: int | None
    start_s: float | None
    end_s: float | None
    origins: Origins = ANYWHERE


def clip(sound: Sound, reads: Reads = here) -> str | None:
    """A data URI of Ogg Opus, at most LONGEST_S long; None where the sound cannot be read."""
    start_s = max(0.0, (sound.start_s or 0.0) - AROUND_S)
    end_s = start_s + LONGEST_S
    if sound.end_s is not None:
        end_s = min(end_s, sound.end_s + AROUND_S)
    try:
        (samples,) = reads(_samples, sound, start_s, end_s)
    except (BadInput, NotDone, SettingsError, OSError):
        return None
    if not len(samples):
        return None
    return f"data:audio/ogg;base64,{base64.b64encode(opus(samples)).decode()}"


def _samples(sound: Sound, start_s: float, end_s: float) -> Iterator[Samples]:
    with open_recording(sound.uri, sound.origins) as recording:
        yield recording.read(start_s, end_s, sound.channel)


def opus(samples: Samples) -> bytes:
    """(samples,) at RATE_HZ as Ogg Opus, raised or lowered to one peak."""
    loudest = float(np.abs(samples).max(initial=1e-4))
    pcm = (samples * (PEAK / max(loudest, 1e-4)) * 32767).astype(np.int16)
    sink = io.BytesIO()
    with av.open(sink, "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE_HZ)
        stream.layout, stream.bit_rate = "mono", BITS_PER_S
        frame = av.AudioFrame.from_ndarray(pcm[None, :], format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        for packet in (*stream.encode(frame), *stream.encode(None)):
            container.mux(packet)
    return sink.getvalue()
