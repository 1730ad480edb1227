"""Text that nobody recorded, read out by a command, embedded and trained on."""

import json
import shlex
import signal
import subprocess

import pyarrow.parquet as pq

from tests.e2e.conftest import part_bytes, start, wait_until
from tests.synthesizer import COMMAND

TEXTS = ["good morning", "is anybody there?", "not a good day"]


def test_words_get_a_voice_to_train_on(daf, embeddings, encoders, tmp_path):
    table = tmp_path / "words.csv"
    rows = [f"r{number},{text},{number % 7 - 3}" for number, text in enumerate(4 * TEXTS)]
    table.write_text("\n".join(["recording_id,text,label", *rows]))
    manifest, out = tmp_path / "manifest", tmp_path / "embeddings"
    assert daf("ingest", table, out=manifest).status == 0
    asked = {
        "manifest": manifest, "text_encoder": encoders.text, "audio_encoder": encoders.audio,
    }  # fmt: skip
    refused = daf("embed", out=out, synthesize="no-such-voice", **asked)
    assert refused.status == 2
    assert "--synthesize 'no-such-voice': expected a command that reads" in refused.complaint
    assert not out.exists()
    made = daf("embed", out=out, synthesize=COMMAND, actors=1, **asked)
    assert (made.status, made.complaint) == (0, "")
    found = pq.read_table(out / "embeddings").to_pylist()
    flags = {row["recording_id"]: row["flags"] for row in found}
    asks = {f"r{number}" for number, text in enumerate(4 * TEXTS) if "?" in text}
    assert {one for one, said in flags.items() if said == ["no_audio", "not_synthesized"]} == asks
    assert {one for one, said in flags.items() if said == ["synthesized"]} == flags.keys() - asks
    assert {row["recording_id"] for row in found if row["audio"] is None} == asks
    again = daf("embed", out=tmp_path / "local", synthesize=COMMAND, local=True, **asked)
    assert again.status == 0, again.complaint
    assert part_bytes(tmp_path / "local") == part_bytes(out)
    other = daf("embed", out=out, synthesize=f"{COMMAND} 100", **asked)
    assert other.status == 2
    assert "synthesizer" in other.complaint
    how = {"heads": "audio", "baseline": "audio", "seeds": 1, "epochs": 2, "also_rows": 4}
    also = [f"--also={out}", f"--also={tmp_path / 'local'}"]
    trained = daf("evaluate", *also, embeddings=embeddings, out=tmp_path / "heads", **how)
    assert trained.status == 0, trained.complaint
    told = json.loads((tmp_path / "heads" / "run.json").read_text())["data"]["also"]
    assert [one["embeddings"] for one in told] == [str(out), str(tmp_path / "local")]


def test_an_interrupted_command_says_how_to_go_on(manifest, encoders, tmp_path):
    begun = tmp_path / "begun"
    slow = shlex.join(["sh", "-c", f"touch {shlex.quote(str(begun))}; exec sleep 60"])
    command = start(
        "embed", stderr=subprocess.PIPE, manifest=manifest, out=tmp_path / "out", synthesize=slow,
        text_encoder=encoders.text, audio_encoder=encoders.audio,
    )  # fmt: skip
    wait_until(begun.exists, command)
    command.send_signal(signal.SIGINT)
    _, complaint = command.communicate(timeout=60)
    assert complaint == b"daf: interrupted; run the same command again to continue\n"
    assert command.returncode == 130
