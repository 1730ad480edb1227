"""The summary of `daf ingest`: totals, what is not used and why, remarks."""

import re
from collections import Counter
from collections.abc import Mapping

from daf_core.decimals import number_of
from daf_core.manifest.updated import Updated
from daf_core.redaction.marks import REDACTED
from daf_core.redaction.redact import KINDS
from daf_core.sources.remarks import examples
from daf_core.storage import parquet
from daf_core.storage.output import Output
from jobs.command.terminal import one_line
from jobs.command.told import tell
from jobs.progress import quarantined
from jobs.summary import lacking

MESSAGES_SHOWN, FEW_PARTS = 3, 100
_SETTING = re.compile(r"`(\w+)`")


def summary(done: Updated, quarantine: str) -> str:
    """The summary of an updated manifest: a line of totals, one of the files not used, and remarks.

    quarantine: the folder of the manifest's quarantine.
    """
    recordings = done.recordings.as_dict()
    remarks = (*done.remarks.unmatched, *done.remarks.hints)
    counts = ", ".join(f"{count:,} {kind}" for kind, count in recordings.items() if count)
    return (
        f"{number_of(done.rows_in, 'row')} in, {done.rows:,} in the manifest, "
        f"{quarantined(done.quarantined, quarantine)}, {lacking(done.flags, done.rows)}"
        f"{_redacted(done.flags)}{number_of(done.parts, 'part')}, "
        f"{done.audio_hours:.2f} hours of speech, "
        f"{number_of(sum(recordings.values()), 'recording')}{f' ({counts})' if counts else ''}, "
        f"{done.seconds} s{_not_used(done.not_used, quarantine)}{_gone(done)}"
    ) + "".join(f"\n{_as_options(_clean(remark))}" for remark in remarks)


def tell_of(done: Updated, output: Output) -> None:
    """Tell programs the same."""
    tell(
        "ingested",
        out=output.root,
        rows_in=done.rows_in,
        rows=done.rows,
        quarantined=sum(done.quarantined.values()),
        reasons=done.quarantined,
        flags=done.flags,
        parts=done.parts,
        audio_hours=done.audio_hours,
        recordings=done.recordings.as_dict(),
        pruned=done.gone.pruned,
        not_used=done.not_used,
        nothing_to_do=done.nothing_to_do,
        seconds=done.seconds,
    )


def few_messages(done: Updated, output: Output) -> str:
    """Why rows are quarantined, a line each, where they are few enough to be read."""
    if not 0 < sum(done.quarantined.values()) <= MESSAGES_SHOWN or done.parts > FEW_PARTS:
        return ""
    found = []
    for name in parquet.list_parts(output.quarantine_uri):
        for row in output.read_quarantine(name, ["reason", "message"]).to_pylist():
            if row["reason"] in done.quarantined:
                found.append(f"quarantined, {row['reason']}: {row['message']}")
    return "".join(f"\n{_as_options(one_line(line))}" for line in found[:MESSAGES_SHOWN])


def _clean(remark: str) -> str:
    """A remark whose lines can be printed; some hold a table."""
    return "\n".join(one_line(line) for line in remark.split("\n"))


def _redacted(flags: Mapping[str, int]) -> str:
    """How many marks stand for what was redacted, as the middle of a summary."""
    counts = {names: flags.get(f"{REDACTED} {mark}", 0) for mark, names in KINDS.items()}
    said = [f"{count:,} {names[count > 1]}" for names, count in counts.items() if count]
    return f"redacted: {', '.join(said)}, " if said else ""


def _gone(done: Updated) -> str:
    """Which recordings are gone from the source: those that stay, and those that were taken out."""
    lines = ""
    if count := done.recordings.gone:
        named = f"{number_of(count, 'recording')} gone from the source: "
        shown = one_line(examples(done.gone.kept_first))
        lines += f"\n{named}{shown}; they count all the same, until --prune takes them out"
    if count := done.gone.pruned:
        named = f"{number_of(count, 'recording')} gone from the source taken out: "
        lines += f"\n{named}{one_line(examples(done.gone.pruned_first))}"
    return lines


def _as_options(line: str) -> str:
    """A line whose settings, in backticks, are shown as options."""
    return _SETTING.sub(lambda found: f"--{found[1].replace('_', '-')}", line)


def _not_used(reasons: dict[str, int], quarantine: str) -> str:
    """How many files are not used, why, and where they are named."""
    if not reasons:
        return ""
    shown = ", ".join(
        " ".join([str(count), *reversed(reason.split(" "))])
        for reason, count in Counter(reasons).most_common()
    )
    return f"\n{number_of(sum(reasons.values()), 'file')} not used: {shown}; named in {quarantine}"
