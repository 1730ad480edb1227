"""Acted valence by the voice alone, of actors, corpora and a language unheard in training.

    python -m benchmarks.science.voices_across --data DIR --work DIR [--seeds 5]

RAVDESS (English, 24 actors) and nEMO (Polish, 9 actors), frozen whisper-tiny.en, layers mixed. WAYS
says which corpus trains and which one tests. Two actors of the corpus that trains validate; where
both are the same, two further actors test.
"""

from functools import partial
from pathlib import Path

from benchmarks.command_line import parser_for
from benchmarks.corpora import corpus_table, read_rows, write_rows
from benchmarks.default_heads.voices import NEMO_SPLITS
from benchmarks.science.embedded import embed_table
from benchmarks.science.folds import split_anew, trials_on
from daf_core.evaluation.results import rendered, standings
from daf_core.evaluation.trial import Trial, TrialResult
from jobs.fitting.training_data import load_training_data
from jobs.settings import Training

CORPORA = ("ravdess", "nemo")
WAYS = {  # name → corpus that trains, corpus that tests
    "nemo": ("nemo", "nemo"),
    "ravdess to nemo": ("ravdess", "nemo"),
    "nemo to ravdess": ("nemo", "ravdess"),
}
VALID = {"ravdess": {"actor19", "actor20"}, "nemo": {*NEMO_SPLITS} - {"MK0", "MP0"}}
TEST = {"nemo": {"MK0", "MP0"}}  # of a corpus that trains and tests


def main() -> None:
    parser = parser_for(__doc__, data=True, work="embeddings and trials")
    parser.add_argument("--seeds", type=int, default=5)
    asked = parser.parse_args()
    for way in WAYS:
        trials = trials_across(way, asked.data, asked.work, asked.seeds)
        print(f"\n{way}\n\n{rendered(standings(trials, 'audio'), 'github')}", flush=True)


def trials_across(way: str, data: Path, work: Path, seeds: int) -> list[TrialResult]:
    """The trials of one of WAYS."""
    embeddings = embed_table(_table(data, work / "voices.csv"), work, "voices")
    settings = Training(embeddings=embeddings)
    rows = load_training_data(settings, ["audio"])
    rows = split_anew(rows, "speaker", partial(split_of, *WAYS[way]), way)
    every = [Trial("audio", seed) for seed in range(seeds)]
    return trials_on(rows, every, settings.recipe, f"{embeddings}-{way.replace(' ', '-')}")


def split_of(trains: str, tests: str, speaker: str) -> str | None:
    """The split of an actor, None where neither corpus is the actor's."""
    corpus = "ravdess" if speaker.startswith("actor") else "nemo"
    if corpus == tests and (trains != tests or speaker in TEST[corpus]):
        return "test"
    if corpus != trains:
        return None
    return "valid" if speaker in VALID[corpus] else "train"


def _table(data: Path, out: Path) -> Path:
    """Both corpora in one table, without words, which say nothing of the mood."""
    rows = []
    for corpus in CORPORA:
        table = corpus_table(data, corpus)
        rows += [
            {
                "utterance_id": f"{corpus}-{row['utterance_id']}",
                "audio_path": str((table.parent / row["audio_path"]).resolve()),
                "speaker": row["speaker"],
                "label": row["label"],
            }
            for row in read_rows(table)
            if row["label"]
        ]
    return write_rows(out, rows)


if __name__ == "__main__":
    main()
