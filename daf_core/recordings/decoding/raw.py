"""Headerless files: `call.raw#raw=ulaw:8000:2` names encoding, rate and channels of the samples."""

from daf_core.errors import SettingsError
from daf_core.recordings.decoding.wav_data import RawSound
from daf_core.storage.uris import without_secrets

MARK = "#raw="
# fmt: off
ENCODINGS = {  # ours → libsndfile's subtype and byte order
    "ulaw": ("ULAW", "LITTLE"), "alaw": ("ALAW", "LITTLE"),
    "u8": ("PCM_U8", "LITTLE"), "s8": ("PCM_S8", "LITTLE"),
    "s16le": ("PCM_16", "LITTLE"), "s16be": ("PCM_16", "BIG"),
    "s24le": ("PCM_24", "LITTLE"), "s24be": ("PCM_24", "BIG"),
    "s32le": ("PCM_32", "LITTLE"), "s32be": ("PCM_32", "BIG"),
    "f32le": ("FLOAT", "LITTLE"), "f32be": ("FLOAT", "BIG"),
    "f64le": ("DOUBLE", "LITTLE"), "f64be": ("DOUBLE", "BIG"),
}
# fmt: on
LEAST_HZ, MOST_HZ, MOST_CHANNELS = 1_000, 384_000, 64


def parse_format(text: str) -> RawSound:
    """The format "encoding:rate[:channels]" of headerless samples; start and end are 0.

    Raises:
        SettingsError: it is no such format.
    """
    encoding, *numbers = text.strip().lower().split(":")
    expected = (
        f"`raw` {without_secrets(text)[:80]!r}: expected ENCODING:RATE[:CHANNELS] such as "
        f"ulaw:8000:2, with one of {', '.join(ENCODINGS)}"
    )
    is_number = all(number.isascii() and number.isdigit() for number in numbers)
    if encoding not in ENCODINGS or not 1 <= len(numbers) <= 2 or not is_number:
        raise SettingsError(expected)
    rate_hz, channels = int(numbers[0][:9]), int((numbers[1:] or ["1"])[0][:9])
    if not LEAST_HZ <= rate_hz <= MOST_HZ or not 1 <= channels <= MOST_CHANNELS:
        raise SettingsError(
            f"{expected}; a rate of {LEAST_HZ} to {MOST_HZ} Hz and 1 to {MOST_CHANNELS} channels"
        )
    subtype, endian = ENCODINGS[encoding]
    return RawSound(subtype, rate_hz, channels, 0, 0, endian)


def with_format(uri: str, text: str) -> str:
    """The URI of a headerless file with the format of its samples, for `open_recording`.

    Raises:
        SettingsError: as for `parse_format`.
    """
    parse_format(text)
    return f"{uri}{MARK}{text.strip().lower()}"


def split_format(uri: str) -> tuple[str, RawSound | None]:
    """The URI of the file, and the format of its samples where the URI names one.

    Raises:
        SettingsError: as for `parse_format`.
    """
    place, mark, text = uri.rpartition(MARK)
    return (place, parse_format(text)) if mark and place else (uri, None)
