"""The bundled calls, scored by the head of the package; then how a head is trained.

The head that scores never saw the calls. Training is shown on the same corpus, which has labels;
its figures are of recordings that were held out.
"""

import time
from importlib import resources

import pyarrow as pa
import pyarrow.compute as pc

from daf_core.decimals import decimals
from daf_core.default_heads import DEFAULT
from daf_core.storage import files
from daf_core.storage.output import Output, calls_output, manifest_output, scores_output
from daf_core.training.recipe import Recipe
from jobs.command.terminal import say
from jobs.parts.forkserver import start_forkserver
from jobs.ray_address import ray_runs
from jobs.settings import DemoSettings, EmbedSettings, ScoreSettings, TrainSettings

CHANNELS = {"0": "agent", "1": "customer"}
# What the findings show; lists cannot be joined.
SHOWN = ["utterance_id", "recording_id", "start_s", "disagreement"]
SHOWN += ["sentiment", "text_sentiment", "audio_sentiment"]
RECIPE = Recipe(batch_rows=16, learning_rate=1e-3)  # so few rows need small steps
CAVEAT = (
    "The calls are scripted and synthesized: they show what daf does, and prove nothing about real "
    "people."
)
TRAINED = (
    "This head learned from {train} utterances. The test rows are those of {held_out}, which it "
    "never heard.\nSo few show that training runs, not how good a head is: the calls above are "
    "scored by the head of the package."
)


def run(settings: DemoSettings) -> str:
    """Make scores/ with report.html, then embeddings/ and head/; returns the summary line."""
    started = time.monotonic()
    if not ray_runs():
        start_forkserver()  # loads the encoders' libraries beside the ingest
    scores, embeddings, head = (
        files.join(settings.out, name) for name in ("scores", "embeddings", "head")
    )
    scored = _score(scores)
    say(f"\n{_findings(scores)}\n{CAVEAT}\n")
    _train(files.join(scores, "manifest"), embeddings, head)
    say(f"\nThe report: {files.absolute(files.join(scores, 'report.html'))}")
    return f"{scored} (all steps {time.monotonic() - started:.0f} s)"


def _score(scores: str) -> str:
    """Score the calls as a user would; returns the summary line of the scoring."""
    from jobs.verbs import score

    corpus = str(resources.files("jobs") / "demo_corpus")
    roles = ",".join(f"{number}={role}" for number, role in CHANNELS.items())
    labels = files.join(corpus, "labels.csv")  # for the training; scoring does not read them
    _show(f"daf score {corpus} --channels {roles} --labels {labels} --out {scores}")
    # Several parts, so that all cores have work.
    done = score.run(
        ScoreSettings(
            source=corpus,
            channels=CHANNELS,
            labels=labels,
            out=scores,
            head=DEFAULT,
            part_minutes=1.0,
        )
    )
    say(done)
    return done.splitlines()[0]


def _train(manifest: str, embeddings: str, head: str) -> None:
    """Train a head on the labelled rows, and say what its figures are of."""
    from jobs.verbs import embed, train  # Ray Train takes seconds to import

    _show(f"daf embed --manifest {manifest} --out {embeddings}")
    say(embed.run(EmbedSettings(manifest=manifest, out=embeddings)))
    recipe = f"--batch-rows {RECIPE.batch_rows} --learning-rate {RECIPE.learning_rate}"
    _show(f"daf train --embeddings {embeddings} --out {head} {recipe}")
    say(train.run(TrainSettings(embeddings=embeddings, out=head, recipe=RECIPE)))
    splits = _all_parts(manifest_output(manifest)).select(["recording_id", "split"])
    tested = splits.filter(pc.field("split") == "test")["recording_id"].unique().to_pylist()
    record = files.read_json(files.join(head, "head.json")) or {}
    rows = record["data"]["rows"]
    say(TRAINED.format(train=rows["train"], held_out=" and ".join(sorted(tested))))


def _show(command: str) -> None:
    say(command)


def _findings(scores: str) -> str:
    """Recordings by mean sentiment, and the utterances whose tone contradicts their words most."""
    scored = _all_parts(scores_output(scores))
    manifest = manifest_output(files.join(scores, "manifest"))
    words = _all_parts(manifest).select(["utterance_id", "text"])
    order = [("disagreement", "descending"), ("utterance_id", "ascending")]
    scored = scored.select(SHOWN).join(words, "utterance_id").sort_by(order)
    calls = _all_parts(calls_output(scores)).select(["recording_id", "sentiment"]).to_pylist()
    lines = [
        f"  {_signed(row['sentiment'])}  {row['recording_id']}"
        for row in sorted(calls, key=lambda row: row["sentiment"])
    ]
    opposed = scored.filter(pc.field("text_sentiment") * pc.field("audio_sentiment") < 0)
    lines += ["Where the tone contradicts the words most (words / tone / together):"]
    lines += [
        f"  {' / '.join(_signed(row[f'{name}sentiment']) for name in ('text_', 'audio_', ''))}"
        f"  {row['recording_id']} {row['start_s']:.0f} s: {row['text']}"
        for row in opposed.slice(0, 3).to_pylist()
    ]
    return "\n".join(["Mean sentiment over time of each recording, in [-3, 3]:", *lines])


def _all_parts(output: Output) -> pa.Table:
    return pa.concat_tables(output.read_all())


def _signed(sentiment: float) -> str:
    return decimals(sentiment, 2, sign=True)
