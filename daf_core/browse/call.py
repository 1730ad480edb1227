"""One call: its utterances with words and scores, its speakers, its course."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from daf_core.browse.archive import Archive
from daf_core.calls.arrays import Columns
from daf_core.calls.utterances import Speaker, speakers_of
from daf_core.report.charts import Timeline, timeline
from daf_core.report.printable import signed
from daf_core.report.recordings import placed, when
from daf_core.schemas import Row
from daf_core.storage.output import Output, speakers_output

LANES_AT_MOST = 8  # speakers that are drawn
SHOWN_AT_ONCE = 500  # utterances on one page
QUARANTINED_AT_MOST = 50  # rows that are shown
CONTRADICTIONS_LINKED = 5
OF_MANIFEST = ["utterance_id", "recording_id", "audio_uri", "channel", "start_s", "end_s", "text"]


@dataclass(frozen=True)
class Lane:
    """The course of one speaker over the call."""

    who: str
    utterances: int
    drawn: Timeline


@dataclass(frozen=True)
class Call:
    """All that the page of a call shows.

    facts: its row of the table of calls; speakers: its rows of the table of speakers, with `who`;
    utterances: its rows of the scores in order of time, with `text`, `who`, `when`, `lane` (number
    of the speaker), `contradicts`, `has_audio`, and `left` and `right`, its place on the timeline
    in percent, None without one; quarantined: some of its rows of the quarantine; lanes: of the
    first LANES_AT_MOST speakers; timed: whether they are drawn by time, else by order.
    """

    facts: Row
    speakers: list[Row]
    utterances: list[Row]
    quarantined: list[Row]
    lanes: list[Lane]
    timed: bool


def open_call(archive: Archive, recording_id: str) -> Call | None:
    """The call of this id; None if there is none.

    Raises:
        SettingsError: a table is missing or foreign.
        NotDone: the storage fails.
    """
    listed = archive.row(recording_id)
    if listed is None:
        return None
    part = listed["part"]
    (facts,) = _of(archive.calls.read(part), recording_id).to_pylist()
    speakers = _of(speakers_output(archive.source.scores.root).read(part), recording_id)
    names, rows = scored(archive, listed)
    sources = _sources(archive.source.manifest, names, recording_id)
    utterances, lanes, timed = _utterances(rows, sources, archive.text)
    quarantined = _of(archive.source.quarantine(part), recording_id)
    return Call(
        facts=facts,
        speakers=[one | {"who": _label(one)} for one in speakers.to_pylist()],
        utterances=utterances,
        quarantined=quarantined.slice(0, QUARANTINED_AT_MOST).to_pylist(),
        lanes=lanes,
        timed=timed,
    )


def sources_of(archive: Archive, recording_id: str) -> dict[str, Row]:
    """The rows of the manifest of a call: utterance id → its columns OF_MANIFEST; none of a call
    that there is not. Raises as `open_call`.
    """
    listed = archive.row(recording_id)
    if listed is None:
        return {}
    names, _ = scored(archive, listed)
    return _sources(archive.source.manifest, names, recording_id)


def scored(archive: Archive, listed: Row) -> tuple[list[str], pa.Table]:
    """The parts that hold a call, which follow the one in which it begins, and its scored rows."""
    part, recording_id = listed["part"], listed["recording_id"]
    names, found = [part], [_of(archive.source.rows(part), recording_id)]
    missing = listed["utterances"] - len(found[0])
    further = archive.source.part_names() if missing > 0 else []
    for name in further:
        if missing <= 0:
            break
        if name > part:
            rows = _of(archive.source.rows(name), recording_id)
            if len(rows):
                names.append(name)
                found.append(rows)
                missing -= len(rows)
    return names, pa.concat_tables(found, promote_options="default")


def _sources(manifest: Output | None, names: Sequence[str], recording_id: str) -> dict[str, Row]:
    if manifest is None:
        return {}
    tables = [manifest.read(name, OF_MANIFEST) for name in names if manifest.has(name)]
    rows = [row for table in tables for row in _of(table, recording_id).to_pylist()]
    return {row["utterance_id"]: row for row in rows}


def _utterances(
    rows: pa.Table, sources: dict[str, Row], text: bool
) -> tuple[list[Row], list[Lane], bool]:
    """The rows for the page in order of time, the lanes, and whether they are drawn by time."""
    if not len(rows):
        return [], [], False
    rows, places = placed(rows)
    start, end = places.start, places.end
    columns = Columns.of(rows)
    speakers, numbers = speakers_of(columns)
    found = []
    for row, number, left, right, against in zip(
        rows.to_pylist(),
        *(values.tolist() for values in (numbers, start, end, columns.contradicts)),
        strict=True,
    ):
        source = sources.get(row["utterance_id"], {})
        added = {
            "text": source.get("text") if text else None,
            "has_audio": source.get("audio_uri") is not None,
            "when": when(row),
            "who": speakers[number].label,
            "lane": number,
            "left": _percent(left),
            "right": _percent(right),
            "contradicts": against,
        }
        found.append(row | added)
    sentiment, weight = (
        rows[name].to_numpy().astype(np.float64) for name in ("sentiment", "audio_weight")
    )
    lanes = []
    for number, speaker in enumerate(speakers[:LANES_AT_MOST]):
        own = numbers == number
        drawn = timeline(start[own], end[own], sentiment[own], weight[own], places.ticks)
        lanes.append(Lane(speaker.label, int(own.sum()), drawn))
    return found, lanes, places.timed


def _percent(place: float) -> float | None:
    return None if math.isnan(place) else round(100 * place, 2)


def _of(table: pa.Table, recording_id: str) -> pa.Table:
    return table.filter(pc.equal(table["recording_id"], recording_id))


def _label(speaker: Row) -> str:
    return Speaker(speaker["channel"], speaker["speaker"], speaker["role"]).label


def moments(call: Call) -> list[tuple[str, str]]:
    """Moments to go to, in words, and the utterance of each: the lowest, the highest, and the first
    CONTRADICTIONS_LINKED where the tone contradicts the words.
    """
    found = [
        (f"{which} {signed(call.facts[f'{which}_sentiment'])}", call.facts[f"{which}_utterance_id"])
        for which in ("lowest", "highest")
        if call.facts[f"{which}_utterance_id"] is not None
    ]
    against = (row["utterance_id"] for row in call.utterances if row["contradicts"])
    found += [("tone against words", one) for one in islice(against, CONTRADICTIONS_LINKED)]
    times = {row["utterance_id"]: row["when"] for row in call.utterances}
    return [
        (name if (time := times.get(one)) is None else f"{name} at {time}", one)
        for name, one in found
    ]
