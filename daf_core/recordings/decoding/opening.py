"""Opens the file of a recording and finds the decoder that reads it right, by its content."""

import io
import os
from typing import Any

import soundfile

from daf_core.errors import BadInput, SettingsError
from daf_core.recordings.decoding.bounds import check_holes, library_errors
from daf_core.recordings.decoding.ffmpeg import PyAVDecoder
from daf_core.recordings.decoding.flac_end import flac_end
from daf_core.recordings.decoding.libsndfile import SoundFileDecoder
from daf_core.recordings.decoding.mpeg_decoder import MpegDecoder
from daf_core.recordings.decoding.mpeg_frames import starts_as_mpeg
from daf_core.recordings.decoding.ogg_pages import plain_length
from daf_core.recordings.decoding.parquet_cell import open_cell, split_cell
from daf_core.recordings.decoding.raw import split_format
from daf_core.recordings.decoding.signatures import HEAD_BYTES, foreign, form_by_suffix
from daf_core.recordings.decoding.watched_file import WatchedFile
from daf_core.recordings.decoding.wav_data import RawSound, unsized_data
from daf_core.storage.input_file import open_input
from daf_core.storage.origins import ANYWHERE, Origins
from daf_core.storage.refusals import storage_error
from daf_core.storage.uris import shown

Decoder = SoundFileDecoder | PyAVDecoder | MpegDecoder

RATE_RANGE_HZ = (1_000, 384_000)
MOST_CHANNELS = 64
# libsndfile's formats and encodings in which the file's size tells the length.
_PLAIN = ("/PCM_", "/FLOAT", "/DOUBLE", "/ULAW", "/ALAW")


def open_with_decoder(uri: str, origins: Origins = ANYWHERE) -> tuple[Any, Decoder]:
    """The open file of the recording at a path or URI, and a decoder of it.

    `#raw=…` at the end of the URI (`raw.with_format`) opens a headerless file,
    `#column=…&row=…` (`parquet_cell.cell_uri`) the bytes in a cell of a Parquet file.

    Raises:
        BadInput: `missing_audio`, `empty_audio` or `unreadable_audio`; `forbidden_uri` or
            `outside_roots`: `origins` do not hold it.
        NotDone: the storage fails.
    """
    place, raw = _split_format(uri)
    cell = split_cell(place)
    if cell:
        origins.check(cell[0])
    file = open_cell(place, *cell) if cell else open_input(place, origins=origins)
    try:
        with library_errors(uri):
            decoder = _decoder(file, uri, raw)
        _check(decoder, uri)
    except BaseException:
        file.close()
        raise
    return file, decoder


def _split_format(uri: str) -> tuple[str, RawSound | None]:
    """As `split_format`; a format that is none is the fault of the row that names it."""
    try:
        return split_format(uri)
    except SettingsError as err:
        raise BadInput("unreadable_audio", f"{shown(uri)}: {err}") from err


def _decoder(file: Any, uri: str, raw: RawSound | None) -> Decoder:
    """The decoder that reads `file` right.

    libsndfile is exact and fast wherever a header speaks for the whole file; FFmpeg and our own
    framing of MPEG read the rest.
    """
    head = _head(file, uri)
    if not head:
        raise BadInput("empty_audio", f"{uri}: expected a recording, found an empty file")
    if raw is not None:
        return _raw_decoder(file, uri, raw)
    if isinstance(file, io.BufferedReader) and head[8:12] != b"WAVE":  # a local one
        check_holes(uri, os.fstat(file.fileno()))  # its length is told by more than its size
    what = foreign(head)
    if what is not None:
        raise BadInput("unreadable_audio", f"{uri}: expected a recording, found {what}")
    if starts_as_mpeg(head):
        mpeg = MpegDecoder.of(file, uri)
        if mpeg is not None:
            return _fast_mpeg(file, uri, mpeg)
    watched = WatchedFile(file, uri)
    with watched.watched():
        wrapped = unsized_data(watched, head)
    if wrapped is not None:
        return _raw_decoder(file, uri, wrapped)
    return _by_libsndfile(file, uri, head) or _by_ffmpeg(file, uri)


def _by_libsndfile(file: Any, uri: str, head: bytes) -> SoundFileDecoder | None:
    """libsndfile's decoder, if it can read the file and the header speaks for all of it."""
    watched = WatchedFile(file, uri)
    length: int | None = None
    heard_to = 0
    with watched.watched():
        if head.startswith(b"OggS"):
            length = plain_length(watched)
        if head.startswith(b"fLaC") and (end := flac_end(watched, head)) is not None:
            length, heard_to = end
    if length is None and head.startswith((b"OggS", b"fLaC")):
        return None
    try:
        decoder = SoundFileDecoder(file, uri)
    except soundfile.LibsndfileError:
        return None
    decoder.heard_to = heard_to
    if length is not None:
        is_right = decoder.frames == length
    else:
        is_plain = any(name in decoder.form for name in _PLAIN)
        is_right = "MPEG" not in decoder.form and (is_plain or decoder.reaches_its_end())
    if decoder.knows_its_length and decoder.seekable and is_right:
        return decoder
    decoder.close()
    return None


def _by_ffmpeg(file: Any, uri: str) -> Decoder:
    try:
        decoder = PyAVDecoder(file, uri)
    except BadInput as err:
        form = form_by_suffix(uri)
        if form is None or err.reason != "unreadable_audio":
            raise
        return PyAVDecoder(file, uri, form)
    if decoder.form != "mp3":
        return decoder
    decoder.close()
    mpeg = MpegDecoder.of(file, uri)
    if mpeg is None:
        raise BadInput("unreadable_audio", f"{uri}: expected a recording, found none")
    return mpeg


def _fast_mpeg(file: Any, uri: str, mpeg: MpegDecoder) -> Decoder:
    """libsndfile's decoder of an MPEG file where it knows the right length: it is faster."""
    if not mpeg.is_uniform:
        return mpeg
    try:
        fast = SoundFileDecoder(file, uri)
    except soundfile.LibsndfileError:
        return mpeg
    is_right = (fast.frames, fast.rate_hz, fast.channels) == (
        mpeg.frames,
        mpeg.rate_hz,
        mpeg.channels,
    )
    if is_right and fast.seekable:
        return fast
    fast.close()
    return mpeg


def _raw_decoder(file: Any, uri: str, raw: RawSound) -> SoundFileDecoder:
    try:
        decoder = SoundFileDecoder(file, uri, raw)
    except soundfile.LibsndfileError as err:
        raise BadInput("unreadable_audio", f"{uri}: {err.error_string}") from err
    if not decoder.frames:
        raise BadInput("empty_audio", f"{uri}: expected samples, found none")
    return decoder


def _check(decoder: Decoder, uri: str) -> None:
    low, high = RATE_RANGE_HZ
    if not low <= decoder.rate_hz <= high or decoder.channels > MOST_CHANNELS:
        raise BadInput(
            "unreadable_audio",
            f"{uri}: expected {low} to {high} Hz and at most {MOST_CHANNELS} channels, "
            f"found {decoder.rate_hz} Hz and {decoder.channels}",
        )


def _head(file: Any, uri: str) -> bytes:
    """The first bytes of a file, empty if it has none; the file is rewound.

    An object store sends the header along with them. So no other thread waits for the store while
    libsndfile opens this file: it opens one file at a time.
    """
    try:
        head: bytes = file.read(HEAD_BYTES)
        file.seek(0)
    except Exception as err:
        raise storage_error(uri, err) from err
    return head
