"""daf label and daf adapt, as commands: from scores to a table, from a table to a head."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from daf_core.adaptation import choose
from daf_core.adaptation.label_table import COLUMNS, read_labels, write_label_table
from daf_core.errors import NotDone, SettingsError
from daf_core.schemas import MANIFEST, QUARANTINE
from daf_core.stages import trained_head
from daf_core.stages.score import score
from daf_core.stages.trained_head import TrainedHead
from daf_core.storage import part_index, run_record
from daf_core.storage.output import manifest_output, scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from jobs.settings import AdaptSettings, LabelSettings
from jobs.verbs import adapt, label
from tests.core.adaptation.archives import archive, head, stored

MOODS = 1  # a seed by which the offset of the labelled recordings is no use to the others


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """head/, embeddings/, scores/ and manifest/ of an archive of 300 rows with an offset."""
    root = tmp_path_factory.mktemp("archive")
    trained_head.publish(str(root / "head"), head())
    embedded, _ = archive(300, 20)
    stored(str(root / "embeddings"), embedded)
    rows = [
        {
            "utterance_id": one["utterance_id"],
            "recording_id": one["recording_id"],
            "text": "=1+1" if number % 2 else "good, very good",
            "audio_uri": f"/calls/{one['recording_id']}.wav" if number % 3 else None,
            "flags": [],
        }
        for number, one in enumerate(embedded.select(["utterance_id", "recording_id"]).to_pylist())
    ]
    manifest = manifest_output(str(root / "manifest"))
    finished(manifest, pa.Table.from_pylist(rows, schema=MANIFEST), {}, {})
    scores, _ = score(head(), embedded)
    finished(
        scores_output(str(root / "scores")),
        scores,
        {"manifest": "0" * 16, "precision": "float32"},
        {"manifest": str(root / "manifest")},
    )
    return root


def finished(output, rows: pa.Table, identity: dict, facts: dict) -> None:
    run_record.begin(output, identity, fresh=False)
    part = PartFacts(
        name="part-00000.parquet",
        rows_fingerprint="0" * 16,
        rows_in=len(rows),
        rows=len(rows),
        audio_s=0.0,
        reasons={},
    )
    fingerprint = run_record.fingerprint(identity)
    publish_part(output, part, rows, QUARANTINE.empty_table(), fingerprint)
    part_index.write(output.index_uri, [part], fingerprint)
    run_record.finish(output, identity, {"parts": 1, **facts})


def lines_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def filled(folder: Path, name: str, labels: dict[str, float], rows: int = 60) -> str:
    """The table of `daf label`, filled in."""
    path = folder / name
    label.run(LabelSettings(scores=str(folder / "scores"), out=str(path), rows=rows, fresh=True))
    lines = lines_of(path)
    for line in lines:
        line["label"] = f"{labels[line['utterance_id']]:.2f}"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, lines[0])
        writer.writeheader()
        writer.writerows(lines)
    return str(path)


def settings(folder: Path, labels: str, out: str, **options) -> AdaptSettings:
    return AdaptSettings(
        head=str(folder / "head"),
        labels=labels,
        embeddings=str(folder / "embeddings"),
        out=str(folder / out),
        **options,
    )


def test_the_table_holds_words_and_no_score(folder: Path) -> None:
    path = folder / "first.csv"
    asked = LabelSettings(scores=str(folder / "scores"), out=str(path), rows=50)
    said = label.run(asked)
    assert said.startswith("50 of 300 utterances, of ")
    lines = lines_of(path)
    assert [name for name in lines[0] if name != "file"] == list(COLUMNS)
    assert {line["file"] for line in lines if line["file"]} <= {
        f"/calls/{line['recording_id']}.wav" for line in lines
    }
    assert any(line["file"] for line in lines)
    assert {line["label"] for line in lines} == {""}
    assert {line["text"] for line in lines} == {"'=1+1", "good, very good"}
    assert sum(float(line["stands_for"]) for line in lines) == pytest.approx(300, abs=0.1)
    before = path.read_bytes()
    label.run(asked)  # again: nothing is filled in yet
    assert path.read_bytes() == before
    shown = LabelSettings(
        scores=str(folder / "scores"), out=str(path), rows=50, text=False, show_scores=True
    )
    label.run(shown)
    lines = lines_of(path)
    assert all(line["sentiment"] for line in lines)
    assert {line["text"] for line in lines} == {""}


def flagged(root: Path, flags: list[str]) -> LabelSettings:
    """Settings for scores of 300 rows, of which each third one has these flags."""
    rows, _ = score(head(), archive(300, 20)[0])
    own = [[*old, *(flags if number % 3 == 0 else [])] for number, old in enumerate(_flags(rows))]
    place = rows.schema.get_field_index("flags")
    rows = rows.set_column(place, rows.schema.field(place), pa.array(own, pa.list_(pa.string())))
    uri = str(root / "scores")
    finished(scores_output(uri), rows, {"manifest": "0" * 16, "precision": "float32"}, {})
    return LabelSettings(scores=uri, out=str(root / "labels.csv"), rows=70)


def _flags(rows: pa.Table) -> list[list[str]]:
    found: list[list[str]] = rows["flags"].to_pylist()
    return found


@pytest.mark.parametrize("at_most", [200_000, 150])
@pytest.mark.parametrize(
    "flags", [["silent", "no_audio"], ["music"], ["no_audio", "missing_audio"], ["bad_time"]]
)
def test_rows_that_nobody_can_hear_are_left_out_and_not_stood_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: list[str], at_most: int
) -> None:
    """Also where a random part of the rows is looked at."""
    monkeypatch.setattr(choose, "CANDIDATES_AT_MOST", at_most)
    asked = flagged(tmp_path, flags)
    said = label.run(asked)
    assert said.startswith("70 of 300 utterances, 200 of which can be labelled (left out are ")
    lines = lines_of(tmp_path / "labels.csv")
    assert sum(float(line["stands_for"]) for line in lines) == pytest.approx(200, abs=0.1)
    rows = scores_output(asked.scores).read("part-00000.parquet", ["utterance_id", "flags"])
    held = {row["utterance_id"]: row["flags"] for row in rows.to_pylist()}
    assert all(flags[-1] not in held[line["utterance_id"]] for line in lines)


def test_rows_of_transcripts_without_a_recording_are_labelled_by_their_words(tmp_path) -> None:
    said = label.run(flagged(tmp_path, ["no_audio"]))
    assert said.startswith("70 of 300 utterances, of ")


def test_a_table_with_labels_is_not_replaced(folder: Path) -> None:
    uri = str(folder / "kept.csv")
    write_label_table(uri, [{"utterance_id": "a", "label": 1.0}], COLUMNS)
    asked = LabelSettings(scores=str(folder / "scores"), out=uri)
    with pytest.raises(SettingsError, match="found 1 label; choose another name"):
        label.run(asked)
    assert len(read_labels(uri).labels) == 1


def test_a_head_is_adapted_and_says_what_it_gained(folder: Path) -> None:
    """Labels are one lower than what the head was trained on; some lines cannot be used."""
    _, labels = archive(300, 20, lambda embedded, truth: truth - 1)
    table = filled(folder, "labels.csv", {one: row.sentiment for one, row in labels.items()})
    with open(table, "a") as file:
        file.write("nobody,r,,,,,,,1,\n20-1,r,,,,,,,9,\n")
    asked = settings(folder, table, "adapted", method="offset")
    said = adapt.run(asked)
    assert "60 labelled rows" in said
    assert "2 not used" in said
    assert "unmatched_label 1" in said
    assert "bad_label 1" in said
    adapted = trained_head.load(str(folder / "adapted"))
    assert adapted.record.adjustment is not None
    assert adapted.record.facts["adaptation"]["not used"] == {"bad_label": 1, "unmatched_label": 1}
    assert adapted.weights == head().weights
    assert mean_error(adapted, labels) < mean_error(head(), labels) - 0.2
    card = (folder / "adapted" / "README.md").read_text()
    assert "60 labelled rows" in card
    assert adapt.run(asked).endswith("was done before")
    with pytest.raises(SettingsError, match="holds a head that differs: method was"):
        adapt.run(settings(folder, table, "adapted", method="calibrate"))


def mean_error(one: TrainedHead, labels) -> float:
    embedded, _ = archive(300, 20)
    scores, _ = score(one, embedded)
    true = np.array([labels[row].sentiment for row in scores["utterance_id"].to_pylist()])
    return float(np.abs(scores["sentiment"].to_numpy() - true).mean())


def test_a_worse_head_is_written_only_with_force(folder: Path) -> None:
    """Each recording has a mood of its own: an offset learned on some is wrong for the others."""

    def moods(seed: int) -> dict[str, float]:
        embedded, _ = archive(300, 20)
        scores, _ = score(head(), embedded)
        draw = np.random.default_rng(seed)
        mood = {name: draw.normal(0, 1.5) for name in embedded["recording_id"].unique().to_pylist()}
        return {
            row["utterance_id"]: float(np.clip(row["sentiment"] + mood[row["recording_id"]], -3, 3))
            for row in scores.select(["utterance_id", "recording_id", "sentiment"]).to_pylist()
        }

    table = filled(folder, "moods.csv", moods(MOODS), rows=25)
    with pytest.raises(NotDone, match="worse on held-out recordings") as refused:
        adapt.run(settings(folder, table, "worse", method="offset"))
    assert "25 labelled rows" in refused.value.summary
    assert not (folder / "worse" / "head.json").exists()
    adapt.run(settings(folder, table, "worse", method="offset", force=True))
    assert trained_head.load(str(folder / "worse")).record.adjustment is not None
    assert "unchanged" in adapt.run(settings(folder, table, "safe", method="calibrate"))


def test_wrong_input_stops_before_any_work(folder: Path) -> None:
    with pytest.raises(SettingsError, match="either `scores` or `embeddings`, found both"):
        settings(folder, "labels.csv", "out", scores="scores")
    with pytest.raises(SettingsError, match="expected a table"):
        adapt.run(settings(folder, str(folder / "gone.csv"), "out"))
    others = str(folder / "others.csv")
    write_label_table(others, [{"utterance_id": "x", "label": 1.0}], COLUMNS)
    with pytest.raises(SettingsError, match="found none among 1"):
        adapt.run(settings(folder, others, "out"))
    with pytest.raises(SettingsError, match=r"ends in \.csv"):
        label.run(LabelSettings(scores=str(folder / "scores"), out=str(folder / "labels.xlsx")))
    with pytest.raises(SettingsError, match="expected the scores of a daf run"):
        label.run(LabelSettings(scores=str(folder / "gone"), out=str(folder / "l.csv")))
