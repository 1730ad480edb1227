"""What `daf score` is measured against: the bare encoders, a transformers loop, a Ray Data script.

Each in processes of its own, as what one process set up must not help another.
"""

import itertools
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
import torch

from daf_core.encoders.loading import load_speech_encoder, load_text_encoder
from daf_core.encoders.whisper_ct2 import load_whisper_ct2
from daf_core.stages.decode import decode_part
from daf_core.storage import parquet
from daf_core.weights.precision import Precision
from daf_core.weights.specs import locate, resolve
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER

RATE_HZ = 16_000
CORES = len(os.sched_getaffinity(0))
START = """
import sys
import jobs.parts.preload
from daf_core.encoders.loading import load_speech_encoder, load_text_encoder
from daf_core.weights.specs import resolve
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER
load_text_encoder(resolve(TEXT_ENCODER), "cpu", precision=sys.argv[1])
load_speech_encoder(resolve(AUDIO_ENCODER), "cpu", precision=sys.argv[1])
"""


def ceiling(
    parts: list[str],
    precision: Precision,
    text: str = TEXT_ENCODER,
    audio: str = AUDIO_ENCODER,
    device: str = "cpu",
) -> float:
    """(a): seconds of the bare encoders, warm, over all decoded rows sorted by length."""
    asked = (parts, precision, text, audio, device)
    if device != "cpu":
        return _together(asked, 1, CORES)
    return min(_together(asked, CORES, 1), _together(asked, 1, CORES))


def _together(asked: tuple[Any, ...], processes: int, threads: int) -> float:
    """The slowest process's time."""
    context = multiprocessing.get_context("spawn")
    barrier, seconds = context.Barrier(processes), context.Array("d", processes)
    workers = [
        context.Process(target=_bare, args=(i, processes, threads, barrier, seconds, *asked))
        for i in range(processes)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return max(seconds)


def _bare(share, shares, threads, barrier, seconds, parts, precision, text, audio, device) -> None:
    torch.set_num_threads(threads)
    texts: list[str] = []
    waves: list[np.ndarray] = []
    for part in parts:
        decoded = decode_part(parquet.read(part, "manifest")[0])
        texts += decoded["text"].drop_null().to_pylist()
        waves += [np.frombuffer(x.as_buffer(), "<i2") for x in decoded["samples"].drop_null()]
    texts, waves = texts[share::shares], waves[share::shares]
    text_encoder = load_text_encoder(resolve(text), device, precision=precision)
    speech_encoder = load_speech_encoder(resolve(audio), device, precision=precision)
    text_encoder(texts[:8])
    speech_encoder(waves[:8])
    barrier.wait()
    started = time.perf_counter()
    text_encoder(texts)
    speech_encoder(waves)
    seconds[share] = time.perf_counter() - started


def start(precision: Precision) -> float:
    """Seconds until a new process has loaded all that encodes, on one core, in the least time."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", START, precision], check=True)
    return time.perf_counter() - started


class Plain:
    """MiniLM and Whisper as their model cards show: every wave padded to 30 s, all layers kept."""

    def __init__(self) -> None:
        from transformers import AutoModel, AutoTokenizer, WhisperFeatureExtractor

        (folder,) = locate(resolve(TEXT_ENCODER))
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.text = AutoModel.from_pretrained(folder).eval()
        pieces = locate(resolve(AUDIO_ENCODER))
        self.audio = load_whisper_ct2(b"".join(piece.read_bytes() for piece in pieces)).eval()
        self.features = WhisperFeatureExtractor()

    @torch.inference_mode()
    def __call__(self, texts: list[str], waves: list[np.ndarray]) -> dict[str, np.ndarray]:
        tokens = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        hidden = self.text(**tokens, output_hidden_states=True).hidden_states
        mask = tokens.attention_mask[..., None]
        text = torch.stack([(layer * mask).sum(1) / mask.sum(1) for layer in hidden], dim=1)
        mel = self.features(waves, sampling_rate=RATE_HZ, return_tensors="pt").input_features
        heard = self.audio(mel, output_hidden_states=True).hidden_states
        audio = torch.stack([torch.cat([h.mean(1), h.std(1)], dim=1) for h in heard], dim=1)
        return {"text_embedding": text.numpy(), "audio_embedding": audio.numpy()}


def loop(parts: list[str], rows: int, batch_rows: int) -> float:
    """(b): seconds of a loop over the first rows, from files to embeddings, once it is warm."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_loop, (_first(parts, rows), batch_rows))


def _loop(rows: list[dict[str, Any]], batch_rows: int) -> float:
    torch.set_num_threads(CORES)
    plain = Plain()
    plain(["warm"], [_wave(rows[0])])
    started = time.perf_counter()
    for at in range(0, len(rows), batch_rows):
        batch = rows[at : at + batch_rows]
        plain([row["text"] or "" for row in batch], [_wave(row) for row in batch])
    return time.perf_counter() - started


def ray_script(parts: list[str], rows: int, work: Path) -> float:
    """(c): seconds of a Ray Data script over the first rows, from when its actors are ready."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_ray_script, (_first(parts, rows), str(work)))


class PlainBatch:
    """An actor of the Ray Data script."""

    def __init__(self) -> None:
        torch.set_num_threads(1)
        self.plain = Plain()
        self.plain(["warm"], [np.zeros(RATE_HZ, np.float32)])
        self.ready = time.time()

    def __call__(self, batch: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        texts = [text or "" for text in batch["text"]]
        made = self.plain(texts, list(batch["wave"]))
        ready = np.full(len(texts), self.ready)
        return {"utterance_id": batch["utterance_id"], "ready": ready} | {
            name: value.reshape(len(value), -1) for name, value in made.items()
        }


def _ray_script(rows: list[dict[str, Any]], work: str) -> float:
    import pyarrow as pa
    import pyarrow.parquet as pq
    import ray

    ray.init(
        address="local",
        log_to_driver=False,
        logging_level="ERROR",
        runtime_env={"env_vars": {"PYTHONPATH": os.pathsep.join(["benchmarks", os.getcwd()])}},
    )
    ray.data.DataContext.get_current().enable_progress_bars = False
    kept = ("utterance_id", "audio_uri", "start_s", "end_s", "text")
    table = pa.Table.from_pylist([{name: row[name] for name in kept} for row in rows])
    source, out = f"{work}/script.parquet", f"{work}/script-out"
    pq.write_table(table, source)
    shutil.rmtree(out, ignore_errors=True)
    (
        ray.data.read_parquet(source)
        .repartition(2 * CORES)
        .map(lambda row: row | {"wave": _wave(row)}, num_cpus=0.1)
        .map_batches(
            PlainBatch,
            batch_size=16,
            num_cpus=0.4,  # more would leave read_parquet no CPU, and the job would wait for ever
            compute=ray.data.ActorPoolStrategy(size=CORES),
        )
        .write_parquet(out)
    )
    ended = time.time()
    return ended - min(pq.read_table(out)["ready"].to_pylist())


def _wave(row: dict[str, Any]) -> np.ndarray:
    """The row's samples, opened and sought for each row, as a plain script would."""
    with soundfile.SoundFile(row["audio_uri"].removeprefix("file://")) as file:
        file.seek(round(row["start_s"] * file.samplerate))
        return file.read(round((row["end_s"] - row["start_s"]) * file.samplerate), "float32")


def _first(parts: list[str], rows: int) -> list[dict[str, Any]]:
    read = (row for part in parts for row in parquet.read(part, "manifest")[0].to_pylist())
    return list(itertools.islice((row for row in read if row["audio_uri"]), rows))
