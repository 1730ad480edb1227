"""Standard corpora, as far as they can be had: MOSEI, MOSI, MELD (words) and RAVDESS (voice).

    python benchmarks/corpora_table.py --work /tmp/daf-bench [--seeds 5]
                                       [--corpora mosei mosei-context ravdess-relative …]

Runs the jobs as a user would, ingest → embed → evaluate, on the splits that the corpora have:

- mosei, mosi, meld: the words, frozen all-mpnet-base-v2 (of MELD the sentiment);
- mosi-audio73: beside them 73 acoustic statistics that are close to chance (CMU-MOSI as published
  with bc-LSTM): does a head learn to leave the voice alone?
- ravdess: acted valence of two fixed sentences, actors unseen in training, frozen whisper-tiny.en.

A name goes on with what is done otherwise, one or several, and is then compared with the corpus
alone: -context (the three turns before are read); options of `daf train`: -balance, -relative,
-wide, and -recordings or -speakers (of its --unheard). With -turns the head that reads the
embeddings of turns before, with -frames those that read the states of single tokens are beside the
text head.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.compute as pc
from heads_table import prepare
from pairs import SHARED
from pyarrow import csv

from daf_core.embeddings.arrays import embeddings_table, fixed_size_list
from daf_core.evaluation.results import Made, rendered, standings
from daf_core.schemas import QUARANTINE
from daf_core.storage import files, parquet, part_index, run_record
from daf_core.storage.output import embeddings_output
from daf_core.storage.publish_part import publish_part
from jobs.ray_session import ray_session
from jobs.settings import EvaluateSettings
from jobs.verbs import evaluate

MPNET = "sentence-transformers/all-mpnet-base-v2"
TIMES = ["start=start_s", "end=end_s"]
RENAMED = {
    "mosei": ["video_id=recording_id", *TIMES],
    "mosi": ["video_id=recording_id", *TIMES],
    "meld": [],
    "ravdess": [],
}
EMBEDDED: dict[str, dict[str, Any]] = {"context": {"context": 3}, "frames": {"frames": 32}}
TRAINED: dict[str, dict[str, Any]] = {
    "balance": {"balance": True},
    "relative": {"relative": True},
    "wide": {"wide": True},
    "recordings": {"unheard": "recordings"},
    "speakers": {"unheard": "speakers"},
}
AUDIO73 = "mosi-audio73"
HEADS = {
    AUDIO73: "text,daf,static,concat,audio",
    "ravdess": "audio",
    "frames": "text,pool,drw",
    "turns": "text,gatedx",
}
EVERY = [
    *RENAMED,
    AUDIO73,
    *("mosei-context", "mosi-context", "meld-context", "mosei-frames", "meld-turns"),
    *("ravdess-balance", "ravdess-relative", "ravdess-wide", "ravdess-wide-relative"),
    *("ravdess-wide-relative-balance", "mosi-recordings"),
]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for corpora and results")
    parser.add_argument("--corpora", nargs="+", default=EVERY)
    parser.add_argument("--seeds", type=int, default=5, help="seeds a head")
    asked = parser.parse_args()
    with ray_session():
        for name in asked.corpora:
            trials = evaluated(name, asked.work, asked.seeds)
            corpus, *ways = name.split("-")
            if name != AUDIO73 and ways and not HEADS.keys() & ways:
                plain = evaluated(corpus, asked.work, asked.seeds)
                both = named(plain, "alone") + named(trials, "-".join(ways))
                print(f"\n{rendered(standings(both, 'alone'), 'github')}", flush=True)


def evaluated(name: str, work: Path, seeds: int) -> list[Made]:
    """Trials of a corpus, whose table is printed."""
    ways = [] if name == AUDIO73 else name.split("-")[1:]
    embeddings = embedded(name, ways, work)
    heads = next((HEADS[key] for key in (name, *name.split("-")) if key in HEADS), "text")
    trained = [way for way in ways if way in TRAINED]
    options = {key: value for way in trained for key, value in TRAINED[way].items()}
    settings = EvaluateSettings(
        embeddings=embeddings,
        out="-".join([embeddings, "evaluation", *trained]),
        heads=heads,
        seeds=seeds,
        baseline=heads.split(",")[0],
        **options,
    )
    print(f"\n{name}\n\n{evaluate.run(settings)}", flush=True)
    return evaluate.made(settings)


def named(trials: list[Made], name: str) -> list[Made]:
    """Trials under another name than their head's."""
    return [(table, {**facts, "head": name}) for table, facts in trials]


def embedded(name: str, ways: list[str], work: Path) -> str:
    """Embeddings of a corpus, made under `work` if they are not there."""
    if name == AUDIO73:
        return with_audio73(embedded("mosi", [], work), f"{work}/{AUDIO73}-embeddings")
    corpus, read = name.split("-")[0], [way for way in ways if way in EMBEDDED]
    options: dict[str, Any] = {} if corpus == "ravdess" else {"text_encoder": MPNET}
    options |= {key: value for way in read for key, value in EMBEDDED[way].items()}
    folder = "-".join(["corpus", corpus, *read])
    return prepare(table(corpus, work), work, folder, RENAMED[corpus], **options)


def table(corpus: str, work: Path) -> Path:
    """A corpus as one table; of MELD, whose dialogues are counted anew in each split, with ids of
    recordings that are not.
    """
    found = SHARED / "data" / corpus / "manifest.csv"
    if corpus != "meld":
        return found
    made = work / "meld.csv"
    rows = csv.read_csv(found)
    dialogues = [rows[name].cast("string") for name in ("split", "dialogue_id")]
    recordings = pc.binary_join_element_wise(*dialogues, "-")
    csv.write_csv(rows.append_column("recording_id", recordings), made)
    return made


def with_audio73(words: str, out: str) -> str:
    """The embeddings of MOSI's words with the 73 acoustic statistics as one layer of audio."""
    source, output = embeddings_output(words), embeddings_output(out)
    if run_record.read_if_complete(output) is not None:
        return out
    known = np.load(SHARED / "data" / "mosi" / "features_bclstm.npz")
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
    for name, facts in parts.items():
        rows, _ = parquet.read(files.join(source.parts_uri, name), source.kind)
        places = [row_of[utterance] for utterance in rows["utterance_id"].to_pylist()]
        text = rows["text"].combine_chunks()
        audio = fixed_size_list(values[places], np.ones(len(rows), bool))
        shapes = {"text": (13, 768), "audio": (1, values.shape[1])}
        flags = [[]] * len(rows)
        table = embeddings_table(rows, {"text": text, "audio": audio}, shapes, flags)
        none = QUARANTINE.empty_table()
        publish_part(output, facts, table, none, run_record.fingerprint(identity))
    part_index.write(output.index_uri, parts.values(), run_record.fingerprint(identity))
    run_record.finish(output, identity, {"parts": len(parts)})
    return out


if __name__ == "__main__":
    main()
