"""The written words that default heads are trained on: CMU-MOSEI, CMU-MOSI and MELD, in their
splits.
"""

from pathlib import Path

from benchmarks.corpora import Row, corpus_table, read_rows


def video_rows(data: Path, corpus: str) -> list[Row]:
    """A row for each sentence of "mosei" or "mosi"; a recording is a video."""
    return [
        {
            "utterance_id": f"{corpus}-{row['utterance_id']}",
            "recording_id": f"{corpus}-{row['video_id']}",
            "text": row["text"],
            "label": row["label"],
            "split": row["split"],
            "corpus": corpus,
        }
        for row in read_rows(corpus_table(data, corpus))
    ]


def meld_rows(data: Path) -> list[Row]:
    """A row for each turn of MELD; a recording is a dialogue, which MELD numbers in each split."""
    return [
        {
            "utterance_id": f"meld-{row['utterance_id']}",
            "recording_id": f"meld-{row['split']}-{row['dialogue_id']}",
            "text": row["text"],
            "speaker": row["speaker"],
            "label": row["label"],
            "split": row["split"],
            "corpus": "meld",
        }
        for row in read_rows(corpus_table(data, "meld"))
    ]
