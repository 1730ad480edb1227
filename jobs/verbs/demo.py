"""Everything on the bundled corpus: ingest → embed → train → score → verify → report."""

import time
from collections.abc import Callable
from importlib import resources

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.storage import files
from daf_core.storage.output import Output, manifest_output, scores_output
from daf_core.training.recipe import Recipe
from jobs.ray_session import ray_session
from jobs.settings import (
    DemoSettings,
    EmbedSettings,
    IngestSettings,
    ReportSettings,
    ScoreSettings,
    TrainSettings,
    VerifySettings,
)
from jobs.verbs import embed, ingest, report, score, train, verify

RECIPE = Recipe(batch_rows=16, learning_rate=1e-3)  # so few rows need small steps
CAVEAT = (
    "The demo trains on {train} utterances of scripted, synthesized speech and scores the same few "
    "recordings:\nit shows that every step runs, and proves nothing about real people. Train on a "
    "labelled corpus before you believe a score."
)


def run(settings: DemoSettings) -> str:
    """Make manifest/, embeddings/, head/, scores/ and report.html; returns the summary line."""
    started = time.monotonic()
    manifest, embeddings, head, scores, page = (
        files.join(settings.out, name)
        for name in ("manifest", "embeddings", "head", "scores", "report.html")
    )
    corpus = str(resources.files("jobs") / "demo_corpus")
    steps: list[tuple[str, Callable[..., str], object]] = [
        (
            "ingest",
            ingest.run,
            IngestSettings(
                source=corpus,
                out=manifest,
                part_minutes=1.0,
                channels={"0": "agent", "1": "customer"},
                labels=files.join(corpus, "labels.csv"),
            ),
        ),
        ("embed", embed.run, EmbedSettings(manifest=manifest, out=embeddings)),
        ("train", train.run, TrainSettings(embeddings=embeddings, out=head, recipe=RECIPE)),
        ("score", score.run, ScoreSettings(manifest=manifest, head=head, out=scores)),
        ("verify", verify.run, VerifySettings(manifest=manifest, scores=scores)),
        ("report", report.run, ReportSettings(scores=scores, out=page)),
    ]
    lines = {}
    with ray_session():
        for name, verb, asked in steps:
            lines[name] = verb(asked)
            print(f"{name:<7} {lines[name]}")
    record = files.read_json(files.join(head, "head.json")) or {}
    print(f"\n{_findings(manifest, scores)}")
    print(f"\n{CAVEAT.format(train=record['data']['rows']['train'])}")
    print(f"\nThe report: {files.absolute(page)}")
    return f"{lines['score']} (all steps {time.monotonic() - started:.0f} s)"


def _findings(manifest: str, scores: str) -> str:
    """Recordings by mean sentiment, and the utterances whose tone contradicts their words most."""
    scored = _all_parts(scores_output(scores))
    words = _all_parts(manifest_output(manifest)).select(["utterance_id", "text"])
    flagless = scored.drop_columns(["flags", "meta"])
    scored = flagless.join(words, "utterance_id").sort_by(
        [("disagreement", "descending"), ("utterance_id", "ascending")]
    )
    means = scored.group_by("recording_id").aggregate([("sentiment", "mean")]).to_pylist()
    lines = [
        f"  {row['sentiment_mean']:+.2f}  {row['recording_id']}"
        for row in sorted(means, key=lambda row: row["sentiment_mean"])
    ]
    opposed = scored.filter(pc.field("text_sentiment") * pc.field("audio_sentiment") < 0)
    lines += ["Where the tone contradicts the words most (words / tone / together):"]
    lines += [
        f"  {row['text_sentiment']:+.2f} / {row['audio_sentiment']:+.2f} / {row['sentiment']:+.2f}"
        f"  {row['recording_id']} {row['start_s']:.0f} s: {row['text']}"
        for row in opposed.slice(0, 3).to_pylist()
    ]
    return "\n".join(["Mean sentiment in [-3, 3] of each recording:", *lines])


def _all_parts(output: Output) -> pa.Table:
    return pa.concat_tables(output.read_all())
