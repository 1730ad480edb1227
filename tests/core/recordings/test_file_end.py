"""Files that go on after the sound that is decoded, or end before it, are told from whole ones."""

from pathlib import Path

import av
import numpy as np
import pytest
import soundfile

from daf_core.recordings.audio import open_recording
from daf_core.sources.inspection import measure
from daf_core.sources.manifest_rows import AudioSize
from tests.core.recordings.made_files import NAMES, make
from tests.core.sources.ingest import ingest

NOISE = np.random.default_rng(3).integers(0, 256, 100_000, np.uint8).tobytes()
ID3V1 = b"TAG" + b"a title".ljust(125, b"\0")
ID3V2 = b"ID3\4\0\0\0\2\0\0" + NOISE[: 1 << 15]
APE = b"APETAGEX" + (2000).to_bytes(4, "little", signed=False).rjust(8, b"\0") + bytes(16)
JOINED = [
    *("sf.wav", "ulaw.wav", "float.wav", "gsm.wav", "ms.wav", "ima.wav", "g722.wav", "sf.rf64"),
    *("a.m4a", "a.mov", "a.m4b", "opus.mp4", "a.3gp", "a.flv", "a.wv", "a.tta", "a.caf"),
    *("alac.caf", "a.aiff", "sf.aifc", "sf.au"),
]


def end_flag(path: Path) -> str | None:
    with open_recording(str(path)) as recording:
        return recording.end_flag()


def goes_on(path: Path) -> bool:
    return end_flag(path) == "unheard_rest"


def made(folder: Path, name: str) -> Path:
    try:
        return make(folder, name)
    except Exception:
        pytest.skip("this FFmpeg has no such encoder")


# Formats without a length in their header, and those that cannot be read at all when cut short,
# since their index lies behind the sound.
UNTOLD = {"a.mp2", "a.aac", "a.ac3", "a.eac3", "a.ts", "mp2.ts", "a.mpg", "a.amr", "a.g722"}
UNTOLD |= {"a.voc", "sf.voc", "sf.sf"}
INDEX_LAST = {"a.m4a", "a.mov", "a.m4b", "opus.mp4", "a.3gp"}


@pytest.mark.parametrize("name", NAMES)
def test_a_whole_recording_does_not_go_on_or_end_early(tmp_path: Path, name: str) -> None:
    assert end_flag(made(tmp_path, name)) is None


@pytest.mark.parametrize("name", [name for name in NAMES if name not in UNTOLD | INDEX_LAST])
@pytest.mark.parametrize("part", [0.4, 0.7])
def test_a_recording_that_was_copied_in_part_is_told(
    tmp_path: Path, name: str, part: float
) -> None:
    path = made(tmp_path, name)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    assert end_flag(path) == "ends_early"


@pytest.mark.parametrize("fragmented", [False, True])
def test_an_mp4_with_its_index_first_is_told_when_cut_short(
    tmp_path: Path, fragmented: bool
) -> None:
    flags = "frag_keyframe+empty_moov" if fragmented else "faststart"
    path = tmp_path / "a.m4a"
    with av.open(str(path), "w", format="mp4", options={"movflags": flags}) as container:
        stream = container.add_stream("aac", rate=16_000, layout="mono")
        values = np.random.default_rng(5).normal(0, 0.1, (1, 160_000)).astype(np.float32)
        frame = av.AudioFrame.from_ndarray(values, "fltp", "mono")
        frame.sample_rate, frame.pts = 16_000, 0
        for packet in [*stream.encode(frame), *stream.encode(None)]:
            container.mux(packet)
    assert end_flag(path) is None
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 6 // 10])
    assert end_flag(path) == "ends_early"


@pytest.mark.parametrize("length", [0, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0x7FFFF000])
def test_a_length_that_a_recorder_did_not_know_is_no_promise(tmp_path: Path, length: int) -> None:
    path = make(tmp_path, "sf.wav")
    whole = bytearray(path.read_bytes())
    at = whole.index(b"data") + 4
    whole[at : at + 4] = length.to_bytes(4, "little")
    path.write_bytes(whole)
    assert end_flag(path) is None


@pytest.mark.parametrize("name", JOINED)
def test_of_recordings_joined_byte_by_byte_the_second_is_told(tmp_path: Path, name: str) -> None:
    path = made(tmp_path, name)
    path.write_bytes(path.read_bytes() * 2)
    assert goes_on(path)


@pytest.mark.parametrize(
    "name", ["sf.flac", "a.flac", "sf.mp3", "a.opus", "sf.ogg", "a.aac", "a.mka"]
)
def test_what_is_heard_whole_does_not_go_on(tmp_path: Path, name: str) -> None:
    path = made(tmp_path, name)
    alone_s = open_recording(str(path)).duration_s
    path.write_bytes(path.read_bytes() * 2)
    assert open_recording(str(path)).duration_s > 1.9 * alone_s
    assert not goes_on(path)


@pytest.mark.parametrize(
    "name", [*JOINED, "sf.flac", "sf.ogg", "a.opus", "sf.mp3", "a.webm", "a.avi"]
)
def test_noise_behind_the_sound_is_told_and_padding_is_not(tmp_path: Path, name: str) -> None:
    path = made(tmp_path, name)
    whole = path.read_bytes()
    path.write_bytes(whole + NOISE)
    assert goes_on(path)
    for padding in (bytes(100_000), b"\xff" * 100_000, bytes(100_000) + ID3V1, bytes(1000)):
        path.write_bytes(whole + padding)
        if name != "sf.mp3" or padding[0] == 0:  # 0xFF begins a frame
            assert not goes_on(path), len(padding)


@pytest.mark.parametrize("name", ["sf.wav", "sf.mp3", "sf.flac", "a.m4a", "a.wv"])
@pytest.mark.parametrize("tags", [ID3V1, ID3V2, APE + NOISE[:2000], ID3V2 + ID3V1])
def test_tags_behind_the_sound_are_no_rest(tmp_path: Path, name: str, tags: bytes) -> None:
    path = made(tmp_path, name)
    path.write_bytes(path.read_bytes() + tags)
    assert not goes_on(path)


def test_a_header_that_is_shorter_than_its_samples_is_told(tmp_path: Path) -> None:
    path = make(tmp_path, "sf.wav")
    whole = bytearray(path.read_bytes())
    at = whole.index(b"data") + 4
    size = int.from_bytes(whole[at : at + 4], "little")
    whole[at : at + 4] = (size // 2 & ~1).to_bytes(4, "little")
    path.write_bytes(whole)
    assert goes_on(path)
    whole[at : at + 4] = bytes(4)  # never written: heard to the end
    path.write_bytes(whole)
    assert not goes_on(path)


@pytest.mark.parametrize("pad", [b"", b"\0"])
def test_chunks_behind_the_samples_are_no_rest(tmp_path: Path, pad: bytes) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(801), 8000, subtype="PCM_U8")  # an odd number of bytes
    whole = path.read_bytes().removesuffix(b"\0") if not pad else path.read_bytes()
    chunk = b"LIST" + (5000).to_bytes(4, "little") + NOISE[:5000]
    path.write_bytes(whole + chunk + b"bext" + (2000).to_bytes(4, "little") + NOISE[:2000])
    assert not goes_on(path)


@pytest.mark.parametrize(
    "names", [("sf.ogg", "a.opus"), ("a.opus", "sf.ogg"), ("flac.oga", "a.opus")]
)
def test_a_chained_ogg_whose_second_codec_is_another_is_told(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    first, second = (make(tmp_path, name).read_bytes() for name in names)
    path = tmp_path / "both.ogg"
    path.write_bytes(first + second)
    assert goes_on(path)


@pytest.mark.parametrize(
    "head", [b"RIFF\0\0\0\0WAVE", b"FORM\0\0\0\0AIFF", b"caff\0\1\0\0", b"\0\0\0\x18ftyp"]
)
def test_hostile_sizes_end_and_raise_nothing_but_bad_input(tmp_path: Path, head: bytes) -> None:
    path = tmp_path / "a.bin"
    for filling in (bytes(50_000), b"JUNK\0\0\0\0" * 6000, b"\0\0\0\x08free" * 6000, NOISE):
        path.write_bytes(head + filling)
        measure(str(path))


def test_all_rows_of_such_a_recording_are_flagged(tmp_path: Path) -> None:
    path = make(tmp_path, "sf.wav")
    path.write_bytes(path.read_bytes() * 2)
    (tmp_path / "sf.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n")
    size = measure(str(path))
    assert isinstance(size, AudioSize)
    assert size.flags == ("unheard_rest",)
    rows = ingest(tmp_path).rows
    assert [row["flags"] for row in rows] == [["unheard_rest"]]


def test_all_rows_of_a_recording_that_ends_early_are_flagged(tmp_path: Path) -> None:
    path = make(tmp_path, "sf.flac")
    path.write_bytes(path.read_bytes()[:-100_000])
    (tmp_path / "sf.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nhello\n")
    assert [row["flags"] for row in ingest(tmp_path).rows] == [["ends_early"]]


def test_where_the_first_holds_no_speech_the_message_says_that_the_file_goes_on(
    tmp_path: Path,
) -> None:
    path = tmp_path / "a.wav"
    soundfile.write(path, np.zeros(16_000), 16_000)
    path.write_bytes(path.read_bytes() + NOISE)
    (refused,) = ingest(tmp_path).quarantined
    assert refused["reason"] == "no_speech"
    assert "goes on after the sound that is decoded" in refused["message"]
