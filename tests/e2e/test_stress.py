"""The robustness grid on Ray: tables, picture, predictions; the same bytes without Ray."""

import json

import numpy as np
import pyarrow.parquet as pq

from daf_core.damage.conditions import CONDITIONS
from tests.e2e.conftest import part_bytes


def test_a_grid_on_ray_and_without_and_what_is_refused(daf, manifest, make_head, tmp_path):
    daf_head, text_head, out = make_head(), make_head("text"), tmp_path / "grid"
    heads = [f"--heads={daf_head},{text_head}"]
    made = daf("stress", *heads, manifest=manifest, out=out, rows=4, actors=1)
    assert made.status == 0, made.complaint
    said = pq.read_table(out / "predictions").to_pylist()
    assert len(said) == 4 * (2 * len(CONDITIONS) - 1)  # text alone says nothing of no text
    assert f"{len(CONDITIONS)} conditions × 2 heads, 4 rows in, {len(said)} predicted, 0 quar" in (
        made.summary
    )
    table = pq.read_table(out / "robustness.parquet").to_pylist()
    noisy = next(row for row in table if row["condition"] == "white noise -5 dB")
    own = [row for row in said if (row["condition"], row["head"]) == (noisy["condition"], "daf")]
    apart = [abs(row["sentiment"] - row["label"]) for row in own]
    assert noisy["head"] == "daf"
    assert abs(noisy["mae"] - np.mean(apart)) < 1e-5
    assert "| white noise -5 dB" in (out / "robustness.md").read_text()
    assert r"\toprule" in (out / "robustness.tex").read_text()
    assert (out / "robustness.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads((out / "run.json").read_text())["complete"]

    before = part_bytes(out)
    next((out / "predictions").glob("*.parquet")).unlink()
    again = daf("stress", *heads, manifest=manifest, out=out, rows=4, local=True, actors=1)
    assert again.status == 0, again.complaint
    assert "parts were done before" in again.summary
    assert part_bytes(out) == before

    other = daf("stress", *heads, manifest=manifest, out=out, rows=5)
    assert other.status == 2
    assert "other rows were taken (--rows, --seed)" in other.complaint
    turns = daf("stress", heads=make_head("gatedx"), manifest=manifest, out=tmp_path / "new")
    assert turns.status == 2
    assert "expected a head that reads each utterance by itself" in turns.complaint
    nothing = daf("stress", *heads, manifest=tmp_path / "none", out=tmp_path / "new")
    assert nothing.status == 2
    assert not (tmp_path / "new").exists()


def test_damaged_rows_to_train_on(daf, manifest, embeddings, encoders, tmp_path):
    damaged = tmp_path / "damaged"
    asked = {
        "manifest": manifest, "text_encoder": encoders.text, "audio_encoder": encoders.audio,
        "local": True,
    }  # fmt: skip
    refused = daf("embed", out=damaged, damage="hum", **asked)
    assert refused.status == 2
    assert "--damage hum: expected all" in refused.complaint
    made = daf("embed", out=damaged, damage="all", **asked)
    assert made.status == 0, made.complaint
    clean, changed = (pq.read_table(f"{folder}/embeddings") for folder in (embeddings, damaged))
    assert changed["utterance_id"].equals(clean["utterance_id"])
    assert not changed["text"].equals(clean["text"])
    assert not changed["audio"].equals(clean["audio"])
    again = daf("embed", out=damaged, damage="all", seed=1, **asked)
    assert again.status == 2
    assert "damage" in again.complaint
    how = {"heads": "daf", "baseline": "daf", "seeds": 1, "epochs": 2, "width": 8}
    trained = daf("evaluate", embeddings=embeddings, also=damaged, out=tmp_path / "heads", **how)
    assert trained.status == 0, trained.complaint
