"""The one table that default heads are trained on: words, voices, and both together."""

from itertools import chain
from pathlib import Path

from benchmarks.corpora import Row, read_rows, write_rows
from benchmarks.default_heads.damaged import damaged_rows, misheard_rows
from benchmarks.default_heads.strange_sounds import strange_rows
from benchmarks.default_heads.texts import meld_rows, video_rows
from benchmarks.default_heads.voices import voice_rows
from benchmarks.science.make_pairs import degraded_pairs

PAIRS_SEED = 7
COLUMNS = (
    *("utterance_id", "recording_id", "audio_path", "start_s", "end_s", "speaker", "text"),
    *("label", "split", "corpus"),
)


def training_table(data: Path, work: Path) -> Path:
    """The table, written under `work` the first time.

    `corpus` names where a row is from. Rows of the test split are of videos, dialogues and actors
    that no other row has. Rows of the split `strange` are sounds that are no speech.
    """
    table = work / "default-heads.csv"
    if not table.exists():
        texts = [video_rows(data, "mosei"), video_rows(data, "mosi"), meld_rows(data)]
        voices = [voice_rows(data, corpus, work / "joined") for corpus in ("ravdess", "nemo")]
        rows = [
            *chain(*texts, *map(misheard_rows, texts)),
            *chain(*voices),
            *chain.from_iterable(damaged_rows(rows, work / "damaged") for rows in voices),
            *_pair_rows(degraded_pairs(data, work, PAIRS_SEED)),
            *strange_rows(work / "strange"),
        ]
        write_rows(table, [{name: row.get(name, "") for name in COLUMNS} for row in rows])
    return table


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
