"""Heads on standard corpora: CMU-MOSEI, CMU-MOSI and MELD (words), RAVDESS (voice).

    python -m benchmarks.science.corpora_table --data DIR --work DIR [--seeds 5]
                                               [--corpora mosei mosei+context …]

Runs ingest, embed and evaluate as a user would, on the splits that the corpora come with:

- mosei, mosi, meld: the words, frozen all-mpnet-base-v2 (MELD: its sentiment);
- mosi-audio73: the words of MOSI and 73 acoustic statistics that are close to chance (published
  with bc-LSTM). Does a head learn to leave the voice alone?
- ravdess: acted valence of two fixed sentences, actors unseen in training, frozen whisper-tiny.en.

CORPUS+OPTION+OPTION adds options and compares with the corpus alone. `context`: embed with three
previous turns. `balance`, `speaker_normalise`, `all_layers`: those of `daf train`; `members`: five,
side by side. `unseen_recordings`, `unseen_speakers`: calibrate for these. Two options compare
heads: `frames`, those on the states of single tokens; `turns`, the one that reads previous turns.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
from pyarrow import csv

from benchmarks.command_line import parser_for
from benchmarks.corpora import corpus_table
from benchmarks.science.embedded import RENAME, embed_table
from daf_core.embeddings.arrays import embeddings_table, fixed_size_list
from daf_core.evaluation.results import rendered, standings
from daf_core.evaluation.trial import TrialResult
from daf_core.schemas import QUARANTINE
from daf_core.storage import part_index, run_record
from daf_core.storage.output import embeddings_output
from daf_core.storage.publish_part import publish_part
from daf_core.training.recipe import Recipe
from jobs.ray_session import ray_session
from jobs.settings import EvaluateSettings
from jobs.verbs import evaluate

MPNET = "sentence-transformers/all-mpnet-base-v2"
AUDIO73 = "mosi-audio73"
EMBED_OPTIONS = {"context": {"context": 3}, "frames": {"frames": 32}}
RECIPES: dict[str, dict[str, Any]] = {
    "balance": {"balance": True},
    "members": {"members": 5},
    "unseen_recordings": {"calibrate_for": "recordings"},
    "unseen_speakers": {"calibrate_for": "speakers"},
}
COLUMNS = ("speaker_normalise", "all_layers")
HEADS = {  # of a corpus or an option; the first is the baseline
    AUDIO73: ["text", "daf", "static", "concat", "audio"],
    "ravdess": ["audio"],
    "frames": ["text", "pool", "drw"],
    "turns": ["text", "gatedx"],
}
EVERY = [
    *("mosei", "mosi", "meld", "ravdess", AUDIO73),
    *("mosei+context", "mosi+context", "meld+context", "mosei+frames", "meld+turns"),
    *("ravdess+balance", "ravdess+speaker_normalise", "ravdess+all_layers"),
    *("ravdess+all_layers+speaker_normalise", "ravdess+all_layers+speaker_normalise+balance"),
    "mosi+unseen_recordings",
]


def main() -> None:
    parser = parser_for(__doc__, data=True, work="embeddings and results")
    parser.add_argument("--corpora", nargs="+", default=EVERY)
    parser.add_argument("--seeds", type=int, default=5, help="seeds per head")
    asked = parser.parse_args()
    with ray_session():
        for name in asked.corpora:
            trials = evaluated(name, asked.data, asked.work, asked.seeds)
            corpus, *options = name.split("+")
            if options and not HEADS.keys() & options:
                plain = evaluated(corpus, asked.data, asked.work, asked.seeds)
                both = rename_heads(plain, "alone") + rename_heads(trials, "+".join(options))
                print(f"\n{rendered(standings(both, 'alone'), 'github')}", flush=True)


def evaluated(name: str, data: Path, work: Path, seeds: int) -> list[TrialResult]:
    """Trials on CORPUS+OPTION+…, whose table is printed."""
    corpus, *options = name.split("+")
    embeddings = embed_corpus(corpus, options, data, work)
    heads = next((HEADS[key] for key in (corpus, *options) if key in HEADS), ["text"])
    training = [option for option in options if option in RECIPES or option in COLUMNS]
    recipe = {key: value for option in training for key, value in RECIPES.get(option, {}).items()}
    settings = EvaluateSettings(
        embeddings=embeddings,
        out="-".join([embeddings, "evaluation", *training]),
        heads=heads,
        seeds=seeds,
        baseline=heads[0],
        speaker_normalise="speaker_normalise" in options,
        all_layers="all_layers" in options,
        recipe=Recipe(**recipe),
    )
    print(f"\n{name}\n\n{evaluate.run(settings)}", flush=True)
    return evaluate.load_trials(settings)


def rename_heads(trials: list[TrialResult], name: str) -> list[TrialResult]:
    """The trials with another name in place of their head's."""
    return [replace(trial, facts=replace(trial.facts, head=name)) for trial in trials]


def embed_corpus(corpus: str, options: list[str], data: Path, work: Path) -> str:
    """Embeddings of a corpus, which are made under `work` the first time."""
    if corpus == AUDIO73:
        words = embed_corpus("mosi", [], data, work)
        return with_audio73(
            words, data / "mosi/features_bclstm.npz", f"{work}/{AUDIO73}-embeddings"
        )
    embedding = [option for option in options if option in EMBED_OPTIONS]
    encoders: dict[str, Any] = {} if corpus == "ravdess" else {"text_encoder": MPNET}
    for option in embedding:
        encoders |= EMBED_OPTIONS[option]
    found = corpus_table(data, corpus)
    table = with_recording_ids(found, work / "meld.csv") if corpus == "meld" else found
    name = "-".join(["corpus", corpus, *embedding])
    return embed_table(table, work, name, RENAME[corpus], **encoders)


def with_recording_ids(meld: Path, out: Path) -> Path:
    """MELD's table with a column recording_id, and without times, which are those of the episodes.
    MELD numbers its dialogues anew in each split.
    """
    rows = csv.read_csv(meld).drop_columns(["start", "end"])
    dialogues = [rows[name].cast("string") for name in ("split", "dialogue_id")]
    recordings = pc.binary_join_element_wise(*dialogues, "-")
    csv.write_csv(rows.append_column("recording_id", recordings), out)
    return out


def with_audio73(words: str, features: Path, out: str) -> str:
    """Embeddings of MOSI's words with the 73 acoustic statistics as an audio column of one layer.

    features: features_bclstm.npz, with utterance_id (rows,) and audio73 (rows, 73).
    """
    source, output = embeddings_output(words), embeddings_output(out)
    if run_record.read_if_complete(output) is not None:
        return out
    known = np.load(features)
    values = known["audio73"]
    values = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-6)
    values = values.clip(-60_000, 60_000).astype(np.float16)
    row_of = {utterance: row for row, utterance in enumerate(known["utterance_id"].tolist())}
    record = run_record.read_complete(source)
    statistics = {"name": "audio73", "revision": "extracted", "sha256": "0" * 64}
    encoders = {"text": record.identity["encoders"]["text"], "audio": statistics}
    identity = {**record.identity, "encoders": encoders}
    run_record.begin(output, identity, fresh=True)
    parts = part_index.of_finished(source, record)
    shapes = {"text": (13, 768), "audio": (1, values.shape[1])}
    for name, facts in parts.items():
        rows = source.read(name)
        places = [row_of[utterance] for utterance in rows["utterance_id"].to_pylist()]
        audio = fixed_size_list(values[places], np.ones(len(rows), bool))
        columns = {"text": rows["text"].combine_chunks(), "audio": audio}
        flags: list[list[str]] = [[] for _ in places]
        table = embeddings_table(rows, columns, shapes, flags)
        none = QUARANTINE.empty_table()
        publish_part(output, facts, table, none, run_record.fingerprint(identity))
    part_index.write(output.index_uri, parts.values(), run_record.fingerprint(identity))
    run_record.finish(output, identity, {"parts": len(parts)})
    return out


if __name__ == "__main__":
    main()
