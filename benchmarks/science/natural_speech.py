"""Heads on natural speech: turns of IEMOCAP, each session left out once, its words written down by
people or recognized.

    python -m benchmarks.science.natural_speech --table DIR --work DIR [--words text whisper_text]

DIR holds manifest.csv (utterance_id, recording_id, session, speaker, label from valence, and a
column of words for each of --words) and voices.npz (`ids`, `audio`): speaker-encoder embeddings or
any other features of the voices. IEMOCAP's licence forbids passing either on, so neither is part of
this project, and no head trained here is kept. One session tests, the next one validates and the
others train. Prints, for each kind of words, every head over --seeds with paired intervals against
--baseline, `daf` against each other head, how the weights spread, the controls, and how well the
weights tell rows whose words were recognized wrongly (word error rate over .5) from rows without an
error.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from sklearn.metrics import roc_auc_score

from benchmarks.command_line import parser_for
from benchmarks.corpora import Row, read_rows, write_rows
from benchmarks.science.embedded import embed_table, folders
from benchmarks.science.folds import over_folds, split_anew, trials_on
from benchmarks.science.recipes import add_recipe, recipe_of
from benchmarks.science.rivals import HEAD, RIVALS, rendered_rivals
from daf_core.arrays import AnyArray, FloatArray
from daf_core.embeddings.arrays import column_values
from daf_core.evaluation.control_results import rendered_controls, weight_controls
from daf_core.evaluation.groups import group_results, rendered_groups
from daf_core.evaluation.results import rendered, standings
from daf_core.evaluation.trial import Trial, TrialResult
from daf_core.evaluation.weights import rendered_spreads, weight_spreads
from daf_core.storage import run_record
from daf_core.storage.output import embeddings_output
from jobs.fitting.training_data import load_training_data
from jobs.settings import TEXT_ENCODER, EmbedSettings, EvaluateSettings
from jobs.verbs import embed

WRITTEN = "text"  # the column of the words that people wrote down
HEADS = [HEAD, *RIVALS]


def main() -> None:
    parser = parser_for(__doc__, work="tables, embeddings and trials")
    parser.add_argument("--table", type=Path, required=True, metavar="DIR")
    parser.add_argument("--words", nargs="+", default=[WRITTEN, "whisper_text"])
    parser.add_argument("--text-encoder", default=TEXT_ENCODER)
    parser.add_argument("--heads", nargs="+", default=HEADS)
    parser.add_argument("--baseline", default="concat")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--speaker-normalise", action="store_true")
    add_recipe(parser)
    asked = parser.parse_args()
    recipe = recipe_of(asked)
    table = {row["utterance_id"]: row for row in read_rows(asked.table / "manifest.csv")}
    for words in asked.words:
        embeddings = with_voices(asked.table, table, words, asked.text_encoder, asked.work)
        settings = EvaluateSettings(
            embeddings=embeddings,
            out=embeddings + "-speaker-normalised" * asked.speaker_normalise,
            heads=asked.heads,
            seeds=asked.seeds,
            speaker_normalise=asked.speaker_normalise,
            recipe=recipe,
        )
        trials = left_out_trials(settings, table)
        show(words, trials, table, asked.baseline)


def with_voices(
    folder: Path, table: dict[str, Row], words: str, text_encoder: str, work: Path
) -> str:
    """The folder of embeddings of the labelled rows: one kind of words, and the voices."""
    name = f"natural-{words}-{text_encoder.rpartition('/')[2]}"
    work.mkdir(parents=True, exist_ok=True)
    labelled = [row for row in table.values() if row["label"]]
    rows = work / f"{name}.csv"
    columns = ("utterance_id", "recording_id", "session", "speaker", "label")
    write_rows(
        rows, [{one: row[one] for one in columns} | {"text": row[words]} for row in labelled]
    )
    alone = embed_table(rows, work, name, text_encoder=text_encoder)
    out = str(work / f"{name}-with-voices")
    if run_record.read_if_complete(embeddings_output(out)) is None:
        features = work / f"{name}.npz"
        ids, texts, voices = _features(alone, folder / "voices.npz")
        np.savez(features, ids=ids, text=texts, audio=voices)
        manifest, _ = folders(work, name)
        settings = EmbedSettings(manifest=manifest, out=out, features=str(features))
        print(embed.run(settings), flush=True)
    return out


def _features(words: str, voices: Path) -> tuple[AnyArray, AnyArray, AnyArray]:
    """Utterance ids, and text (rows, layers, features) and audio (rows, features) of the rows that
    have embeddings of words.
    """
    settings = EvaluateSettings(embeddings=words, out=words)
    shapes = {"text": load_training_data(settings, ["text"]).shapes["text"]}
    ids, texts = [], []
    for table in embeddings_output(words).read_all():
        values, _ = column_values(table, shapes)
        ids += table["utterance_id"].to_pylist()
        texts.append(values["text"])
    heard = np.load(voices, allow_pickle=False)
    place = {one: number for number, one in enumerate(heard["ids"].tolist())}
    chosen = [place[one] for one in ids]
    return np.array(ids), np.concatenate(texts), heard["audio"][chosen]


def left_out_trials(settings: EvaluateSettings, table: dict[str, Row]) -> list[TrialResult]:
    """A trial for each head and seed over all sessions, each by heads that have not seen it."""
    data = load_training_data(settings, settings.heads)
    sessions = sorted({row["session"] for row in table.values()})
    every = [Trial(head, seed) for head in settings.heads for seed in range(settings.seeds)]
    folds = []
    for number, test in enumerate(sessions):
        splits = {test: "test", sessions[(number + 1) % len(sessions)]: "valid"}

        def split_of(utterance: str, splits: dict[str, str] = splits) -> str:
            return splits.get(table[utterance]["session"], "train")

        fold = split_anew(data, "utterance_id", split_of, f"without session {test}")
        folds.append(trials_on(fold, every, settings.recipe, f"{settings.out}-without-{test}"))
    return [over_folds(trials) for trials in zip(*folds, strict=True)]


def show(words: str, trials: list[TrialResult], table: dict[str, Row], baseline: str) -> None:
    """Print the tables as Markdown."""
    print(f"\n## {words}\n\n{rendered(standings(trials, baseline), 'github')}\n")
    print(f"{rendered_rivals(trials)}\n")
    print(f"{rendered_groups(group_results(trials), 'github')}\n")
    print(f"{rendered_spreads(weight_spreads(trials), 'github')}\n")
    if words != WRITTEN:
        rate = _error_rates(words, trials[0], table)
        for head, held in _held_where_misheard(rate, trials):
            print(f"{head}: 90 % intervals hold for {held:.3f} of rows with word error rate > .5")
        for head, auc in _misheard_auc(rate, trials):
            print(f"{head}: AUC of the weights for word error rate > .5 against 0: {auc:.3f}")
    print(f"\n{rendered_controls(weight_controls(trials), 'github')}\n", flush=True)


def _error_rates(words: str, trial: TrialResult, table: dict[str, Row]) -> FloatArray:
    """The word error rate of each row (rows,)."""
    import jiwer  # of the extra `bench`

    def wrong(row: Row) -> float:
        true, heard = (" ".join(_words(row[name])) for name in (WRITTEN, words))
        return float(jiwer.wer(true, heard)) if true else 0.0

    return np.array([wrong(table[one]) for one in trial.rows["utterance_id"].to_pylist()])


def _held_where_misheard(
    rate: FloatArray, trials: list[TrialResult]
) -> Iterator[tuple[str, float]]:
    """How often the intervals of each head hold where most words are wrong, the mean over seeds."""
    by_head: dict[str, list[float]] = {}
    for trial in trials:
        low, high, label = (
            trial.rows[name].to_numpy()[rate > 0.5]
            for name in ("interval_low", "interval_high", "label")
        )
        held = ((low <= label) & (label <= high)).mean()
        by_head.setdefault(trial.facts.head, []).append(float(held))
    for head, found in by_head.items():
        yield head, float(np.mean(found))


def _misheard_auc(rate: FloatArray, trials: list[TrialResult]) -> Iterator[tuple[str, float]]:
    """How well the weight of audio tells badly recognized words, for each head whose weights
    differ; the mean over seeds.
    """
    told = (rate > 0.5) | (rate == 0)
    by_head: dict[str, list[float]] = {}
    for trial in trials:
        weight = trial.rows["audio_weight"]
        if weight.null_count == 0 and len(np.unique(weight)) > 1:
            auc = roc_auc_score(rate[told] > 0.5, weight.to_numpy()[told])
            by_head.setdefault(trial.facts.head, []).append(float(auc))
    for head, found in by_head.items():
        yield head, float(np.mean(found))


def _words(text: str) -> list[str]:
    return "".join(one if one.isalnum() or one in "' " else " " for one in text.lower()).split()


if __name__ == "__main__":
    main()
