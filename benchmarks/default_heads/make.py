"""Make the heads of the package again: corpora → table → embeddings → head and model card.

    python -m benchmarks.default_heads.make --data DIR --work DIR [--heads fast accurate]

Trains on the words of CMU-MOSEI, CMU-MOSI and MELD, the voices of RAVDESS and nEMO (whole, cut and
joined), the degraded pairs, and damaged copies; benchmarks/default_heads/corpus.py says which rows.
Writes daf_core/default_heads/NAME. All that is drawn has a fixed seed.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.command_line import parser_for
from benchmarks.default_heads.card import head_card
from benchmarks.default_heads.corpus import training_table
from benchmarks.default_heads.left_out import head_without
from benchmarks.default_heads.measured import measured_by_corpus
from benchmarks.science.embedded import embed_table
from daf_core.stages import trained_head
from daf_core.storage import files
from daf_core.storage.output import embeddings_output
from daf_core.training.recipe import Recipe
from jobs.settings import AUDIO_ENCODER, TEXT_ENCODER, TrainSettings
from jobs.settings.encode import WINDOW_S
from jobs.verbs import train

OUT = Path("daf_core/default_heads")


@dataclass(frozen=True)
class Plan:
    """The encoders of a head and how it is trained."""

    text_encoder: str
    audio_encoder: str
    recipe: Recipe
    audio_window: int
    all_layers: bool = False


RECIPE = Recipe(epochs=100, width=128, balance=True, average=0.998)
PLANS = {
    "fast": Plan(
        TEXT_ENCODER,
        AUDIO_ENCODER,
        replace(RECIPE, width=64),
        WINDOW_S,
        all_layers=True,
    ),
    "accurate": Plan(
        "sentence-transformers/all-mpnet-base-v2",
        "openai/whisper-base",
        replace(RECIPE, members=2),
        WINDOW_S,
    ),
}
LEFT_OUT = ("mosi", "nemo")  # each is also measured by a head that has never seen it
KEPT_FACTS = ("seed", "recipe", "metrics", "reliability", "best_epoch", "history")


def main() -> None:
    parser = parser_for(__doc__, data=True, work="the table, embeddings and heads")
    parser.add_argument("--heads", nargs="+", default=[*PLANS], choices=[*PLANS])
    parser.add_argument("--out", type=Path, default=OUT, help="folder of the package's heads")
    asked = parser.parse_args()
    table = training_table(asked.data, asked.work)
    for name in asked.heads:
        make_head(name, PLANS[name], table, asked.work, asked.out / name)


def make_head(name: str, plan: Plan, table: Path, work: Path, out: Path) -> None:
    """Embed the table, train the head and publish it under `out` with its card."""
    encoders: dict[str, Any] = {
        "text_encoder": plan.text_encoder,
        "audio_encoder": [plan.audio_encoder],
        "audio_window": plan.audio_window,
        "precision": "float32",  # the same on every processor, up to the last digits
    }
    embeddings = embed_table(table, work, f"default-{name}", None, **encoders)
    folder = str(work / f"default-{name}-head")
    settings = TrainSettings(
        embeddings=embeddings,
        out=folder,
        head="daf-late",
        all_layers=plan.all_layers,
        speaker_normalise=True,
        recipe=plan.recipe,
    )
    print(train.run(settings), flush=True)
    head = trained_head.load(folder)
    source = embeddings_output(embeddings)
    measured = measured_by_corpus(head, source)
    for corpus in LEFT_OUT:
        without = head_without(corpus, head, source, plan.recipe)
        measured[f"{corpus}, left out"] = measured_by_corpus(without, source)[corpus]
    card = head_card(name, head, measured)
    publish(head, str(out), card)
    print(card)


def publish(head: trained_head.TrainedHead, out: str, card: str) -> None:
    """Write weights, record and card; the record names no folder of this machine."""
    facts: dict[str, Any] = {name: head.record.facts[name] for name in KEPT_FACTS}
    data = head.record.facts["data"]
    facts["data"] = {name: data[name] for name in ("rows", "languages", "splits")}
    files.publish(files.join(out, "README.md"), card.encode())
    files.publish(files.join(out, trained_head.WEIGHTS), head.weights)
    record = replace(head.record, facts=facts).as_dict()
    files.write_json(files.join(out, trained_head.RECORD), record)


if __name__ == "__main__":
    main()
