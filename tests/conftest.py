"""Real speech where the corpora lie beside the project, and recordings of it in every format."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile
import soxr
from hypothesis import settings

# Machines stall; the same examples every time: a new one that fails is found by looking for it.
settings.register_profile("untimed", deadline=None, derandomize=True)
settings.load_profile("untimed")

CORPORA = Path(__file__).parents[2] / "shared" / "data"

# kind of recording: suffix, encoder, its own rate in Hz
SOUNDFILE_KINDS = {
    "wav_u8": ("wav", "PCM_U8", 16_000),
    "wav_16": ("wav", "PCM_16", 44_100),
    "wav_24": ("wav", "PCM_24", 48_000),
    "wav_32": ("wav", "PCM_32", 22_050),
    "wav_float": ("wav", "FLOAT", 32_000),
    "wav_ulaw": ("wav", "ULAW", 8_000),
    "wav_alaw": ("wav", "ALAW", 8_000),
    "wav_gsm": ("wav", "GSM610", 8_000),
    "flac": ("flac", "PCM_16", 44_100),
    "mp3": ("mp3", "MPEG_LAYER_III", 44_100),
    "ogg_vorbis": ("ogg", "VORBIS", 44_100),
    "ogg_opus": ("opus", "OPUS", 48_000),
}
PYAV_KINDS = {
    "m4a": ("m4a", "aac", 44_100),
    "adts": ("aac", "aac", 44_100),
    "webm_opus": ("webm", "libopus", 48_000),
    "mka_aac": ("mka", "aac", 44_100),
    "amr_nb": ("amr", "libopencore_amrnb", 8_000),
    "wav_g722": ("wav", "g722", 16_000),
}
MUXERS = {"m4a": "mp4", "aac": "adts", "mka": "matroska"}


@pytest.fixture(scope="session")
def corpora() -> Path:
    """The folder of corpora beside the project."""
    if not CORPORA.is_dir():
        pytest.skip(f"no corpora beside the project at {CORPORA}")
    return CORPORA


@pytest.fixture(scope="session")
def speech() -> np.ndarray:
    """30 s of (samples,) float32 at 16 kHz: meeting speech, else a voice-like chirp."""
    path = CORPORA / "longform" / "ami_pyannote" / "sample.flac"
    if path.is_file():
        samples, _ = soundfile.read(path, dtype="float32")
        return samples[: 30 * 16_000]
    time_s, rng = np.arange(30 * 16_000) / 16_000, np.random.default_rng(0)
    pitch_hz = np.interp(time_s, np.arange(0, 31, 0.05), rng.uniform(90, 220, 620))
    phase = 2 * np.pi * np.cumsum(pitch_hz) / 16_000
    voice = sum(np.sin(k * phase) / k for k in range(1, 12))
    breath = rng.normal(0, 0.05, len(time_s))
    syllables = np.clip(np.sin(2 * np.pi * 2.3 * time_s), 0, 1)
    return (0.15 * syllables * (voice + breath)).astype(np.float32)


@pytest.fixture(scope="session")
def make_recording():
    """Write (frames, channels) float32 at the rate of `kind` and give the path back."""
    return write_recording


@pytest.fixture(scope="session")
def recordings(speech, tmp_path_factory):
    """The speech as a recording of the asked kind, mono or (speech, speech later) in stereo."""
    folder, made = tmp_path_factory.mktemp("recordings"), {}

    def recording(kind: str, channels: int = 1) -> Path:
        if (kind, channels) not in made:
            suffix, _, rate_hz = (SOUNDFILE_KINDS | PYAV_KINDS)[kind]
            voices = np.stack([speech, np.roll(speech, 5 * 16_000)][:channels], axis=1)
            path = folder / f"{kind}_{channels}.{suffix}"
            write_recording(path, kind, soxr.resample(voices, 16_000, rate_hz))
            made[kind, channels] = path
        return made[kind, channels]

    return recording


def write_recording(path: Path, kind: str, frames: np.ndarray) -> Path:
    if kind in SOUNDFILE_KINDS:
        _, subtype, rate_hz = SOUNDFILE_KINDS[kind]
        form = {"opus": "OGG"}.get(path.suffix[1:])
        with soundfile.SoundFile(path, "w", rate_hz, frames.shape[1], subtype, format=form) as file:
            for start in range(
                0, len(frames), 1 << 16
            ):  # libsndfile overflows on long Vorbis writes
                file.write(frames[start : start + (1 << 16)])
        return path
    _, codec, rate_hz = PYAV_KINDS[kind]
    layout = {1: "mono", 2: "stereo"}[frames.shape[1]]
    muxer = MUXERS.get(path.suffix[1:], path.suffix[1:])
    with av.open(str(path), "w", format=muxer) as container:
        stream = container.add_stream(codec, rate=rate_hz, layout=layout)
        if kind == "amr_nb":
            stream.bit_rate = 12_200
        encoder = stream.codec_context
        encoder.open()
        resampler = av.AudioResampler(encoder.format, layout, rate_hz, encoder.frame_size or 1024)
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(frames.T), "fltp", layout)
        frame.sample_rate, frame.pts = rate_hz, 0
        for ready in [*resampler.resample(frame), *resampler.resample(None), None]:
            container.mux(stream.encode(ready))
    return path
