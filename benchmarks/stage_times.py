"""What each stage of a part takes, one after the other, in a process with one thread."""

import multiprocessing
import shutil
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import torch

from daf_core.encoders.waves import as_float, windows
from daf_core.schemas import QUARANTINE
from daf_core.stages import trained_head
from daf_core.stages.decode import decode_part
from daf_core.stages.embed import Embed
from daf_core.stages.score import score
from daf_core.storage import files, parquet
from daf_core.storage.output import scores_output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part
from daf_core.weights.precision import Precision

STAGES = ("read", "decode", "features", "text", "audio", "head", "write")
SAMPLE_PARTS = 4


def measure(parts: list[str], head: str, out: Path, precision: Precision) -> dict[str, float]:
    """Seconds of each stage over all parts, from those of some; "audio" is without "features"."""
    shutil.rmtree(out, ignore_errors=True)
    some = parts[:: -(-len(parts) // SAMPLE_PARTS)]
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        seconds = pool.apply(_measure, (some, head, str(out), precision))
    return {name: value * len(parts) / len(some) for name, value in seconds.items()}


def _measure(
    parts: list[str], head_folder: str, out: str, precision: Precision
) -> dict[str, float]:
    torch.set_num_threads(1)
    head = trained_head.load(head_folder)
    embed = Embed(head.encoders, precision=precision)
    output = scores_output(out)
    seconds = dict.fromkeys(STAGES, 0.0)
    warm = decode_part(parquet.read(parts[0], "manifest")[0].slice(0, 8))
    score(head, embed(warm)[0])
    for part in parts:
        clock = time.perf_counter
        at = [clock()]
        rows = parquet.read(part, "manifest")[0]
        at.append(clock())
        decoded = decode_part(rows)
        at.append(clock())
        _features(embed, decoded)
        at.append(clock())
        embed.encoders["text"](decoded["text"].drop_null().to_pylist())
        at.append(clock())
        embedded = embed(decoded)[0]
        at.append(clock())
        scored = score(head, embedded)[0]
        at.append(clock())
        name = files.join("", part).rpartition("/")[2]
        facts = PartFacts(name, "", len(rows), len(scored), {}, 0.0)
        publish_part(output, facts, scored, QUARANTINE.empty_table(), "")
        at.append(clock())
        for stage, took in zip(STAGES, np.diff(at), strict=True):
            seconds[stage] += float(took)
    seconds["audio"] -= seconds["features"] + seconds["text"]
    return seconds


def _features(embed: Embed, decoded: pa.Table) -> None:
    """Log-mel spectrograms alone, in the batches that the encoder makes."""
    encoder = embed.encoders["audio"]
    waves = [np.frombuffer(x.as_buffer(), "<i2") for x in decoded["samples"].drop_null()]
    pieces = [piece for wave in waves for piece in windows(encoder.network.prepare(as_float(wave)))]
    pieces.sort(key=len, reverse=True)
    for at in range(0, len(pieces), 4):
        batch = pieces[at : at + 4]
        encoder.network.log_mel(batch, np.array([-(-len(x) // 320) * 320 for x in batch]))
