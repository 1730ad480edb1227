"""What each stage of a part takes, one after the other, in a process with one thread."""

import multiprocessing
import shutil
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from benchmarks.default_encoders import text_encoder, whisper_network
from daf_core.encoders.waves import as_float, windows
from daf_core.schemas import QUARANTINE
from daf_core.stages import trained_head
from daf_core.stages.decode import decode_part
from daf_core.stages.embed import Embed
from daf_core.stages.score import score
from daf_core.storage.output import Output, scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from daf_core.weights.precision import Precision

STAGES = ("read", "decode", "features", "text", "audio", "head", "write")
SAMPLE_PARTS = 4
FEATURES_BATCH = 4  # windows
POSITION_SAMPLES = 320  # of Whisper


def measure(manifest: Output, head: str, out: Path, precision: Precision) -> dict[str, float]:
    """Seconds of each stage over all parts of a manifest, extrapolated from SAMPLE_PARTS of them.

    "features" are log-mel spectrograms; "audio" is the speech encoder without these.
    """
    shutil.rmtree(out, ignore_errors=True)
    names = manifest.part_names()
    some = names[:: -(-len(names) // SAMPLE_PARTS)]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        seconds = pool.apply(_measure, (manifest, some, head, str(out), precision))
    return {name: value * len(names) / len(some) for name, value in seconds.items()}


def _measure(
    manifest: Output, names: list[str], head_folder: str, out: str, precision: Precision
) -> dict[str, float]:
    torch.set_num_threads(1)
    head = trained_head.load(head_folder)
    embed = Embed(head.encoders, precision=precision)
    output = scores_output(out)
    seconds = dict.fromkeys(STAGES, 0.0)
    warm = decode_part(manifest.read(names[0]).slice(0, 8))
    score(head, embed(warm)[0])
    for name in names:
        clock = time.perf_counter
        at = [clock()]
        rows = manifest.read(name)
        at.append(clock())
        decoded = decode_part(rows)
        at.append(clock())
        _features(embed, decoded)
        at.append(clock())
        text_encoder(embed).encode(decoded["text"].drop_null().to_pylist())
        at.append(clock())
        embedded = embed(decoded)[0]
        at.append(clock())
        scored = score(head, embedded)[0]
        at.append(clock())
        facts = PartFacts(
            name=name,
            rows_fingerprint="",
            rows_in=len(rows),
            rows=len(scored),
            audio_s=0.0,
            reasons={},
        )
        publish_part(output, facts, scored, QUARANTINE.empty_table(), "")
        at.append(clock())
        for stage, took in zip(STAGES, np.diff(at), strict=True):
            seconds[stage] += float(took)
    seconds["audio"] -= seconds["features"] + seconds["text"]
    return seconds


def _features(embed: Embed, decoded: pa.Table) -> None:
    """Log-mel spectrograms alone, in batches as the encoder makes them."""
    network = whisper_network(embed)
    waves = [np.frombuffer(x.as_buffer(), "<i2") for x in decoded["samples"].drop_null()]
    pieces = [piece for wave in waves for piece in windows(network.prepare(as_float(wave)))]
    pieces.sort(key=len, reverse=True)
    for at in range(0, len(pieces), FEATURES_BATCH):
        batch = pieces[at : at + FEATURES_BATCH]
        positions = [-(-len(piece) // POSITION_SAMPLES) for piece in batch]
        network.log_mel(batch, np.array(positions) * POSITION_SAMPLES)
