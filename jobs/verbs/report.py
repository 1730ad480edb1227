"""daf report: scores → one HTML page."""

import time

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.report.page import Report, gather, render
from daf_core.storage.files import filesystem, join, publish
from daf_core.storage.output import scores_output
from jobs.command.told import tell
from jobs.reading.readers import clip_readers
from jobs.settings import ReportSettings
from jobs.verbs.scored_manifest import NAME_IT, manifest_or_said


def run(settings: ReportSettings) -> str:
    """Write the page; returns how far the scores are to be believed, and a summary as last line.

    Raises:
        SettingsError: the scores or the manifest are missing, or `out` is a folder.
        NotDone: a file cannot be read, or the page cannot be written.
    """
    started = time.monotonic()
    report = make(settings)
    totals = report.totals
    summary = (
        f"{page_of(settings)}: {number_of(totals.utterances, 'utterance')} of "
        f"{number_of(len(totals.recordings), 'recording')}, "
        f"{number_of(totals.contradictions, 'contradiction')}, "
        f"{time.monotonic() - started:.1f} s"
    )
    return "\n".join([*report.known.lines, summary])


def page_of(settings: ReportSettings) -> str:
    """The file of the page."""
    return join(settings.scores, "report.html") if settings.out is None else settings.out


def make(settings: ReportSettings) -> Report:
    """Write the page; returns what it shows. Raises as `run`."""
    out = page_of(settings)
    fs, path = filesystem(out)
    if fs.isdir(path):
        raise SettingsError(
            f"`out` {out}: expected a file for the page, found a folder; "
            f"try {join(out, 'report.html')}"
        )
    if settings.manifest is None:
        manifest_or_said(scores_output(settings.scores), NAME_IT)
    reads = clip_readers()
    if settings.audio:
        reads.start("daf_core.report.clips")  # .4 s, beside the gathering
    report = gather(
        settings.scores,
        settings.manifest,
        settings.text,
        settings.audio,
        settings.allow_root,
        reads,
    )
    publish(out, render(report).encode())
    tell(
        "reported",
        out=out,
        utterances=report.totals.utterances,
        recordings=len(report.totals.recordings),
        contradictions=report.totals.contradictions,
    )
    return report
