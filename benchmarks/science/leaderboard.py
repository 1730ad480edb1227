"""One page: every head on every corpus, with paired intervals of `daf` against each other head.

    python -m benchmarks.science.leaderboard --data DIR --work DIR [--table DIR]
        [--corpora pairs heard written …] [--heads daf stacked …] [--seeds 5] [--out FILE]

A corpus is one of:

- pairs: the degraded pairs, three of them (heads_table.py);
- heard, written, heard-mpnet, written-mpnet: IEMOCAP's turns, each session left out once, with
  recognized or written words; needs --table (natural_speech.py);
- mosei, mosi, meld: words alone (corpora_table.py);
- ravdess: voices alone, every actor unseen in training once (ravdess_folds.py);
- nemo, ravdess-to-nemo, nemo-to-ravdess: voices alone of other actors, or of another corpus in
  another language (voices_across.py).

Trials that are in --work are read, those that are missing are made, so the page can be made corpus
by corpus; --out writes it to a file too. Every head has the recipe that is the default, which was
chosen on validation rows. † marks heads that are readings of a paper's abstract.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from benchmarks.command_line import parser_for
from benchmarks.corpora import read_rows
from benchmarks.science import corpora_table, natural_speech, ravdess_folds, voices_across
from benchmarks.science.embedded import embed_mosei
from benchmarks.science.heads_table import CORPORA as PAIRS
from benchmarks.science.heads_table import Comparison, merge_corpora, trials_on_pairs
from benchmarks.science.rivals import HEAD, differences, holm
from daf_core.decimals import decimals, number_of
from daf_core.evaluation.rendering import shown_interval, shown_table
from daf_core.evaluation.results import Standing, standings
from daf_core.evaluation.trial import TrialResult
from daf_core.evaluation.weights import weight_spreads
from jobs.settings import TEXT_ENCODER, EvaluateSettings

HEADS = [
    *("daf", "stacked", "daf-late", "daf-attention", "static", "concat", "late"),
    *("lmf", "tfn", "gmu", "agfn", "avad", "text", "audio"),
]
OF_ABSTRACTS = {"daf-attention", "agfn", "avad"}  # readings of a paper's abstract
SHOWN = {"r": "r", "non0_accuracy": "Non0", "polarity_uar": "UAR", "coverage": "in 90 %"}


@dataclass(frozen=True)
class Asked:
    """What the command line asks for."""

    data: Path
    work: Path
    table: Path | None
    heads: list[str]
    seeds: int


def pairs(asked: Asked) -> list[TrialResult]:
    """Trials on the degraded pairs, of all corpora together."""
    also = [embed_mosei(asked.data, asked.work)]
    comparison = Comparison(asked.heads, asked.seeds, also=also)
    return merge_corpora(
        [trials_on_pairs(comparison, asked.data, asked.work, seed) for seed in PAIRS]
    )


def turns(asked: Asked, words: str, text_encoder: str) -> list[TrialResult]:
    """Trials on IEMOCAP's turns, with one kind of words."""
    if asked.table is None:
        raise SystemExit("IEMOCAP: expected --table DIR (see benchmarks.science.natural_speech)")
    table = {row["utterance_id"]: row for row in read_rows(asked.table / "manifest.csv")}
    embeddings = natural_speech.with_voices(asked.table, table, words, text_encoder, asked.work)
    settings = EvaluateSettings(
        embeddings=embeddings, out=embeddings, heads=asked.heads, seeds=asked.seeds
    )
    return natural_speech.left_out_trials(settings, table)


def words_alone(asked: Asked, corpus: str) -> list[TrialResult]:
    """Trials of the head `text`: without voices all heads are the same."""
    return corpora_table.evaluated(corpus, asked.data, asked.work, asked.seeds)


def actors(asked: Asked) -> list[TrialResult]:
    """Trials of the head `audio` on RAVDESS."""
    embeddings = corpora_table.embed_corpus("ravdess", [], asked.data, asked.work)
    trials = ravdess_folds.trials_of("alone", embeddings, asked.seeds)
    return corpora_table.rename_heads(trials, "audio")


def across(asked: Asked, way: str) -> list[TrialResult]:
    """Trials of the head `audio` on other actors or another corpus."""
    return voices_across.trials_across(way, asked.data, asked.work, asked.seeds)


CORPORA: dict[str, tuple[str, Callable[[Asked], list[TrialResult]]]] = {
    "pairs": ("Degraded pairs", pairs),
    "heard": (
        "IEMOCAP, recognized words",
        partial(turns, words="whisper_text", text_encoder=TEXT_ENCODER),
    ),
    "written": (
        "IEMOCAP, written words",
        partial(turns, words="text", text_encoder=TEXT_ENCODER),
    ),
    "heard-mpnet": (
        "IEMOCAP, recognized words, mpnet",
        partial(turns, words="whisper_text", text_encoder=corpora_table.MPNET),
    ),
    "written-mpnet": (
        "IEMOCAP, written words, mpnet",
        partial(turns, words="text", text_encoder=corpora_table.MPNET),
    ),
    "mosei": ("CMU-MOSEI, words, mpnet", partial(words_alone, corpus="mosei")),
    "mosi": ("CMU-MOSI, words, mpnet", partial(words_alone, corpus="mosi")),
    "meld": ("MELD, words, mpnet", partial(words_alone, corpus="meld")),
    "ravdess": ("RAVDESS, voices", actors),
    "nemo": ("nEMO, voices", partial(across, way="nemo")),
    "ravdess-to-nemo": ("RAVDESS to nEMO, voices", partial(across, way="ravdess to nemo")),
    "nemo-to-ravdess": ("nEMO to RAVDESS, voices", partial(across, way="nemo to ravdess")),
}


def main() -> None:
    parser = parser_for(__doc__, data=True, work="tables, embeddings and trials")
    parser.add_argument("--table", type=Path, metavar="DIR", help="IEMOCAP")
    parser.add_argument("--corpora", nargs="+", choices=CORPORA, default=[*CORPORA])
    parser.add_argument("--heads", nargs="+", default=HEADS, help="on corpora with both modalities")
    parser.add_argument("--seeds", type=int, default=5, help="seeds per head")
    parser.add_argument("--out", type=Path, metavar="FILE")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    asked = Asked(given.data, given.work, given.table, given.heads, given.seeds)
    sections = []
    for name in given.corpora:
        title, make = CORPORA[name]
        sections.append(section(title, make(asked)))
        print(f"\n{sections[-1]}", flush=True)
    if given.out is not None:
        given.out.write_text("\n".join(sections), encoding="utf-8")


def section(title: str, trials: Sequence[TrialResult]) -> str:
    """The table of one corpus as Markdown, the head with the lowest MAE first."""
    recordings = trials[0].recordings
    number = "" if recordings is None else f" of {len({*recordings.tolist()}):,} recordings"
    seeds = len({one.facts.seed for one in trials})
    found = differences(trials)
    corrected = holm([one.p for one in found.values()])
    against = {
        head: {
            f"{HEAD} minus it [95 %]": shown_interval(one.mean, one.low, one.high),
            "p, Holm": "< .001" if p < 0.001 else decimals(p, 3),
        }
        for (head, one), p in zip(found.items(), corrected, strict=True)
    }
    weights = {one.head: f"{one.mean:.2f} ± {one.deviation:.2f}" for one in weight_spreads(trials)}
    rows = [
        {"head": one.head + " †" * (one.head in OF_ABSTRACTS)}
        | _figures(one)
        | ({"audio weight": weights.get(one.head, "")} if weights else {})
        | against.get(one.head, {})
        for one in sorted(standings(trials, HEAD), key=lambda one: one.mean["mae"])
    ]
    test_rows = f"{len(trials[0].rows):,} test rows{number}, {number_of(seeds, 'seed')}"
    return f"### {title}\n\n{test_rows}.\n\n{shown_table(rows, 'github')}\n"


def _figures(of_head: Standing) -> dict[str, str]:
    mean, deviation = of_head.mean, of_head.deviation
    spread = "" if of_head.seeds < 2 else f" ± {deviation['mae']:.3f}"
    return {"MAE": decimals(mean["mae"], 3) + spread} | {
        name: decimals(mean[metric], 3) for metric, name in SHOWN.items() if metric in mean
    }


if __name__ == "__main__":
    main()
