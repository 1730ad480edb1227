"""How parts flow through Ray Data: one input row per part, one published file per part.

    part name → read and decode (CPU tasks) → encode (actors, GPU where there is one) → publish

A part travels as one row that holds its tables as Arrow IPC bytes, so that no block split can tear
it, and is read without copies. Memory is bounded by the parts in flight: a few per actor.
Batches are formed inside a part, so its bytes do not depend on how many workers there are.
"""

import json
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc
import ray.data
import torch
from ray.util.annotations import RayDeprecationWarning

from daf_core import tables
from daf_core.decoding import decode_part
from daf_core.encoders.precision import dtype_on
from daf_core.encoders.weights import EncoderSpec
from daf_core.errors import SettingsError
from daf_core.heads.files import TrainedHead
from daf_core.runs import Output
from daf_core.scoring import score
from jobs.progress import Counts
from jobs.session import cluster_total

if TYPE_CHECKING:
    from daf_core.embedding import Embed

# Shares of a CPU that the stages reserve. Together they fit beside each other on every core; an
# actor pool that reserved whole CPUs would leave none to decode with, and wait for ever.
ENCODE_CPUS, DECODE_CPUS, PUBLISH_CPUS = 0.7, 0.2, 0.1
# A part that kills its actor every time would otherwise be tried for ever.
BOUNDED_RETRIES = {"max_restarts": 4, "max_task_retries": 2}
COUNTS_FOOTER = "daf.counts"  # rows in, quarantined, audio seconds: what a finished part came from
ONE_ROW: dict[str, Any] = {"batch_size": 1, "batch_format": "pyarrow"}


@dataclass(frozen=True)
class Pool:
    """The encode actors: how many, and what each holds."""

    min_size: int
    max_size: int
    gpus: float

    @classmethod
    def plan(
        cls, actors: tuple[int, int] | None, gpus_per_actor: float | None, parts: int
    ) -> "Pool":
        """By default one actor per GPU, or per CPU where there is no GPU; never more than parts."""
        gpus = cluster_total("GPU")
        if gpus_per_actor is None:
            gpus_per_actor = 1.0 if gpus else 0.0
        fit = int(gpus / gpus_per_actor) if gpus_per_actor else int(cluster_total("CPU"))
        low, high = actors or (fit, fit)
        most = max(1, min(high, fit, parts))
        return cls(min(low, most), most, gpus_per_actor)

    @property
    def device(self) -> str:
        """Where the actors' encoders run."""
        return "cuda" if self.gpus else "cpu"

    @property
    def precision(self) -> str:
        """The encoders' number format: another one gives other bytes."""
        return str(dtype_on(self.device)).removeprefix("torch.")


def read_part(batch: pa.Table, manifest: Output, audio: bool) -> pa.Table:
    """Part name → decoded manifest part."""
    name = batch["part"][0].as_py()
    rows, _ = tables.read(tables.join(manifest.parts_uri, name), manifest.kind)
    return _row(name, len(rows), _audio_s(rows) if audio else 0.0, rows=decode_part(rows, audio))


class Encode:
    """Decoded part → embeddings, or with a head → scores."""

    def __init__(
        self,
        encoders: dict[str, EncoderSpec],
        device: str,
        offline: bool,
        head: TrainedHead | None = None,
    ) -> None:
        self.arguments = (encoders, device, offline)
        self.head = head

    @cached_property
    def embed(self) -> "Embed":
        """The encoders, loaded at the first part: of an actor that fails to start, Ray tells only
        the traceback.
        """
        from daf_core.embedding import Embed  # takes seconds: decoding and publishing do without

        encoders, device, offline = self.arguments
        if device == "cpu":
            torch.set_num_threads(1)  # one actor per core beats threads on batches this small
        embed = Embed(encoders, device, offline)
        if self.head is not None and self.head.streams != embed.shapes:
            raise SettingsError(
                f"the head was trained on layers × features of {self.head.streams}, "
                f"its encoders give {embed.shapes}; train it again on embeddings by them"
            )
        return embed

    def __call__(self, batch: pa.Table) -> pa.Table:
        rows, quarantine = self.embed(_table(batch, "rows"))
        if self.head is not None:
            rows, unused = score(self.head, rows)
            quarantine = pa.concat_tables([quarantine, unused])
        name, rows_in, audio_s = (batch[key][0].as_py() for key in ("part", "rows_in", "audio_s"))
        return _row(name, rows_in, audio_s, rows=rows, quarantine=quarantine)


def score_stored(batch: pa.Table, embeddings: Output, head: TrainedHead) -> pa.Table:
    """Part name → scores of stored embeddings; their quarantine is carried over."""
    name = batch["part"][0].as_py()
    embedded, footer = tables.read(tables.join(embeddings.parts_uri, name), "embeddings")
    before, _ = tables.read(tables.join(embeddings.quarantine_uri, name), "quarantine")
    rows, unused = score(head, embedded)
    quarantine = pa.concat_tables([before, unused])
    rows_in, _, audio_s = json.loads(footer[COUNTS_FOOTER])
    return _row(name, rows_in, audio_s, rows=rows, quarantine=quarantine)


def publish_part(batch: pa.Table, output: Output, footer: dict[str, str]) -> pa.Table:
    """Publish the quarantine, then the part: a part that is there is finished."""
    name = batch["part"][0].as_py()
    rows, quarantine = _table(batch, "rows"), _table(batch, "quarantine")
    own = {key.decode(): value.decode() for key, value in (rows.schema.metadata or {}).items()}
    own[COUNTS_FOOTER] = json.dumps(
        [batch["rows_in"][0].as_py(), len(quarantine), batch["audio_s"][0].as_py()]
    )
    tables.write(tables.join(output.quarantine_uri, name), quarantine, "quarantine", footer)
    tables.write(tables.join(output.parts_uri, name), rows, output.kind, {**own, **footer})
    counts = {"rows_out": [len(rows)], "quarantined": [len(quarantine)]}
    return pa.table({"rows_in": batch["rows_in"], **counts, "audio_s": batch["audio_s"]})


def encode_parts(
    parts: list[str],
    manifest: Output,
    encode: dict[str, Any],
    output: Output,
    footer: dict[str, str],
    pool: Pool,
) -> Iterator[Counts]:
    """Decode, encode (`encode`: arguments of Encode) and publish; yields each part's counts."""
    audio = any(column != "text" for column in encode["encoders"])
    decoded = _part_names(parts).map_batches(
        read_part,
        fn_kwargs={"manifest": manifest, "audio": audio},
        num_cpus=1.0 if pool.gpus else DECODE_CPUS,
        compute=ray.data.TaskPoolStrategy(size=min(2 * pool.max_size, len(parts))),
        **ONE_ROW,
    )
    with warnings.catch_warnings():
        # Ray means to drop these options and offers nothing else that bounds retries.
        warnings.simplefilter("ignore", RayDeprecationWarning)
        encoded = decoded.map_batches(
            Encode,
            fn_constructor_kwargs={**encode, "device": pool.device},
            num_cpus=ENCODE_CPUS,
            num_gpus=pool.gpus or None,
            compute=ray.data.ActorPoolStrategy(min_size=pool.min_size, max_size=pool.max_size),
            **BOUNDED_RETRIES,
            **ONE_ROW,
        )
    return _publish(encoded, output, footer)


def score_stored_parts(
    parts: list[str], embeddings: Output, head: TrainedHead, output: Output, footer: dict[str, str]
) -> Iterator[Counts]:
    """Score stored embeddings part by part and publish; yields each part's counts."""
    scored = _part_names(parts).map_batches(
        score_stored,
        fn_kwargs={"embeddings": embeddings, "head": head},
        num_cpus=ENCODE_CPUS,
        **ONE_ROW,
    )
    return _publish(scored, output, footer)


def _publish(made: ray.data.Dataset, output: Output, footer: dict[str, str]) -> Iterator[Counts]:
    published = made.map_batches(
        publish_part,
        fn_kwargs={"output": output, "footer": footer},
        num_cpus=PUBLISH_CPUS,
        **ONE_ROW,
    )
    return (Counts(**row) for row in published.iter_rows())


def _part_names(parts: list[str]) -> ray.data.Dataset:
    return ray.data.from_items([{"part": name} for name in parts], override_num_blocks=len(parts))


def _row(name: str, rows_in: int, audio_s: float, **payload: pa.Table) -> pa.Table:
    """One row that carries whole tables as Arrow IPC."""
    packed = {key: _ipc(table) for key, table in payload.items()}
    return pa.table({"part": [name], "rows_in": [rows_in], "audio_s": [audio_s], **packed})


def _ipc(table: pa.Table) -> pa.Array:
    """One large_binary value that holds `table` as an Arrow IPC stream."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    stream = sink.getvalue()
    offsets = pa.py_buffer(struct.pack("<qq", 0, stream.size))
    return pa.Array.from_buffers(pa.large_binary(), 1, [None, offsets, stream])


def _table(batch: pa.Table, key: str) -> pa.Table:
    with pa.ipc.open_stream(batch[key][0].as_buffer()) as reader:
        return reader.read_all()


def _audio_s(rows: pa.Table) -> float:
    """Seconds of audio in manifest rows that have some."""
    rows = rows.filter(pc.is_valid(rows["audio_uri"]))
    seconds = pc.sum(pc.subtract(rows["end_s"], rows["start_s"])).as_py()
    return float(seconds or 0.0)
