"""From recordings to an adapted head: score, label, adapt, score again, on real audio."""

import csv
import json
from dataclasses import replace
from importlib import resources
from pathlib import Path

import pytest

from benchmarks.daf_command import save_untrained_head
from daf_core.adaptation.label_table import COLUMNS, write_label_table
from daf_core.errors import SettingsError
from daf_core.storage.output import scores_output
from jobs.settings import AdaptSettings, IngestSettings, LabelSettings, ScoreSettings
from jobs.verbs import adapt, ingest, label, score
from tests.e2e.corpus import make_encoders


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo corpus without its labels, scored by a head and encoders that know nothing."""
    root = tmp_path_factory.mktemp("adapt")
    corpus = str(resources.files("jobs") / "demo_corpus")
    manifest, head = str(root / "manifest"), str(root / "head")
    ingest.run(IngestSettings(source=corpus, out=manifest, part_minutes=1.0))
    encoders = make_encoders(root)
    save_untrained_head(head, encoders.text, encoders.audio, width=8)
    score.run(ScoreSettings(manifest=manifest, head=head, out=str(root / "scores"), local=True))
    return root


@pytest.mark.timeout(900)  # processes start slowly on a busy machine
def test_labels_of_scored_recordings_make_a_head_that_scores(folder: Path) -> None:
    table, scores = folder / "labels.csv", str(folder / "scores")
    said = label.run(LabelSettings(scores=scores, out=str(table), rows=24))
    assert said.startswith("24 of 97 utterances")
    with table.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len({row["recording_id"] for row in rows}) > 3
    assert sum(bool(row["text"]) for row in rows) > 20
    filled = [{**row, "label": 1.5 if number % 4 else -0.5} for number, row in enumerate(rows)]
    write_label_table(str(table), filled, COLUMNS)
    asked = AdaptSettings(
        labels=str(table),
        scores=scores,
        out=str(folder / "ours"),
        method="offset",
        force=True,
        local=True,
    )
    record = folder / "manifest" / "run.json"
    written = record.read_text()
    record.write_text(json.dumps(json.loads(written) | {"roots": [str(folder / "elsewhere")]}))
    with pytest.raises(SettingsError, match="outside_roots 24"):
        adapt.run(asked)
    corpus = str(resources.files("jobs") / "demo_corpus")
    assert "24 labelled rows" in adapt.run(replace(asked, allow_root=[corpus]))
    record.write_text(written)
    assert not (folder / "ours" / "_embeddings").exists()
    manifest = str(folder / "manifest")
    again = ScoreSettings(
        manifest=manifest, head=str(folder / "ours"), out=str(folder / "again"), local=True
    )
    score.run(again)
    before, after = (
        [one for rows in scores_output(str(folder / name)).read_all() for one in rows.to_pylist()]
        for name in ("scores", "again")
    )
    assert [one["utterance_id"] for one in before] == [one["utterance_id"] for one in after]
    assert all(one["interval_low"] is None for one in before)
    assert all(one["interval_low"] is not None for one in after if one["text_sentiment"])

    def mean(rows: list[dict]) -> float:
        return sum(one["sentiment"] for one in rows) / len(rows)

    assert abs(mean(after) - 1) < abs(mean(before) - 1)
