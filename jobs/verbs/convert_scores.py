"""The recordings of a folder of scores with their words, for `daf convert`."""

from collections import Counter
from collections.abc import Iterator

from daf_core.calls.units import Source
from daf_core.decimals import number_of
from daf_core.report.printable import printable
from daf_core.schemas import Row
from daf_core.sources.transcripts.cue import Cue
from daf_core.sources.transcripts.writing import Score, WrittenCue
from daf_core.storage import missing, run_record
from daf_core.storage.output import Output, scores_output
from jobs.verbs.convert_refused import Refused
from jobs.verbs.scored_manifest import NAME_IT, given_manifest, manifest_or_said

_COLUMNS = (
    *("sentiment", "polarity", "interval_low", "interval_high", "text_sentiment"),
    *("audio_sentiment", "text_weight", "audio_weight"),
)


def is_scores(uri: str) -> bool:
    """Whether this is a folder made by `daf score`."""
    scores = scores_output(uri)
    record = run_record.read(scores)
    return (record is not None and record.kind == scores.kind) or bool(scores.part_names())


def scored_recordings(
    uri: str, manifest: str | None, refused: list[Refused]
) -> Iterator[tuple[str, list[WrittenCue]]]:
    """Yield each recording's id and its scored cues, in order of time, when its last part is read.

    manifest: where words are read from; by default the one that was scored, if it is there.
    refused: gets the recordings of which utterances were quarantined, once all are read.

    Raises:
        SettingsError: there is no manifest at `manifest`, or it is not the one that was scored.
        NotDone: the storage fails.
    """
    scores = scores_output(uri)
    missing.check_all_parts(scores)
    words = _manifest(scores, manifest)
    names = scores.part_names()
    last = {
        recording_id: number
        for number, name in enumerate(names)
        for recording_id in scores.read(name, ["recording_id"])["recording_id"].unique().to_pylist()
    }
    waiting: dict[str, list[Row]] = {}
    for number, name in enumerate(names):
        texts = _texts(words, name)
        for row in scores.read(name).to_pylist():
            row["text"] = texts.get(row["utterance_id"])
            waiting.setdefault(row["recording_id"], []).append(row)
        for recording_id in [one for one in waiting if last[one] == number]:
            yield recording_id, _cues(waiting.pop(recording_id))
    refused += _quarantined(Source(scores, words))


def _quarantined(source: Source) -> Iterator[Refused]:
    """The recordings that are not whole, once for each reason."""
    counts = Counter(
        (row["recording_id"], row["reason"])
        for name in source.part_names()
        for row in source.quarantine(name).select(["recording_id", "reason"]).to_pylist()
    )
    for (recording_id, reason), count in counts.items():
        name = printable(recording_id)
        yield Refused(name, reason, f"{name}: {number_of(count, 'utterance')} quarantined")


def _manifest(scores: Output, given: str | None) -> Output | None:
    if given is None:
        return manifest_or_said(scores, NAME_IT)
    return given_manifest(given)


def _texts(manifest: Output | None, part: str) -> dict[str, str]:
    """Texts by utterance id: a part of the scores has the name of its part of the manifest."""
    if manifest is None or part not in manifest.part_names():
        return {}
    rows = manifest.read(part, ["utterance_id", "text"]).to_pylist()
    return {row["utterance_id"]: row["text"] for row in rows if row["text"] is not None}


def _cues(rows: list[Row]) -> list[WrittenCue]:
    def start(row: Row) -> float:
        return row["start_s"] if row["start_s"] is not None else 0.0

    return [_cue(row) for row in sorted(rows, key=start)]


def _cue(row: Row) -> WrittenCue:
    known = {name: row[name] for name in _COLUMNS if row[name] is not None}
    scores: dict[str, Score] = {
        name: round(value, 4) if isinstance(value, float) else value
        for name, value in known.items()
    }
    cue = Cue(
        text=printable(row["text"] or ""),
        start_s=row["start_s"],
        end_s=row["end_s"],
        speaker=printable(row["speaker"] or row["role"] or "") or None,
        channel=row["channel"],
    )
    return WrittenCue(cue, scores)
