"""How much sound is decoded: bounds far above any recording, far below what hurts a machine.

A few hundred kilobytes of FLAC can hold days of silence. What counts is what comes out, so these
bounds are of decoded sound; the bytes of a file bound themselves, except for holes.
"""

import math
import os
from collections.abc import Iterator
from contextlib import contextmanager

from daf_core.errors import BadInput, NotDone, SettingsError
from daf_core.storage.uris import shown

LONGEST_S = 24 * 3600.0  # of a recording
MOST_VALUES = 35_000_000_000  # of a recording: frames × channels; 4 channels at 96 kHz
CUT_S = 3600.0  # of a row: an utterance takes seconds
CUT_VALUES = 150_000_000  # of a cut: frames × channels; an hour at 41 kHz
PART_S = 4 * 3600.0  # of all rows of a part, and of all rows of one recording in it
_HOLES = 1 << 30  # bytes without data that a file may have
_TIMES_STORED = 64  # and how much larger than its data it may be


def check_length(uri: str, frames: int, rate_hz: int, channels: int) -> None:
    """Check the length of a recording, or what is decoded of it so far.

    Raises:
        BadInput: `too_long`.
    """
    if frames > LONGEST_S * rate_hz or frames * channels > MOST_VALUES:
        raise BadInput(
            "too_long",
            f"{shown(uri)}: expected at most {LONGEST_S / 3600:.0f} hours of sound, found more "
            f"({channels} channels at {rate_hz} Hz)",
        )


def longest_cut_s(rate_hz: int, channels: int) -> float:
    """How much of a row is decoded, in seconds: an hour, less at high rates."""
    return min(CUT_S, float(math.floor(CUT_VALUES / (rate_hz * channels))))


def check_holes(uri: str, found: os.stat_result) -> None:
    """Check that a local file holds data rather than holes, which take no room and long to read.

    Raises:
        BadInput: `unreadable_audio`.
    """
    stored = getattr(found, "st_blocks", 0) * 512
    is_hollow = stored and found.st_size - stored > _HOLES
    if is_hollow and found.st_size > _TIMES_STORED * stored:
        raise BadInput(
            "unreadable_audio",
            f"{shown(uri)}: expected a recording, found {found.st_size} bytes of which only "
            f"{stored} are stored",
        )


@contextmanager
def library_errors(uri: str) -> Iterator[None]:
    """What a library raises that it should not is the fault of this recording.

    Raises:
        BadInput: `unreadable_audio`, in place of an error of any other kind than ours.
    """
    try:
        yield
    except (BadInput, NotDone, SettingsError):
        raise
    except Exception as err:
        raise BadInput(
            "unreadable_audio", f"{shown(uri)}: cannot be decoded: {type(err).__name__}"
        ) from err
