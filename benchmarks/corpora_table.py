"""Standard corpora, as far as they can be had: MOSEI, MOSI, MELD (words) and RAVDESS (voice).

    python benchmarks/corpora_table.py --work /tmp/daf-bench [--corpora mosei mosi meld ravdess]
                                       [--seeds 5]

Runs the jobs as a user would, ingest → embed → evaluate, on the splits that the corpora have:

- mosei, mosi: the words, frozen all-mpnet-base-v2;
- mosi-audio73: beside them 73 acoustic statistics that are close to chance (CMU-MOSI as published
  with bc-LSTM): does a head learn to leave the voice alone?
- meld: sentiment of dialogue turns, their words, all-mpnet-base-v2, without what was said before;
- ravdess: acted valence of two fixed sentences, actors unseen in training, frozen whisper-tiny.en.
"""

import argparse
from pathlib import Path

import numpy as np
from heads_table import prepare
from pairs import SHARED

from daf_core import index, runs, tables
from daf_core.features import embeddings_table, fixed_size_list
from daf_core.publishing import publish_part
from daf_core.schemas import QUARANTINE
from jobs import evaluate
from jobs.session import ray_session
from jobs.settings import EvaluateSettings

MPNET = "sentence-transformers/all-mpnet-base-v2"
TIMES = ["start=start_s", "end=end_s"]
RENAMED = {
    "mosei": ["video_id=recording_id", *TIMES],
    "mosi": ["video_id=recording_id", *TIMES],
    "meld": ["dialogue_id=recording_id"],
    "ravdess": [],
}
HEADS = {"mosi-audio73": "text,daf,static,concat,audio", "ravdess": "audio"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for corpora and results")
    parser.add_argument("--corpora", nargs="+", default=[*RENAMED, "mosi-audio73"])
    parser.add_argument("--seeds", type=int, default=5, help="seeds a head")
    asked = parser.parse_args()
    with ray_session():
        for name in asked.corpora:
            embeddings = embedded(name, asked.work)
            heads = HEADS.get(name, "text")
            settings = EvaluateSettings(
                embeddings=embeddings,
                out=f"{embeddings}-evaluation",
                heads=heads,
                seeds=asked.seeds,
                baseline=heads.split(",")[0],
            )
            print(f"\n{name}\n\n{evaluate.run(settings)}", flush=True)


def embedded(name: str, work: Path) -> str:
    """Embeddings of a corpus, made under `work` if they are not there."""
    if name == "mosi-audio73":
        return with_audio73(embedded("mosi", work), f"{work}/mosi-audio73-embeddings")
    table = SHARED / "data" / name / "manifest.csv"
    encoder = {} if name == "ravdess" else {"text_encoder": MPNET}
    return prepare(table, work, f"corpus-{name}", RENAMED[name], **encoder)


def with_audio73(words: str, out: str) -> str:
    """The embeddings of MOSI's words with the 73 acoustic statistics as one layer of audio."""
    source, output = runs.embeddings_output(words), runs.embeddings_output(out)
    if runs.record_if_complete(output) is not None:
        return out
    known = np.load(SHARED / "data" / "mosi" / "features_bclstm.npz")
    values = known["audio73"]
    values = (values - values.mean(axis=0)) / np.maximum(values.std(axis=0), 1e-6)
    values = values.clip(-60_000, 60_000).astype(np.float16)
    row_of = {utterance: row for row, utterance in enumerate(known["utterance_id"].tolist())}
    record = runs.complete_record(source)
    statistics = {"name": "audio73", "revision": "extracted", "sha256": "0" * 64}
    encoders = {"text": record["identity"]["encoders"]["text"], "audio": statistics}
    identity = {**record["identity"], "encoders": encoders}
    runs.begin(output, identity, fresh=True)
    parts = index.of_finished(source, record)
    for name, facts in parts.items():
        rows, _ = tables.read(tables.join(source.parts_uri, name), source.kind)
        places = [row_of[utterance] for utterance in rows["utterance_id"].to_pylist()]
        text = rows["text"].combine_chunks()
        audio = fixed_size_list(values[places], np.ones(len(rows), bool))
        shapes = {"text": (13, 768), "audio": (1, values.shape[1])}
        flags = [[]] * len(rows)
        table = embeddings_table(rows, {"text": text, "audio": audio}, shapes, flags)
        none = QUARANTINE.empty_table()
        publish_part(output, facts, table, none, runs.fingerprint(identity))
    index.write(output.index_uri, parts.values(), runs.fingerprint(identity))
    runs.finish(output, identity, {"parts": len(parts)})
    return out


if __name__ == "__main__":
    main()
