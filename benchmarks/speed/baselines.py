"""What `daf score` is compared with: the bare encoders, a transformers loop, a Ray Data script.

Each runs in processes of its own, so that nothing one of them has loaded helps another.
"""

import itertools
import multiprocessing
import os
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from multiprocessing.sharedctypes import SynchronizedArray
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
import torch

from benchmarks.daf_command import CORES
from daf_core.encoders.loading import load_speech_encoder, load_text_encoder
from daf_core.encoders.whisper_ct2 import read_whisper_ct2
from daf_core.schemas import Row
from daf_core.stages.decode import decode_part
from daf_core.storage.output import Output
from daf_core.weights.precision import Precision
from daf_core.weights.specs import locate, resolve
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER

RATE_HZ = 16_000
START = """
import sys
import jobs.parts.preload
from daf_core.encoders.loading import load_speech_encoder, load_text_encoder
from daf_core.weights.specs import resolve
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER
load_text_encoder(resolve(TEXT_ENCODER), "cpu", precision=sys.argv[1])
load_speech_encoder(resolve(AUDIO_ENCODER), "cpu", precision=sys.argv[1])
"""


@dataclass(frozen=True)
class BareEncoders:
    """Encoders on a device, and the manifest whose rows they encode."""

    manifest: Output
    precision: Precision
    text: str = TEXT_ENCODER
    audio: str = AUDIO_ENCODER
    device: str = "cpu"

    def seconds(self) -> float:
        """(a), the ceiling: seconds of the warm encoders over all rows, decoded before the clock
        starts and sorted by length; on a CPU the faster of one process with all threads and one
        process per core.
        """
        if self.device != "cpu":
            return self._in_processes(1, CORES)
        return min(self._in_processes(CORES, 1), self._in_processes(1, CORES))

    def _in_processes(self, processes: int, threads: int) -> float:
        """Seconds of the slowest process."""
        context = multiprocessing.get_context("spawn")
        barrier, seconds = context.Barrier(processes), context.Array("d", processes)
        workers = [
            context.Process(target=self._encode, args=(i, processes, threads, barrier, seconds))
            for i in range(processes)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            if worker.exitcode:
                sys.exit(f"bare encoders: a process ended with status {worker.exitcode}")
        return float(max(seconds[:]))

    def _encode(
        self,
        share: int,
        shares: int,
        threads: int,
        barrier: Barrier,
        seconds: "SynchronizedArray[float]",
    ) -> None:
        torch.set_num_threads(threads)
        texts: list[str] = []
        waves: list[npt.NDArray[np.int16]] = []
        for part in self.manifest.read_all():
            decoded = decode_part(part)
            texts += decoded["text"].drop_null().to_pylist()
            waves += [np.frombuffer(x.as_buffer(), "<i2") for x in decoded["samples"].drop_null()]
        texts, waves = texts[share::shares], waves[share::shares]
        precision, device = self.precision, self.device
        text_encoder = load_text_encoder(resolve(self.text), device, precision=precision)
        speech_encoder = load_speech_encoder(resolve(self.audio), device, precision=precision)
        text_encoder.encode(texts[:8])
        speech_encoder.encode(waves[:8])
        barrier.wait()
        started = time.perf_counter()
        text_encoder.encode(texts)
        speech_encoder.encode(waves)
        seconds[share] = time.perf_counter() - started


def start_seconds(precision: Precision) -> float:
    """Seconds until a new process has loaded everything that encodes, on one core."""
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", START, precision], check=True)
    return time.perf_counter() - started


class PaddedEncoders:
    """MiniLM and Whisper as their model cards show: every wave padded to 30 s, all layers kept."""

    def __init__(self, precision: Precision) -> None:
        from transformers import AutoModel, AutoTokenizer, WhisperFeatureExtractor

        (folder,) = locate(resolve(TEXT_ENCODER))
        self.tokenizer = AutoTokenizer.from_pretrained(folder)
        self.dtype = getattr(torch, precision)
        self.text = AutoModel.from_pretrained(folder).to(self.dtype).eval()
        pieces = locate(resolve(AUDIO_ENCODER))
        audio = _whisper_of_transformers(b"".join(piece.read_bytes() for piece in pieces))
        self.audio = audio.to(self.dtype)
        self.features = WhisperFeatureExtractor()

    @torch.inference_mode()
    def __call__(
        self, texts: list[str], waves: list[npt.NDArray[np.float32]]
    ) -> dict[str, npt.NDArray[np.float32]]:
        """Embeddings (rows, layers, features) by modality."""
        tokens = self.tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        hidden = self.text(**tokens, output_hidden_states=True).hidden_states
        mask = tokens.attention_mask[..., None]
        text = torch.stack([(layer * mask).sum(1) / mask.sum(1) for layer in hidden], dim=1)
        mel = self.features(waves, sampling_rate=RATE_HZ, return_tensors="pt").input_features
        heard = self.audio(mel.to(self.dtype), output_hidden_states=True).hidden_states
        audio = torch.stack([torch.cat([h.mean(1), h.std(1)], dim=1) for h in heard], dim=1)
        found = {"text_embedding": text, "audio_embedding": audio}
        return {name: values.float().numpy() for name, values in found.items()}


def _whisper_of_transformers(data: bytes) -> Any:
    from transformers import WhisperConfig
    from transformers.models.whisper.modeling_whisper import WhisperEncoder

    tensors, heads = read_whisper_ct2(data)
    width, mel_bins, _ = tensors["conv1.weight"].shape
    config = WhisperConfig(
        d_model=width,
        num_mel_bins=mel_bins,
        encoder_layers=len({name.split(".")[1] for name in tensors if name.startswith("layers.")}),
        encoder_attention_heads=heads,
        encoder_ffn_dim=len(tensors["layers.0.fc1.weight"]),
        max_source_positions=len(tensors["embed_positions.weight"]),
    )
    encoder = WhisperEncoder(config)
    encoder.load_state_dict(tensors, strict=True)
    return encoder.eval()


def loop_seconds(manifest: Output, rows: int, batch_rows: int, precision: Precision) -> float:
    """(b): seconds of a loop over the first rows, from files to embeddings, once it is warm."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return float(pool.apply(_loop, (first_rows(manifest, rows), batch_rows, precision)))


def _loop(rows: list[Row], batch_rows: int, precision: Precision) -> float:
    torch.set_num_threads(CORES)
    encoders = PaddedEncoders(precision)
    encoders(["warm"], [read_wave(rows[0])])
    started = time.perf_counter()
    for at in range(0, len(rows), batch_rows):
        batch = rows[at : at + batch_rows]
        encoders([row["text"] or "" for row in batch], [read_wave(row) for row in batch])
    return time.perf_counter() - started


def ray_script_seconds(manifest: Output, rows: int, work: Path, precision: Precision) -> float:
    """(c): seconds of a Ray Data script over the first rows, from when its actors are ready."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return float(pool.apply(_ray_script, (first_rows(manifest, rows), str(work), precision)))


class PaddedBatch:
    """An actor of the Ray Data script."""

    def __init__(self, precision: Precision) -> None:
        torch.set_num_threads(1)
        self.encoders = PaddedEncoders(precision)
        self.encoders(["warm"], [np.zeros(RATE_HZ, np.float32)])
        self.ready = time.time()

    def __call__(self, batch: dict[str, npt.NDArray[Any]]) -> dict[str, npt.NDArray[Any]]:
        texts = [text or "" for text in batch["text"]]
        embedded = self.encoders(texts, list(batch["wave"]))
        ready = np.full(len(texts), self.ready)
        return {"utterance_id": batch["utterance_id"], "ready": ready} | {
            name: value.reshape(len(value), -1) for name, value in embedded.items()
        }


def _ray_script(rows: list[Row], work: str, precision: Precision) -> float:
    import pyarrow as pa
    import pyarrow.parquet as pq
    import ray

    environment = {"env_vars": {"PYTHONPATH": os.getcwd()}}
    ray.init(address="local", log_to_driver=False, logging_level="ERROR", runtime_env=environment)
    ray.data.DataContext.get_current().enable_progress_bars = False
    kept = ("utterance_id", "audio_uri", "start_s", "end_s", "text")
    table = pa.Table.from_pylist([{name: row[name] for name in kept} for row in rows])
    source, out = f"{work}/script.parquet", f"{work}/script-out"
    pq.write_table(table, source)
    shutil.rmtree(out, ignore_errors=True)
    (
        ray.data.read_parquet(source)
        .repartition(2 * CORES)
        .map(lambda row: row | {"wave": read_wave(row)}, num_cpus=0.1)
        .map_batches(
            PaddedBatch,
            fn_constructor_args=[precision],
            batch_size=16,
            num_cpus=0.4,  # more would leave read_parquet no CPU, and the job would wait for ever
            compute=ray.data.ActorPoolStrategy(size=CORES),
        )
        .write_parquet(out)
    )
    ended = time.time()
    return ended - float(min(pq.read_table(out)["ready"].to_pylist()))


def read_wave(row: Row) -> npt.NDArray[np.float32]:
    """The row's samples; opens the file for each row, as a plain script would."""
    with soundfile.SoundFile(row["audio_uri"].removeprefix("file://")) as file:
        file.seek(round(row["start_s"] * file.samplerate))
        seconds = row["end_s"] - row["start_s"]
        samples: npt.NDArray[np.float32] = file.read(round(seconds * file.samplerate), "float32")
        return samples


def first_rows(manifest: Output, rows: int) -> list[Row]:
    """The first rows of a manifest that have audio."""
    read = (row for part in manifest.read_all() for row in part.to_pylist())
    return list(itertools.islice((row for row in read if row["audio_uri"]), rows))
