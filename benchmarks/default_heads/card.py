"""The model card of a default head: data, licences, results, known failures."""

from huggingface_hub import EvalResult, ModelCard, ModelCardData
from tabulate import tabulate

from benchmarks.default_heads.measured import METRICS, Measured, with_interval
from daf_core.stages.trained_head import TrainedHead

SHOWN_FIRST = {"mosi": "r", "ravdess": "UAR", "meld": "wF1", "nemo": "UAR"}
NAMES = {
    "mosei": "CMU-MOSEI words",
    "mosi": "CMU-MOSI words",
    "meld": "MELD words",
    "ravdess": "RAVDESS voice",
    "nemo": "nEMO voice",
    "pairs-none": "degraded pairs, whole",
    "pairs-text": "degraded pairs, words damaged",
    "pairs-audio": "degraded pairs, voice damaged",
}
COPIES = {
    "misheard": "misheard",
    "cut": "cuts",
    "joined": "clips joined",
    "telephone": "over a telephone",
    "damaged": "damaged",
}
LICENCE = "research data, some of it non-commercial"
NON_COMMERCIAL = {"licence": "CC BY-NC-SA 4.0", "non_commercial": True}
CORPORA = [
    {"name": "CMU-MOSEI", "what": "words", "licence": 'research data of CMU, "as is"'},
    {"name": "CMU-MOSI", "what": "words", "licence": 'research data of CMU, "as is"'},
    {"name": "MELD", "what": "words of television dialogue", "licence": "repository GPL-3.0"},
    {"name": "RAVDESS", "what": "acted voices", **NON_COMMERCIAL},
    {"name": "nEMO", "what": "acted voices, Polish", **NON_COMMERCIAL},
]


def head_card(name: str, head: TrainedHead, measured: dict[str, Measured]) -> str:
    """The card, with the results of each corpus on its test rows."""
    found = {
        corpus: {metric: with_interval(METRICS[metric], rows) for metric in METRICS}
        for corpus, rows in measured.items()
    }
    metadata = ModelCardData(
        library_name="daf",
        language=head.record.languages,
        license="other",
        license_name=LICENCE,
        training_data=CORPORA,
        tags=["sentiment-analysis", "speech", "multimodal", head.kind],
        model_name=f"daf {name}",
        eval_results=[
            EvalResult(
                task_type="sentiment-analysis",
                dataset_type=corpus,
                dataset_name=corpus,
                metric_type=metric,
                metric_value=round(found[corpus][metric][0], 3),
            )
            for corpus, metric in SHOWN_FIRST.items()
            if corpus in found
        ],
    )
    encoders = "\n".join(f"- {column}: {spec}" for column, spec in head.encoders.items())
    return str(
        ModelCard(f"""---
{metadata.to_yaml()}
---

# The `{name}` head

Predicts the sentiment of utterances, from -3 to 3, from frozen embeddings of their words and their
voice, and how much each of the two counts. A `{head.kind}` head of width {head.record.width} on

{encoders}

## Data and licence

Trained on the words of CMU-MOSEI and CMU-MOSI (CMU, research data "as is") and of MELD (television
dialogue; repository GPL-3.0), on the acted voices of RAVDESS (CC BY-NC-SA 4.0) and of nEMO (CC
BY-NC-SA 4.0, Polish), and on sentences of CMU-MOSEI on voices of RAVDESS. The rows are
{_rows(head)}.
No recording and no text is part of the head. **Some of the data forbids commercial use**: train a
head on data of your own for that.

## Results

On test rows, whose videos, dialogues and actors are in no other row, with 95 % intervals over rows.
{_left_out(measured)}`coverage` is the share of the 90 % intervals that hold the label,
`unfamiliar` the share of rows with this flag.

{_results(found, measured)}

## Known failures

- Voices are acted. What a calm voice of a real call says is told badly by the voice alone.
- English words only. Other languages are flagged `other_language`.
- Sarcasm: words that say the opposite of what is meant are read as words.
- A voice in another language than English or Polish may be heard wrongly without a flag.
- Music, noise and tones are flagged `unfamiliar`. Some sound effects are not, and some shouts
  without words are.

`make default-heads DATA=DIR` makes heads of these corpora.
""")
    )


def _left_out(measured: dict[str, Measured]) -> str:
    """What "left out" means, where any row of the results says so."""
    if not any(corpus.endswith(", left out") for corpus in measured):
        return ""
    return '"Left out" is a head like this one that was trained without the whole corpus.\n'


def _rows(head: TrainedHead) -> str:
    rows = head.record.facts["data"]["rows"]
    return f"{rows['train']} to train, {rows['valid']} to validate and {rows['test']} to test"


def _results(
    found: dict[str, dict[str, tuple[float, float, float]]], measured: dict[str, Measured]
) -> str:
    lines = [
        [_name(corpus), str(len(measured[corpus].label))]
        + [f"{value:.3f} [{low:.3f}, {high:.3f}]" for value, low, high in metrics.values()]
        for corpus, metrics in found.items()
    ]
    headers = ["test rows of", "rows", *METRICS]
    return str(tabulate(lines, headers, tablefmt="github", disable_numparse=True))


def _name(corpus: str) -> str:
    """Of a corpus, of copies such as "ravdess-cut-telephone", or of one that was left out."""
    if corpus in NAMES:
        return NAMES[corpus]
    if corpus.endswith(", left out"):
        return f"{NAMES[corpus.partition(',')[0]]}, left out"
    whole, *copies = corpus.split("-")
    return ", ".join([NAMES[whole], *(COPIES[copy] for copy in copies)])
