"""A large archive of made scores, without an encoder: what tables of a million rows cost to read.

A part of `speed.browsing`. Calls of two speakers, twelve in a part of twenty minutes, with words
drawn from a small vocabulary and some of what a source says of its calls. Recordings are real
files: every call names one of a few hour-long ones, each of another format.
"""

from pathlib import Path

import numpy as np
import pyarrow as pa
import soundfile

from daf_core.schemas import MANIFEST, POLARITIES, QUARANTINE, SCORES, polarity_number
from daf_core.storage import part_index, run_record
from daf_core.storage.output import Output, manifest_output, scores_output
from daf_core.storage.parquet import part_name
from daf_core.storage.part_index import PartFacts
from daf_core.storage.publish_part import publish_part

CALLS_IN_PART, TURNS, TURN_S = 12, 20, 5.0
HOUR_S = 3600
KINDS = {
    "wav": ("WAV", "ULAW", 8_000),
    "flac": ("FLAC", "PCM_16", 16_000),
    "mp3": ("MP3", "MPEG_LAYER_III", 16_000),
    "opus": ("OGG", "OPUS", 16_000),
}
VOCABULARY = [
    "please",
    "the",
    "my",
    "your",
    "account",
    "payment",
    "invoice",
    "card",
    "order",
    "delivery",
    "late",
    "broken",
    "thank",
    "you",
    "sorry",
    "wait",
    "minute",
    "help",
    "problem",
    "yes",
    "no",
    "maybe",
    "again",
    "never",
    "always",
    "good",
    "bad",
    "great",
    "terrible",
    "okay",
    "hello",
    "goodbye",
    "today",
    "tomorrow",
    "refund",
    "number",
    "address",
    "email",
    "line",
    "router",
    "internet",
    "bill",
    "charge",
    "plan",
]


def make_archive(folder: Path, calls: int) -> Output:
    """Publish a manifest and scores of so many calls in a folder; returns the scores."""
    uris = _recordings(folder / "recordings")
    manifest, scores = manifest_output(str(folder / "manifest")), scores_output(str(folder))
    identity = {"benchmark": "browsing", "calls": calls, "head": {"error_correlation": 0.25}}
    fingerprint = run_record.fingerprint(identity)
    for output in (manifest, scores):
        run_record.begin(output, identity, fresh=False)
    made = []
    for number, start in enumerate(range(0, calls, CALLS_IN_PART)):
        rows = _rows(start, min(CALLS_IN_PART, calls - start), uris)
        facts = PartFacts(
            name=part_name(number),
            rows_fingerprint=str(number),
            rows_in=len(rows),
            rows=len(rows),
            audio_s=len(rows) * TURN_S,
            reasons={},
        )
        made.append(facts)
        for output, schema in ((manifest, MANIFEST), (scores, SCORES)):
            own = pa.table([rows[name] for name in schema.names], schema=schema)
            publish_part(output, facts, own, QUARANTINE.empty_table(), fingerprint)
    for output, said in (
        (manifest, {"roots": [str(folder)]}),
        (scores, {"manifest": manifest.root}),
    ):
        part_index.write(output.index_uri, made, fingerprint)
        run_record.finish(output, identity, {"parts": len(made), "flags": {}, **said})
    return scores


def _recordings(folder: Path) -> list[str]:
    """An hour of a voice-like sound in each format."""
    folder.mkdir(parents=True, exist_ok=True)
    uris = []
    for suffix, (form, subtype, rate_hz) in KINDS.items():
        path = folder / f"hour.{suffix}"
        uris.append(str(path))
        if path.exists():
            continue
        time_s = np.arange(rate_hz * 10) / rate_hz
        voice = 0.3 * np.sin(2 * np.pi * 150 * time_s) * np.clip(np.sin(12 * time_s), 0, 1)
        block = np.stack([voice, np.roll(voice, rate_hz)], axis=1).astype(np.float32)
        with soundfile.SoundFile(path, "w", rate_hz, 2, subtype, format=form) as file:
            for _ in range(HOUR_S // 10):
                file.write(block)
    return uris


def _rows(first: int, calls: int, uris: list[str]) -> dict[str, pa.Array]:
    """The columns of manifest and scores of one part."""
    rng = np.random.default_rng(first)
    count = calls * TURNS
    call, turn = np.divmod(np.arange(count), TURNS)
    call += first
    text, tone = rng.normal(0, 1.2, (2, count)).clip(-3, 3)
    weight = rng.uniform(0, 1, count)
    fused = (weight * tone + (1 - weight) * text).astype(np.float32)
    start_s = (call % 30) * 100 + turn * TURN_S
    words = [" ".join(rng.choice(VOCABULARY, 12)) for _ in range(count)]
    agents = [f"agent-{one % 50:02}" for one in call]
    speaker = [
        agent if side == 0 else "customer" for agent, side in zip(agents, turn % 2, strict=True)
    ]
    columns = {name: pa.nulls(count, SCORES.field(name).type) for name in SCORES.names}
    columns |= {
        name: pa.nulls(count, MANIFEST.field(name).type)
        for name in MANIFEST.names
        if name not in columns
    }
    return columns | {
        "utterance_id": pa.array([f"call-{c:06}-{t:02}" for c, t in zip(call, turn, strict=True)]),
        "recording_id": pa.array([f"2026/11/{c % 28 + 1:02}/call-{c:06}" for c in call]),
        "audio_uri": pa.array([uris[one % len(uris)] for one in call]),
        "channel": pa.array(turn % 2, pa.int32()),
        "speaker": pa.array(speaker),
        "role": pa.array(["agent" if side == 0 else "customer" for side in turn % 2]),
        "start_s": pa.array(start_s),
        "end_s": pa.array(start_s + TURN_S - 0.5),
        "text": pa.array(words),
        "words": pa.array(np.full(count, 12), pa.int32()),
        "language": pa.array(["en"] * count),
        "sentiment": pa.array(fused),
        "interval_low": pa.array((fused - 0.8).clip(-3)),
        "interval_high": pa.array((fused + 0.8).clip(None, 3)),
        "polarity": pa.array(np.array(POLARITIES)[polarity_number(fused)]),
        "text_weight": pa.array(1 - weight, pa.float32()),
        "audio_weight": pa.array(weight, pa.float32()),
        "text_sentiment": pa.array(text, pa.float32()),
        "audio_sentiment": pa.array(tone, pa.float32()),
        "disagreement": pa.array(np.abs(tone - text), pa.float32()),
        "meta": pa.array(
            [
                [("queue", f"queue-{c % 6}"), ("agent", f"agent-{c % 50:02}"), ("ticket", f"T{c}")]
                for c in call
            ],
            SCORES.field("meta").type,
        ),
        "flags": pa.array([[]] * count, pa.list_(pa.string())),
    }
