"""Decoding a part: what each row has to be heard and read, and why one has nothing."""

import numpy as np
import pyarrow as pa
import soundfile

from daf_core.recordings.synthesizer import Synthesizer
from daf_core.schemas import MANIFEST
from daf_core.stages.decode import decode_part
from daf_core.stages.decoded import DECODED
from tests.core.stages.made_parts import RATE_HZ, manifest_rows
from tests.synthesizer import COMMAND


def test_a_cut_without_a_sample_is_short_and_not_outside_of_its_recording(tmp_path):
    path = tmp_path / "a.wav"
    soundfile.write(path, np.random.default_rng(1).normal(0, 0.1, 2 * RATE_HZ), RATE_HZ)
    blank = dict.fromkeys(MANIFEST.names) | {"meta": [], "flags": [], "recording_id": "a"}
    times = [(1.0, 1.00001, "said"), (1.0, 1.1, "said"), (1.0, 1.00001, None), (3.0, 4.0, "said")]
    rows = [
        blank
        | {"utterance_id": f"u{start}-{end}", "audio_uri": str(path)}
        | {"start_s": start, "end_s": end, "text": text}
        for start, end, text in times
    ]
    decoded = decode_part(pa.Table.from_pylist(rows, schema=MANIFEST)).to_pylist()
    assert [row["flags"] for row in decoded] == [
        ["no_audio", "short"],
        ["short"],
        [],
        ["no_audio", "outside_recording"],
    ]
    assert [row["reason"] for row in decoded] == [None, None, "empty_audio", None]
    assert "found less than one sample" in decoded[2]["message"]


def test_decoding_keeps_every_row_and_says_why_one_has_nothing_to_score(part):
    decoded = decode_part(part)
    assert decoded.schema == DECODED
    assert decoded["utterance_id"].to_pylist() == part["utterance_id"].to_pylist()
    assert decoded["reason"].to_pylist() == [None] * 4 + ["missing_audio", "outside_recording"]
    assert decoded["flags"].to_pylist()[1:4] == [
        ["no_audio"],
        ["short", "no_text"],
        ["no_audio", "missing_audio"],
    ]


def test_what_was_away_at_ingest_may_be_there_now(recording):
    rows = manifest_rows(
        {"text": "back", "audio_uri": recording, "flags": ["missing_audio"]},
        {"text": "away", "audio_uri": f"{recording}.gone", "flags": ["missing_audio", "other"]},
        {"text": "never", "flags": ["outside_recording"]},
    )
    assert decode_part(rows)["flags"].to_pylist() == [
        [],
        ["other", "no_audio", "missing_audio"],
        ["outside_recording", "no_audio"],
    ]


def test_a_synthesizer_reads_out_text_without_a_recording(part):
    rows = pa.concat_tables([part, manifest_rows({"text": "is it?"})])
    plain, made = decode_part(rows), decode_part(rows, synthesizer=Synthesizer(COMMAND))
    assert [set(flags) for flags in made["flags"].to_pylist()] == [
        set(),
        {"synthesized"},
        {"short", "no_text"},
        {"no_audio", "missing_audio"},
        set(),
        set(),
        {"no_audio", "not_synthesized"},
    ]
    assert len(made["samples"][1].as_py()) == 2 * 16_000 * 0.05 * len("wordsalone")
    others = pa.array([row != 1 for row in range(len(rows))])
    for column in ("samples", "reason", "message", "text"):
        assert made.filter(others)[column].equals(plain.filter(others)[column])


def test_decoded_samples_are_the_recording_s_own(part, recording):
    samples = np.frombuffer(decode_part(part)["samples"][0].as_py(), "<i2")
    written, _ = soundfile.read(recording, dtype="int16")
    np.testing.assert_array_equal(samples, written[RATE_HZ : int(2.5 * RATE_HZ)])


def test_without_audio_no_recording_is_opened(part):
    decoded = decode_part(part, audio=False)
    assert decoded["samples"].null_count == len(part)
    reasons = decoded["reason"].to_pylist()
    assert reasons == [None, None, "unused_modality", None, "unused_modality", "unused_modality"]


def test_without_audio_a_row_outside_of_its_recording_stays_known(recording):
    flags = ["outside_recording", "unreadable_audio"]
    rows = manifest_rows({"text": "late", "audio_uri": recording, "flags": flags})
    assert decode_part(rows, audio=False)["flags"].to_pylist() == [["no_audio", flags[0]]]
