"""The one table that default heads are trained on: words, voices, and both together."""

from pathlib import Path

from benchmarks.corpora import Row, corpus_table, read_rows, write_rows
from benchmarks.default_heads.texts import meld_rows, mosei_rows
from benchmarks.default_heads.voices import voice_rows
from benchmarks.science.make_pairs import degraded_pairs

PAIRS_SEED = 7
COLUMNS = (
    *("utterance_id", "recording_id", "audio_path", "start_s", "end_s", "speaker", "text"),
    *("label", "split", "corpus"),
)


def training_table(data: Path, work: Path) -> Path:
    """The table, written under `work` the first time.

    `corpus` names where a row is from. Rows of the test split are of speakers and videos that no
    other row has; those of CMU-MOSI are of a corpus that no head is trained on.
    """
    table = work / "default-heads.csv"
    if not table.exists():
        rows = [
            *mosei_rows(data),
            *meld_rows(data),
            *_mosi_test_rows(data),
            *voice_rows(data, "ravdess", work / "joined"),
            *voice_rows(data, "nemo", work / "joined"),
            *_pair_rows(degraded_pairs(data, work, PAIRS_SEED)),
        ]
        write_rows(table, [{name: row.get(name, "") for name in COLUMNS} for row in rows])
    return table


def _mosi_test_rows(data: Path) -> list[Row]:
    return [
        {
            "utterance_id": f"mosi-{row['utterance_id']}",
            "recording_id": f"mosi-{row['video_id']}",
            "text": row["text"],
            "label": row["label"],
            "split": "test",
            "corpus": "mosi",
        }
        for row in read_rows(corpus_table(data, "mosi"))
        if row["split"] == "test"
    ]


def _pair_rows(table: Path) -> list[Row]:
    """Sentences of CMU-MOSEI on voices of RAVDESS; what is damaged is part of `corpus`."""
    return [
        {
            "utterance_id": f"pairs-{row['utterance_id']}",
            "recording_id": f"pairs-{row['utterance_id']}",
            "audio_path": str((table.parent / row["audio_path"]).resolve()),
            "speaker": row["speaker"],
            "text": row["text"],
            "label": row["label"],
            "split": row["split"],
            "corpus": f"pairs-{row['degraded']}",
        }
        for row in read_rows(table)
    ]
