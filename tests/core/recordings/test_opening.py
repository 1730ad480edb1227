"""What is a recording is decided by content; headerless files and cells of tables open too."""

import io
import time
from contextlib import suppress

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile
from hypothesis import given
from hypothesis import strategies as st

from daf_core.arrays import RATE_HZ
from daf_core.errors import BadInput, SettingsError
from daf_core.recordings.audio import open_recording
from daf_core.recordings.decoding.parquet_cell import cell_uri
from daf_core.recordings.decoding.raw import ENCODINGS, parse_format, with_format
from tests.core.recordings.made_files import BY_FFMPEG, make, sound

RAW = {"ulaw": "ULAW", "alaw": "ALAW", "s16le": "PCM_16", "s8": "PCM_S8", "f32le": "FLOAT"}


@pytest.mark.parametrize("name", [name for name in BY_FFMPEG if name != "a.g722"])
def test_suffixes_do_not_matter(name, tmp_path):
    make(tmp_path, name, 1.0).rename(tmp_path / "x.dat")
    with open_recording(str(tmp_path / "x.dat")) as recording:
        assert recording.duration_s == pytest.approx(1, abs=0.13)


def test_what_is_no_recording_is_refused_at_once(tmp_path):
    picture = io.BytesIO()
    with av.open(picture, "w", format="image2pipe") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 640, 480, "yuvj420p"
        pixels = np.random.default_rng(0).integers(0, 255, (480, 640, 3), np.uint8)
        frame = av.VideoFrame.from_ndarray(pixels, "rgb24").reformat(format="yuvj420p")
        container.mux([*stream.encode(frame), *stream.encode(None)])
    contents = {
        "photo.mp3": picture.getvalue(),
        "paper.aac": b"%PDF-1.7\n" + np.random.default_rng(1).bytes(1 << 20),
        "notes.mp3": "Grüße, wie geht es Ihnen?\n".encode() * 50_000,
        "latin.mp3": "Grüße, wie geht es Ihnen?\n".encode("latin-1") * 50_000,
        "wide.mp3": "Grüße, wie geht es Ihnen?\n".encode("utf-16") * 50_000,
        "sync.mp3": b"\xff\xfb\x90\x64" * 300_000,
        "ids.mp3": b"ID3" * 300_000,
        "noise.aac": np.random.default_rng(2).bytes(2 << 20),
        "table.gsm": b"PAR1" + np.random.default_rng(3).bytes(1 << 16) + b"PAR1",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        start = time.process_time()
        with pytest.raises(BadInput) as caught, open_recording(str(tmp_path / name)):
            pass
        assert caught.value.reason == "unreadable_audio", name
        assert time.process_time() - start < 5, name


@pytest.mark.parametrize("encoding", RAW)
@pytest.mark.parametrize("channels", [1, 2])
def test_a_headerless_file(encoding, channels, tmp_path):
    frames = sound(8_000, channels, 2.0)
    soundfile.write(
        tmp_path / "call", frames, 8_000, format="RAW", subtype=RAW[encoding], endian="LITTLE"
    )
    uri = with_format(str(tmp_path / "call"), f"{encoding}:8000:{channels}")
    assert uri.endswith(f"#raw={encoding}:8000:{channels}")
    with open_recording(uri) as recording:
        assert (recording.rate_hz, recording.channels) == (8_000, channels)
        assert recording.duration_s == 2.0
        whole, cut = recording.read(0, 2, channels - 1), recording.read(1, 1.5, channels - 1)
    np.testing.assert_allclose(cut, whole[RATE_HZ : RATE_HZ * 3 // 2], atol=1e-5)
    assert np.corrcoef(whole[::2], frames[:, -1])[0, 1] > 0.98


@given(text=st.text(max_size=20) | st.sampled_from(["ulaw", "ulaw:0", "mp3:8000", "u8:8000:99"]))
def test_a_format_is_right_or_refused(text):
    with suppress(SettingsError):
        raw = parse_format(text)
        assert text.strip().lower().split(":")[0] in ENCODINGS
        assert raw.channels >= 1


def test_a_format_that_is_none_is_refused():
    for text in ("ulaw", "ulaw:8k", "ulaw:8000:0", "mp3:8000", "ulaw:8000:2:1", "", "s16:8000"):
        with pytest.raises(SettingsError, match="expected ENCODING:RATE"):
            with_format("a.raw", text)


def test_cells_of_a_parquet_file(tmp_path):
    contents = []
    for number in range(6):
        file = io.BytesIO()
        tone = 0.3 * np.sin(2 * np.pi * 100 * (number + 1) * np.arange(RATE_HZ) / RATE_HZ)
        soundfile.write(file, tone, RATE_HZ, format="FLAC")
        contents.append({"bytes": file.getvalue(), "path": "/etc/passwd"})
    contents.append({"bytes": None, "path": "/etc/passwd"})
    table = pa.table(
        {
            "my audio": contents,
            "plain": [cell["bytes"] for cell in contents],
            "text": ["words"] * 7,
        }
    )
    path = str(tmp_path / "train.parquet")
    pq.write_table(table, path, row_group_size=2)
    for column in ("my audio", "plain"):
        for row in (4, 0, 5, 1):
            with open_recording(cell_uri(path, column, row)) as recording:
                cut = recording.read(0, 1)
            assert np.abs(np.fft.rfft(cut)).argmax() == 100 * (row + 1)
    for column, row, reason in [
        ("plain", 6, "missing_audio"),
        ("my audio", 6, "missing_audio"),
        ("plain", 7, "missing_audio"),
        ("text", 0, "unreadable_audio"),
        ("nowhere", 0, "unreadable_audio"),
    ]:
        with pytest.raises(BadInput) as caught, open_recording(cell_uri(path, column, row)):
            pass
        assert caught.value.reason == reason, (column, row)
    with pytest.raises(BadInput) as caught, open_recording(f"{tmp_path}/no#column=plain&row=1"):
        pass
    assert caught.value.reason == "missing_audio"


def test_the_default_stream_of_a_video_is_heard(tmp_path):
    with av.open(str(tmp_path / "film.mkv"), "w", format="matroska") as container:
        streams = [container.add_stream("pcm_s16le", rate=RATE_HZ, layout="mono") for _ in "ab"]
        streams[1].disposition = 1
        for number, stream in enumerate(streams):
            tone = np.sin(2 * np.pi * 300 * (number + 1) * np.arange(RATE_HZ) / RATE_HZ)
            block = (8000 * tone).astype("<i2")[None]
            frame = av.AudioFrame.from_ndarray(block, "s16", "mono")
            frame.sample_rate, frame.pts = RATE_HZ, 0
            container.mux([*stream.encode(frame), *stream.encode(None)])
    with open_recording(str(tmp_path / "film.mkv")) as recording:
        cut = recording.read(0, 1)
    with av.open(str(tmp_path / "film.mkv")) as container:
        default = [bool(int(stream.disposition) & 1) for stream in container.streams]
    assert np.abs(np.fft.rfft(cut)).argmax() == (600 if default == [False, True] else 300)
