"""Damaged inputs that once stopped a job, found by benchmarks/reliability/fuzz.py."""

import json
import struct
from pathlib import Path

import av
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import soundfile

from daf_core.arrays import RATE_HZ
from daf_core.errors import BadInput, SettingsError
from daf_core.recordings.audio import open_recording
from daf_core.schemas import MANIFEST
from daf_core.sources.open_source import open_source
from daf_core.sources.transcripts import read_transcript
from daf_core.stages.decode import decode_part

NOISE = np.random.default_rng(0).uniform(-0.3, 0.3, RATE_HZ).astype(np.float32)


def reason(uri: Path | str) -> str:
    with pytest.raises(BadInput) as caught, open_recording(str(uri)) as recording:
        recording.read(0, recording.duration_s)
    assert "\n" not in caught.value.message
    return caught.value.reason


def mux(path: Path, container: str, codec: str, starts_s: list[int], **metadata: str) -> Path:
    """A second of noise at each of these times."""
    with av.open(str(path), "w", format=container) as output:
        output.metadata.update(metadata)
        stream = output.add_stream(codec, rate=RATE_HZ, layout="mono")
        stream.bit_rate = 64_000
        encoder = stream.codec_context
        encoder.open()
        resampler = av.AudioResampler(encoder.format, "mono", RATE_HZ, encoder.frame_size or 1000)
        for start_s in starts_s:
            frame = av.AudioFrame.from_ndarray(NOISE[None], "fltp", "mono")
            frame.sample_rate, frame.pts = RATE_HZ, start_s * RATE_HZ
            for ready in resampler.resample(frame):
                output.mux(stream.encode(ready))
        output.mux(stream.encode(None))
    return path


def tables(path: Path) -> tuple[list[dict], list[str]]:
    source = open_source(str(path))
    source.gather()
    inspected = [source.inspector()(recordings) for _, recordings in source.recordings()]
    quarantined = source.quarantined + [row for one in inspected for row in one.quarantined]
    rows = [row for one in inspected for row in one.rows]
    return rows, [row["reason"] for row in quarantined]


def test_a_hole_of_an_hour_in_the_stamps_is_damage_and_one_of_seconds_is_silence(tmp_path):
    with open_recording(str(mux(tmp_path / "a.mka", "matroska", "pcm_s16le", [0, 5]))) as recording:
        assert recording.duration_s == pytest.approx(6, abs=0.1)
        assert np.abs(recording.read(2, 4)).max() == 0
    path = mux(tmp_path / "b.mka", "matroska", "pcm_s16le", [0, 3600])
    assert reason(path) == "unreadable_audio"
    with open_recording(str(path)) as recording, pytest.raises(BadInput, match="hole"):
        recording.read(0, 3600)


def test_a_codec_without_stamps_and_samples_of_a_foreign_width(tmp_path):
    soundfile.write(tmp_path / "a.wav", NOISE, RATE_HZ, subtype="ALAW")
    content = bytearray((tmp_path / "a.wav").read_bytes())
    content[20:22] = struct.pack("<H", 17)  # says ADPCM
    (tmp_path / "a.wav").write_bytes(content)
    with open_recording(str(tmp_path / "a.wav")) as recording:  # as what it says that it is
        whole = recording.read(0, 100)
        assert len(whole) == round(recording.duration_s * RATE_HZ) > 0
    soundfile.write(tmp_path / "b.wav", NOISE, RATE_HZ, subtype="PCM_U8")
    content = bytearray((tmp_path / "b.wav").read_bytes())
    content[32:36] = struct.pack("<HH", 0, 64)  # says integers of 64 bits
    (tmp_path / "b.wav").write_bytes(content)
    assert reason(tmp_path / "b.wav") == "unreadable_audio"


def test_tags_that_are_not_utf8_do_no_harm(tmp_path):
    path = mux(tmp_path / "a.mka", "matroska", "pcm_s16le", [0], title="cafe noir")
    path.write_bytes(path.read_bytes().replace(b"cafe noir", b"caf\xe9 noir"))
    with open_recording(str(path)) as recording:
        assert len(recording.read(0, 1)) == RATE_HZ


def test_damage_that_sends_a_decoder_before_the_file_s_start(tmp_path):
    content = mux(tmp_path / "a.wma", "asf", "wmav2", [0, 1, 2, 3]).read_bytes()
    (tmp_path / "a.wma").write_bytes(content[: len(content) // 20] + content[len(content) // 12 :])
    with open_recording(str(tmp_path / "a.wma")) as recording:
        assert len(recording.read(0, 1)) == RATE_HZ
    soundfile.write(tmp_path / "a.aiff", NOISE, RATE_HZ)
    content = (tmp_path / "a.aiff").read_bytes()
    for length in range(1, 47):
        (tmp_path / "a.aiff").write_bytes(content[:length])
        assert reason(tmp_path / "a.aiff") in {"unreadable_audio", "empty_audio"}


@pytest.mark.parametrize(
    ("uri", "found"),
    [
        ("nowhere://a.wav", "forbidden_uri"),
        ("a\0b.wav", "forbidden_uri"),
        ("a" * 300 + ".wav", "missing_audio"),
        ("zip://a::no", "forbidden_uri"),
    ],
)
def test_what_is_no_place_is_a_row_s_fault_not_the_job_s(uri, found, tmp_path):
    assert reason(uri) == found


def test_a_recording_that_can_be_measured_only_after_ingest_is_decoded_whole(tmp_path):
    soundfile.write(tmp_path / "a.wav", NOISE, RATE_HZ)
    blank = dict.fromkeys(MANIFEST.names) | {
        "meta": [],
        "flags": [],
        "utterance_id": "u",
        "recording_id": "r",
    }
    row = blank | {"audio_uri": str(tmp_path / "a.wav"), "text": "here"}
    (decoded,) = decode_part(pa.Table.from_pylist([row], schema=MANIFEST)).to_pylist()
    assert len(decoded["samples"]) == 2 * RATE_HZ
    assert decoded["flags"] == []


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("a.vtt", "00:00:03.000 -m> 00:00:04.000"),
        ("a.vtt", "00:00:03.000 --> 99999999999:00:00.000"),
        ("a.srt", "00:00:03,000 → 00:00:04,000"),
        ("a.srt", "00:00:03,000 -->0:00:05,000 --> 00:00:06,000"),
    ],
)
def test_a_cue_without_two_times_is_named(name, line, tmp_path):
    text = (
        "1\n00:00:01.000 --> 00:00:02.000\none\n\n{}\ntwo\n\n3\n00:00:05.000 --> 00:00:06.000\nx\n"
    )
    text = text.replace(".", ",") if name == "a.srt" else f"WEBVTT\n\n{text}"
    (tmp_path / name).write_text(text.format(line))
    transcript = read_transcript(str(tmp_path / name))
    texts = [cue.text for cue in transcript.cues]
    assert (texts[0], texts[-1]) == ("one", "x")
    assert len(texts) + len(transcript.unread) == 3


def test_blocks_of_webvtt_that_are_no_cues_are_named_but_for_its_own(tmp_path):
    text = (
        "WEBVTT\nKind: captions\n\nNOTE no\ncue\n\nSTYLE\n::cue {}\n\nwords\n\n \n\n\nmore\nwords\n"
    )
    (tmp_path / "a.vtt").write_text(text)
    transcript = read_transcript(str(tmp_path / "a.vtt"))
    assert (transcript.cues, transcript.unread) == ([], ["line 10", "line 15"])


def test_json_that_no_table_can_hold(tmp_path):
    lines = [
        '{"text": "fine", "more": ["caf\\u00e9"]}',
        '{"text": "x", "more": {"a": ["\\udfff"]}}',
        '{"text": "x", "\\ud800": 1}',
        '{"text": "x", "more": ' + "[" * 500 + "]" * 500 + "}",
        "{}",
    ]
    (tmp_path / "t.jsonl").write_text("\n".join(lines))
    rows, reasons = tables(tmp_path / "t.jsonl")
    assert [json.loads(row["meta"]["more"]) for row in rows] == [["café"]]
    assert reasons == ["bad_encoding", "bad_encoding", "bad_row", "empty_row"]


def test_cells_of_parquet_that_python_cannot_hold(tmp_path):
    table = pa.table(
        {
            "text": pa.array([b"fine", b"caf\xe9", b"x"], pa.binary()).view(pa.string()),
            "when": pa.array([0, 0, 2**31 - 1], pa.date32()),
        }
    )
    pq.write_table(table, tmp_path / "t.parquet")
    rows, reasons = tables(tmp_path / "t.parquet")
    assert [row["text"] for row in rows] == ["fine", "x"]  # its date goes to meta as text
    assert reasons == ["bad_encoding"]


def test_a_head_of_a_table_that_cannot_be_read_is_one_line_without_its_words(tmp_path):
    pq.write_table(pa.table({"text": ["hidden words"]}), tmp_path / "t.parquet")
    content = bytearray((tmp_path / "t.parquet").read_bytes())
    content[-60:-8] = b"\xff" * 52
    (tmp_path / "t.parquet").write_bytes(content)
    (tmp_path / "no-head.csv").write_text("hidden words,a.wav\n")
    for name in ("t.parquet", "no-head.csv"):
        with pytest.raises(SettingsError, match=name) as caught:
            tables(tmp_path / name)
        assert "\n" not in str(caught.value)
        assert "hidden" not in str(caught.value)
