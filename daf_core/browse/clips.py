"""The sound of an utterance as WAV, decoded from the recording that the manifest names."""

import io
import wave
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import numpy as np

from daf_core.arrays import RATE_HZ
from daf_core.browse.archive import Archive
from daf_core.browse.call import sources_of
from daf_core.errors import BadInput
from daf_core.recordings.audio import Recording, open_recording
from daf_core.recordings.levels import even_out
from daf_core.schemas import Row
from daf_core.storage.apart import Reads, here
from daf_core.storage.origins import Origins

LONGEST_S = 60.0
KEPT_CALLS = 16
KEPT_OPEN = 4


class Clips:
    """Utterances of an archive as sound. Rows of the calls that were asked for last are kept.

    reads: where recordings are read; they are kept open there.
    """

    def __init__(self, archive: Archive, reads: Reads = here) -> None:
        self._archive, self._reads = archive, reads
        self._kept: OrderedDict[str, dict[str, Row]] = OrderedDict()
        self._lock = Lock()

    def wav(self, recording_id: str, utterance_id: str, offset_s: float = 0.0) -> bytes:
        """A WAV file, 16 kHz mono, of an utterance from `offset_s` seconds after its start, of at
        most LONGEST_S seconds.

        Raises:
            LookupError: the manifest has no such utterance.
            BadInput: it has no recording, or that cannot be used.
            SettingsError: a table is missing or foreign.
            NotDone: the storage fails.
        """
        row = self._rows(recording_id)[utterance_id]
        (data,) = self._reads(_sound, row, offset_s, self._archive.origins)
        return data

    def _rows(self, recording_id: str) -> dict[str, Row]:
        with self._lock:
            if recording_id in self._kept:
                self._kept.move_to_end(recording_id)
                return self._kept[recording_id]
        rows = sources_of(self._archive, recording_id)
        with self._lock:
            self._kept[recording_id] = rows
            if len(self._kept) > KEPT_CALLS:
                self._kept.popitem(last=False)
        return rows


class _OpenRecordings:
    """Recordings that were read last: an MP3 takes longer to open than to read."""

    def __init__(self) -> None:
        self._idle: OrderedDict[tuple[str, Origins], Recording] = OrderedDict()
        self._lock = Lock()

    @contextmanager
    def opened(self, uri: str, origins: Origins) -> Iterator[Recording]:
        """The recording, which is kept open afterwards. One that fails is not."""
        with self._lock:
            recording = self._idle.pop((uri, origins), None)
        recording = recording or open_recording(uri, origins)
        try:
            yield recording
        except BaseException:
            recording.close()
            raise
        with self._lock:
            replaced = self._idle.pop((uri, origins), None)
            self._idle[uri, origins] = recording
            oldest = self._idle.popitem(last=False)[1] if len(self._idle) > KEPT_OPEN else None
        for one in (replaced, oldest):
            if one is not None:
                one.close()


_open = _OpenRecordings()  # of this process


def _sound(row: Row, offset_s: float, origins: Origins) -> Iterator[bytes]:
    """The WAV file of `Clips.wav`."""
    if row["audio_uri"] is None:
        raise BadInput("missing_audio", "the utterance has no recording")
    with _open.opened(row["audio_uri"], origins) as recording:
        whole = row["start_s"] is None
        start_s, end_s = (0.0, recording.duration_s) if whole else (row["start_s"], row["end_s"])
        start_s += max(0.0, offset_s)
        end_s = min(start_s + LONGEST_S if end_s is None else end_s, start_s + LONGEST_S)
        samples = recording.read_near(start_s, end_s, row["channel"])
        bounded = recording.bounded
    if not len(samples):
        raise BadInput("outside_recording", "the recording ends before the utterance begins")
    yield _wav(even_out(samples, bounded))


def _wav(samples: np.ndarray) -> bytes:
    sink = io.BytesIO()
    with wave.open(sink, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2").tobytes())
    return sink.getvalue()
