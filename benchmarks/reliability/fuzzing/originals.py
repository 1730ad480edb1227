"""Whole files to damage: speech in every audio format that is read, transcripts, and tables."""

import io
import json
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
import soundfile
import soxr

from daf_core.schemas import Row

DEMO = Path(str(resources.files("jobs") / "demo_corpus"))
LARGEST_BYTES = 500_000  # of a file from a corpus
MOST_OF_A_KIND = 8  # files from corpora

SPEECH_S = 4.0
SECRET = "marzipan"  # a word of every text here: no message may repeat it
CUES = [(0.2, 1.4), (1.2, 2.0), (2.1, 2.9), (3.0, 3.9)]

# kind: suffix, container, encoder, rate in Hz, channels
SOUNDFILE_KINDS = {
    "wav 8 bit": ("wav", "WAV", "PCM_U8", 16_000, 1),
    "wav 16 bit": ("wav", "WAV", "PCM_16", 44_100, 2),
    "wav 24 bit": ("wav", "WAVEX", "PCM_24", 48_000, 2),
    "wav 32 bit": ("wav", "WAV", "PCM_32", 22_050, 1),
    "wav float": ("wav", "WAV", "FLOAT", 16_000, 2),
    "wav double": ("wav", "WAV", "DOUBLE", 8_000, 1),
    "wav mu-law": ("wav", "WAV", "ULAW", 8_000, 2),
    "wav A-law": ("wav", "WAV", "ALAW", 8_000, 1),
    "wav rf64": ("wav", "RF64", "PCM_16", 16_000, 1),
    "wav gsm": ("wav", "WAV", "GSM610", 8_000, 1),
    "wav adpcm": ("wav", "WAV", "IMA_ADPCM", 16_000, 1),
    "aiff": ("aiff", "AIFF", "PCM_16", 16_000, 1),
    "au": ("au", "AU", "PCM_16", 16_000, 1),
    "caf": ("caf", "CAF", "ALAC_16", 16_000, 1),
    "flac": ("flac", "FLAC", "PCM_16", 44_100, 2),
    "mp3": ("mp3", "MP3", "MPEG_LAYER_III", 44_100, 2),
    "ogg vorbis": ("ogg", "OGG", "VORBIS", 44_100, 2),
    "ogg opus": ("opus", "OGG", "OPUS", 48_000, 1),
}
PYAV_KINDS = {
    "m4a": ("m4a", "mp4", "aac", 44_100, 2),
    "aac": ("aac", "adts", "aac", 44_100, 1),
    "webm opus": ("webm", "webm", "libopus", 48_000, 2),
    "mka flac": ("mka", "matroska", "flac", 44_100, 2),
    "mka aac": ("mka", "matroska", "aac", 44_100, 1),
    "amr": ("amr", "amr", "libopencore_amrnb", 8_000, 1),
    "wma": ("wma", "asf", "wmav2", 44_100, 2),
}
BIT_RATES = {"libopencore_amrnb": 12_200, "wmav2": 64_000}  # of encoders that insist


class Original(NamedTuple):
    """A whole file: its kind, its suffix, its bytes."""

    kind: str
    suffix: str
    content: bytes


def recordings(data: Path | None) -> list[Original]:
    """One recording of every audio format, and small ones of the demo and of corpora in `data`."""
    made = [
        *(Original(kind, how[0], _by_soundfile(*how)) for kind, how in SOUNDFILE_KINDS.items()),
        *(Original(kind, how[0], _by_pyav(*how)) for kind, how in PYAV_KINDS.items()),
        # No encoder is at hand; any bits are a valid frame of it.
        Original("amr wide", "amr", b"#!AMR-WB\n" + (b"\x44" + bytes(range(60))) * 200),
    ]
    suffixes = {".wav", ".flac", ".mp3", ".opus", ".ogg", ".m4a"}
    folders = [] if data is None else [data / "longform", data / "earnings_call"]
    return made + _found([DEMO, *folders], suffixes)


def transcripts(data: Path | None) -> list[Original]:
    """WebVTT and SubRip: made here, of the demo, and of corpora in `data`."""
    made = [Original(name, name, transcript(name)) for name in ("vtt", "srt")]
    folders = [] if data is None else [data / "longform"]
    return made + _found([DEMO, *folders], {".vtt", ".srt"})


def tables(rows: list[Row]) -> list[Original]:
    """The rows as CSV, as JSONL, and as Parquet with three compressions."""
    columns = list(rows[0])
    lines = [",".join(columns)]
    lines += [",".join("" if cell is None else str(cell) for cell in row.values()) for row in rows]
    table = pa.Table.from_pylist(rows)
    made = [
        Original("csv", "csv", ("\n".join(lines) + "\n").encode()),
        Original("jsonl", "jsonl", b"".join(json.dumps(row).encode() + b"\n" for row in rows)),
    ]
    for compression in ("none", "snappy", "zstd"):
        sink = io.BytesIO()
        pq.write_table(table, sink, compression=compression, row_group_size=10)
        made.append(Original("parquet", "parquet", sink.getvalue()))
    return made


def transcript(suffix: str) -> bytes:
    """The four cues of the speech."""
    head, point, name = ("WEBVTT\n\n", ".", "<v {}>") if suffix == "vtt" else ("", ",", "{}: ")
    cues = [
        f"{number}\n00:00:{start_s:06.3f} --> 00:00:{end_s:06.3f}\n".replace(".", point)
        + name.format(("Agent", "Customer")[number % 2])
        + f"The café has {SECRET} number {number}.\n\n"
        for number, (start_s, end_s) in enumerate(CUES, start=1)
    ]
    return (head + "".join(cues)).encode()


def _speech(rate_hz: int, channels: int) -> npt.NDArray[np.float32]:
    """(frames, channels): speech of the demo, later by a second in each further channel."""
    samples, found_hz = soundfile.read(DEMO / "hotel-room.wav", dtype="float32", always_2d=True)
    voice = soxr.resample(samples[: round(SPEECH_S * found_hz), 0], found_hz, rate_hz)
    return np.stack([np.roll(voice, k * rate_hz) for k in range(channels)], axis=1)


def _by_soundfile(_: str, container: str, encoder: str, rate_hz: int, channels: int) -> bytes:
    sink = io.BytesIO()
    with soundfile.SoundFile(sink, "w", rate_hz, channels, encoder, format=container) as file:
        file.write(_speech(rate_hz, channels))
    return sink.getvalue()


def _by_pyav(_: str, container: str, codec: str, rate_hz: int, channels: int) -> bytes:
    layout = {1: "mono", 2: "stereo"}[channels]
    sink = io.BytesIO()
    options = {"cluster_time_limit": "500"} if container in ("webm", "matroska") else {}
    with av.open(sink, "w", format=container, options=options) as output:
        stream = output.add_stream(codec, rate=rate_hz, layout=layout)
        if codec in BIT_RATES:
            stream.bit_rate = BIT_RATES[codec]
        encoder = stream.codec_context
        encoder.open()
        resampler = av.AudioResampler(encoder.format, layout, rate_hz, encoder.frame_size or 1024)
        frames = np.ascontiguousarray(_speech(rate_hz, channels).T)
        frame = av.AudioFrame.from_ndarray(frames, "fltp", layout)
        frame.sample_rate, frame.pts = rate_hz, 0
        for ready in [*resampler.resample(frame), *resampler.resample(None), None]:
            output.mux(stream.encode(ready))
    return sink.getvalue()


def _found(folders: list[Path], suffixes: set[str]) -> list[Original]:
    paths = sorted(path for folder in folders for path in folder.rglob("*"))
    fit = [p for p in paths if p.suffix in suffixes and 0 < p.stat().st_size <= LARGEST_BYTES]
    by_kind: dict[str, list[Path]] = {}
    for path in fit:
        by_kind.setdefault(f"found {path.suffix[1:]}", []).append(path)
    return [
        Original(kind, path.suffix[1:], path.read_bytes())
        for kind, found in by_kind.items()
        for path in found[:MOST_OF_A_KIND]
    ]
