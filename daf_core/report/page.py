"""One self-contained HTML page about scored recordings: gather the numbers, fill report.html.

Transcripts, ids and speakers are untrusted: everything that enters the page passes `printable`
and is escaped by jinja2. The page loads nothing, and runs one script of its own, which sorts and
searches a table; its Content-Security-Policy forbids anything else.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from importlib.resources import files
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from daf_core.calls.marks import LARGE_DISAGREEMENT, is_said
from daf_core.decimals import decimals, number_of
from daf_core.errors import SettingsError
from daf_core.report import charts
from daf_core.report.by_meta import LEAST_CALLS, ByMeta, grouped_by_meta
from daf_core.report.call_table import SHOWN_AT_FIRST, CallTable, call_table
from daf_core.report.evidence import Evidence
from daf_core.report.head_of_run import head_of_run
from daf_core.report.hear_first import MOMENTS, HeardMoment, hear_first
from daf_core.report.known import Known, known_of_run
from daf_core.report.named import named_in_manifest
from daf_core.report.printable import printable, printable_if_text, reason_in_words, signed
from daf_core.report.quarantine import (
    AtIngest,
    ReasonCount,
    at_ingest,
    quarantine_reasons,
)
from daf_core.report.recordings import RecordingSummary, summarise, when, who
from daf_core.report.totals import SENTIMENT_EDGES, WEIGHT_EDGES, Totals
from daf_core.report.transcript import listed
from daf_core.schemas import FLAGS, NEUTRAL_BELOW, WEIGHT_REASONS, polarity
from daf_core.storage.apart import Reads, here
from daf_core.storage.files import join, read_json
from daf_core.storage.missing import check_all_parts
from daf_core.storage.output import scores_output
from daf_core.storage.parquet import list_parts, read
from daf_core.storage.places import as_found

RECORDINGS_DRAWN = 200

_SCORE_COLUMNS = ["utterance_id", "recording_id", "channel", "speaker", "role", "start_s", "end_s"]
_SCORE_COLUMNS += ["sentiment", "interval_low", "interval_high", "text_sentiment"]
_SCORE_COLUMNS += ["audio_sentiment", "audio_weight", "language", "flags", "meta"]


@dataclass(frozen=True)
class Report:
    """All that the page shows."""

    run: dict[str, Any]  # run.json
    totals: Totals
    known: Known
    quarantined: int
    quarantine_reasons: list[ReasonCount]  # most rows first
    ingest: AtIngest
    contradictions: list[dict[str, Any]]  # rows of scores, strongest first, with `when` and `who`
    recordings: list[RecordingSummary]  # lowest mean first
    calls: CallTable | None
    grouped: ByMeta  # by what the source says of calls
    moments: list[HeardMoment]  # to hear first; empty where no audio is wanted
    texts: dict[str, str]  # utterance id → text, of the utterances named in the page
    to_share: bool  # without words: the page names no folder either
    texts_note: str  # why there are no texts; empty if there are


def gather(
    scores: str,
    manifest: str | None = None,
    text: bool = True,
    audio: bool = True,
    allow_roots: Sequence[str] = (),
    reads: Reads = here,
) -> Report:
    """Gather a report from a folder of scores, part by part.

    manifest: where texts are read from, by default the manifest that run.json names, if it is
    there; text: whether texts are shown; audio: whether clips of a few utterances are;
    allow_roots: where recordings may lie beside where the manifest says; reads: where they are
    read.

    Raises:
        SettingsError: there are no scores, or there is no manifest at `manifest`.
        NotDone: the storage fails.
    """
    folder = join(scores, "scores")
    check_all_parts(scores_output(scores))
    parts = list_parts(folder)
    if not parts:
        raise SettingsError(
            f"{folder}: expected part-*.parquet, found none; give the folder that daf score wrote"
        )
    run = as_found(scores_output(scores), read_json(join(scores, "run.json")) or {})
    head = head_of_run(run)
    totals, evidence = Totals(), Evidence(head.reads)
    for part in parts:
        rows, _ = read(join(folder, part), "scores")
        totals.add(part, rows)
        evidence.add(rows)
    drawn = list(_recordings(folder, totals))
    transcripts = listed([item.transcript for item in drawn])
    recordings = [
        replace(item, transcript=own) for item, own in zip(drawn, transcripts, strict=True)
    ]
    contradictions = [
        {**row, "when": when(row), "who": who(row)} for row in totals.strongest.to_pylist()
    ]
    places = {item.recording_id: f"r{number}" for number, item in enumerate(recordings, start=1)}
    quarantined, reasons = quarantine_reasons(scores_output(scores).quarantine_uri, examples=text)
    ingest = at_ingest(manifest or run.get("manifest"), examples=text)
    named = {row["utterance_id"] for row in contradictions}
    named |= {
        m.utterance_id for item in recordings for m in (item.lowest, item.highest, item.surest)
    }
    named |= {said.utterance_id for own in transcripts for said in own}
    found = named_in_manifest(manifest, run.get("manifest"), named, allow_roots)
    texts, note = (found.texts, found.note) if text else ({}, "left out")
    moments = hear_first(contradictions, recordings, found.sounds, reads) if audio else []
    known = known_of_run(evidence, totals, run, head)
    if head.packaged:
        run = {**run, "head": head.name}  # not the folder of the package
    return Report(
        run=run,
        totals=totals,
        known=known,
        quarantined=quarantined,
        quarantine_reasons=reasons,
        ingest=ingest,
        contradictions=contradictions,
        recordings=recordings,
        calls=call_table(scores, places),
        grouped=grouped_by_meta(scores),
        moments=moments,
        texts=texts,
        to_share=not text,
        texts_note=note,
    )


def render(report: Report) -> str:
    """The page as HTML that needs no other file."""
    environment = Environment(
        loader=PackageLoader("daf_core.report", ""),
        autoescape=True,
        finalize=printable_if_text,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=lambda count: f"{count:,}",
        signed=signed,
        hundredths=lambda value: decimals(value, 2, sign=True).replace("-", "−"),
        share=lambda part, whole: f"{100 * part / max(1, whole):.0f} %",
        plain=_plain,
        day=_day,
        percent=charts.percent_of_axis,
        polarity=polarity,
        commands=_commands,
        in_words=reason_in_words,
    )
    totals = report.totals
    script = files("daf_core.report").joinpath("report.js").read_text("utf-8")
    return environment.get_template("report.html").render(
        report=report,
        run=report.run,
        totals=totals,
        sentiment_bars=charts.histogram(totals.sentiment_counts, SENTIMENT_EDGES),
        weight_bars=charts.histogram(totals.weight_counts, WEIGHT_EDGES),
        polarities=_polarities(totals.polarities),
        flags=[(flag, FLAGS.get(flag, ""), rows) for flag, rows in totals.flags.most_common()],
        reasons_of_weights=WEIGHT_REASONS,
        lacking=_lacking(totals),
        neutral_below=NEUTRAL_BELOW,
        large_disagreement=LARGE_DISAGREEMENT,
        chart=charts,
        shown_at_first=SHOWN_AT_FIRST,
        least_calls=LEAST_CALLS,
        moments_at_most=MOMENTS,
        script=Markup(script),
        script_hash=b64encode(sha256(script.encode()).digest()).decode(),
    )


def _recordings(folder: str, totals: Totals) -> Iterator[RecordingSummary]:
    """The recordings with the lowest means, read from the parts that hold them."""
    chosen = totals.lowest(RECORDINGS_DRAWN)
    pieces: dict[str, list[pa.Table]] = {recording: [] for recording in chosen}
    for part in sorted({part for key in chosen for part in totals.recordings[key].parts}):
        rows, _ = read(join(folder, part), "scores", _SCORE_COLUMNS)
        rows = rows.filter(pa.array(is_said(rows)))
        for key in chosen:
            if part in totals.recordings[key].parts:
                pieces[key].append(rows.filter(pc.equal(rows["recording_id"], key)))
    for key in chosen:
        yield summarise(key, pa.concat_tables(pieces.pop(key)))


def _polarities(counts: Counter[str]) -> list[tuple[str, int, float, float]]:
    """Each polarity, its rows, and left and width of its piece of one bar, in percent."""
    names = ["negative", "neutral", "positive"]
    pieces = charts.stack([counts[name] for name in names])
    return [(name, counts[name], *piece) for name, piece in zip(names, pieces, strict=True)]


def _lacking(totals: Totals) -> str:
    """How many utterances were scored without audio, and without text; empty where none was."""
    counts = [(totals.flags[f"no_{what}"], what) for what in ("audio", "text")]
    said = [f"{number_of(rows, 'has', 'have')} no {what}" for rows, what in counts if rows]
    return f"of {number_of(totals.utterances, 'utterance')} {' and '.join(said)}" if said else ""


def _commands(text: str) -> Markup:
    """A text as HTML, in which what stands in backticks is code."""
    pieces = [escape(piece) for piece in printable(text).split("`")]
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if number % 2 else piece
        for number, piece in enumerate(pieces)
    )


def _plain(value: Any) -> str:
    """A value of run.json as one line of text."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(item)}" for key, item in value.items())
    if isinstance(value, list):
        return ", ".join(_plain(item) for item in value)
    return "none" if value is None else str(value)


def _day(value: Any) -> str:
    """An ISO 8601 time as "21 November 2026, 04:10 UTC"; any other value unchanged."""
    try:
        time = datetime.fromisoformat(str(value).replace("Z", "+00:00"))
    except ValueError:
        return str(value)
    return f"{time.day} {time:%B %Y, %H:%M %Z}".strip()
