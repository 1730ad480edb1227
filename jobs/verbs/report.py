"""daf report: one page about scored recordings."""

import time

from daf_core.errors import SettingsError
from daf_core.report.page import gather, render
from daf_core.storage.files import filesystem, join, publish
from jobs.settings import ReportSettings


def run(settings: ReportSettings) -> str:
    """Write the page and say in one line what it holds.

    Raises:
        SettingsError: there are no scores or no manifest where the settings say, or `out` is a
            folder.
    """
    started = time.monotonic()
    fs, path = filesystem(settings.out)
    if fs.isdir(path):
        raise SettingsError(
            f"{settings.out}: expected a file to write the page to, found a folder; "
            f"try {join(settings.out, 'report.html')}"
        )
    report = gather(settings.scores, settings.manifest, settings.text)
    publish(settings.out, render(report).encode())
    totals = report.totals
    return (
        f"{settings.out}: {totals.utterances:,} utterances of "
        f"{len(totals.recordings):,} recordings, {totals.contradictions:,} contradictions, "
        f"{time.monotonic() - started:.1f} s"
    )
