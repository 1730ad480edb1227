"""Recordings that FFmpeg and libsndfile can write, and what plain FFmpeg decodes of a file."""

from pathlib import Path

import av
import numpy as np
import soundfile

# name → FFmpeg's muxer and codec, rate in Hz, channels
BY_FFMPEG = {
    "a.mp3": ("mp3", "libmp3lame", 44_100, 2),
    "low.mp3": ("mp3", "libmp3lame", 22_050, 1),
    "a.mp2": ("mp2", "mp2", 48_000, 2),
    "a.m4a": ("mp4", "aac", 44_100, 2),
    "a.mov": ("mov", "aac", 22_050, 1),
    "a.m4b": ("ipod", "alac", 44_100, 1),
    "a.aac": ("adts", "aac", 44_100, 2),
    "a.mka": ("matroska", "aac", 44_100, 2),
    "flac.mkv": ("matroska", "flac", 44_100, 1),
    "pcm.mkv": ("matroska", "pcm_s16le", 44_100, 2),
    "a.opus": ("ogg", "libopus", 48_000, 2),
    "a.webm": ("webm", "libopus", 48_000, 1),
    "opus.mp4": ("mp4", "libopus", 48_000, 1),
    "a.flac": ("flac", "flac", 44_100, 2),
    "flac.oga": ("ogg", "flac", 44_100, 1),
    "a.ac3": ("ac3", "ac3", 48_000, 2),
    "a.eac3": ("eac3", "eac3", 48_000, 2),
    "a.ts": ("mpegts", "aac", 48_000, 2),
    "mp2.ts": ("mpegts", "mp2", 48_000, 1),
    "a.mpg": ("mpeg", "mp2", 48_000, 2),
    "a.wma": ("asf", "wmav2", 44_100, 2),
    "a.flv": ("flv", "aac", 44_100, 2),
    "a.avi": ("avi", "libmp3lame", 44_100, 2),
    "a.wv": ("wv", "wavpack", 44_100, 2),
    "a.tta": ("tta", "tta", 44_100, 2),
    "a.amr": ("amr", "libopencore_amrnb", 8_000, 1),
    "a.3gp": ("3gp", "libopencore_amrnb", 8_000, 1),
    "a.g722": ("g722", "g722", 16_000, 1),
    "a.w64": ("w64", "pcm_s16le", 44_100, 2),
    "a.caf": ("caf", "pcm_s16le", 44_100, 1),
    "a.aiff": ("aiff", "pcm_s16be", 44_100, 1),
    "a.rm": ("rm", "ac3", 48_000, 2),
    "a.voc": ("voc", "pcm_u8", 8_000, 1),
    "ima.wav": ("wav", "adpcm_ima_wav", 8_000, 2),
    "g722.wav": ("wav", "g722", 16_000, 1),
}
# name → libsndfile's format and encoding
BY_SOUNDFILE = {
    "sf.ogg": ("OGG", "VORBIS"),
    "sf.mp3": ("MP3", "MPEG_LAYER_III"),
    "sf.flac": ("FLAC", "PCM_24"),
    "sf.wav": ("WAV", "PCM_16"),
    "ulaw.wav": ("WAV", "ULAW"),
    "float.wav": ("WAV", "FLOAT"),
    "gsm.wav": ("WAV", "GSM610"),
    "ms.wav": ("WAV", "MS_ADPCM"),
    "sf.rf64": ("RF64", "PCM_16"),
    "sf.au": ("AU", "ULAW"),
    "sf.sph": ("NIST", "PCM_16"),
    "sf.voc": ("VOC", "ALAW"),
    "sf.8svx": ("SVX", "PCM_16"),
    "alac.caf": ("CAF", "ALAC_16"),
    "sf.sf": ("IRCAM", "PCM_16"),
    "sf.aifc": ("AIFF", "ALAW"),
}
NAMES = [*BY_FFMPEG, *BY_SOUNDFILE]


def sound(rate_hz: int, channels: int, seconds: float) -> np.ndarray:
    """(frames, channels) float32 that is nowhere alike: a tone that rises, and noise."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    noise = np.random.default_rng(7).normal(0, 0.02, (len(time_s), channels))
    tone = 0.3 * np.sin(2 * np.pi * (200 * time_s + 40 * time_s**2))
    return (tone[:, None] + noise).astype(np.float32)


def make(folder: Path, name: str, seconds: float = 4.3) -> Path:
    """A recording of this name."""
    path = folder / name
    if name in BY_SOUNDFILE:
        form, subtype = BY_SOUNDFILE[name]
        rate_hz = 8_000 if subtype == "GSM610" else 22_050
        soundfile.write(path, sound(rate_hz, 1, seconds), rate_hz, format=form, subtype=subtype)
        return path
    muxer, codec, rate_hz, channels = BY_FFMPEG[name]
    return mux(path, muxer, codec, rate_hz, channels, sound(rate_hz, channels, seconds))


def mux(
    path: Path, muxer: str, codec: str, rate_hz: int, channels: int, frames: np.ndarray
) -> Path:
    """Write (frames, channels) with FFmpeg."""
    layout = {1: "mono", 2: "stereo", 12: "7.1.4"}[channels]
    with av.open(str(path), "w", format=muxer) as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        stream.bit_rate = 12_200 if "amr" in codec else 96_000
        encoder = stream.codec_context
        encoder.open()
        resampler = av.AudioResampler(encoder.format, layout, rate_hz, encoder.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(frames).reshape(1, -1), "flt", layout
        )
        frame.sample_rate, frame.pts = rate_hz, 0
        for ready in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(ready))
    return path


def decoded_by_ffmpeg(path: Path, form: str | None = None) -> int:
    """Frames of the first audio stream, as `ffmpeg -i X out.wav` writes them."""
    frames = 0
    with av.open(str(path), format=form) as container:
        stream = container.streams.audio[0]
        try:
            for packet in container.demux(stream):
                try:
                    frames += sum(frame.samples for frame in packet.decode())
                except av.InvalidDataError:
                    continue
        except av.FFmpegError:
            pass
    return frames
