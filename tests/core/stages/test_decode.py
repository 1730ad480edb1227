"""What decoding makes of times that lie very near to each other."""

import numpy as np
import pyarrow as pa
import soundfile

from daf_core.schemas import MANIFEST
from daf_core.stages.decode import decode_part

RATE_HZ = 16_000


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
