"""The last line of a job's output, and what `strict` makes of it."""

from collections.abc import Mapping, Sequence

from daf_core.decimals import how_many_of, number_of
from daf_core.errors import NotDone
from daf_core.schemas import LESSENED
from jobs.progress import Counts, counted, quarantined, rate

# Flags that say why a row has no audio.
_WITHOUT_AUDIO = frozenset(
    {"missing_audio", "empty_audio", "unreadable_audio", "outside_recording"}
)


def summary(
    verb: str, total: Counts, made: Counts, seconds: float, earlier: int, quarantine: str
) -> str:
    """The last line of a job's output: the totals, why rows are quarantined and in which folder,
    how many of the others lack text or audio and why, the hours of speech, the rate of what this
    run `made`, and how many parts were done by earlier runs.
    """
    were = "was" if earlier == 1 else "were"
    before = f", {number_of(earlier, 'part')} {were} done before" if earlier else ""
    hours = f"{total.audio_s / 3600:.2f} hours of speech, " if total.audio_s else ""
    fast = speed(made, seconds)
    if "times_real_time" in fast:
        said = f", {rate(fast['times_real_time'])} × real time"
    else:
        said = f", {rate(fast['rows_per_second'])} rows per second" if made.rows_in else ""
    return (
        f"{number_of(total.rows_in, 'row')} in, {total.rows_out:,} {verb}, "
        f"{quarantined(total.reasons, quarantine)}, "
        f"{lacking(total.flags, total.rows_out)}{hours}{seconds:.1f} s{said}{before}"
    )


def speed(made: Counts, seconds: float) -> dict[str, float]:
    """The seconds of a run, and how fast it `made` what it made: times real time, or rows per
    second where there is no speech.
    """
    per_s = 1 / max(seconds, 1e-9)
    if made.audio_s:
        fast = {"times_real_time": made.audio_s * per_s}
    else:
        fast = {"rows_per_second": made.rows_in * per_s} if made.rows_in else {}
    return {"seconds": round(seconds, 3)} | {name: round(one, 3) for name, one in fast.items()}


def lacking(flags: Mapping[str, int], rows: int) -> str:
    """How many of `rows` lack audio, lack text, or are flagged as having less than they came with,
    as the middle of a summary; empty where none is.
    """
    losses = {flag: count for flag, count in flags.items() if flag in LESSENED}
    said = []
    if flags.get("no_audio"):
        why = {flag: losses.pop(flag) for flag in sorted(losses) if flag in _WITHOUT_AUDIO}
        said.append(
            f"{how_many_of(flags['no_audio'], rows, 'row', 'has', 'have')} no audio{_because(why)}"
        )
    if flags.get("no_text"):
        said.append(f"{how_many_of(flags['no_text'], rows, 'row', 'has', 'have')} no text")
    if losses:
        said.append(f"flagged {counted(losses)}")
    return "".join(f"{one}, " for one in said)


def check_strict(
    reasons: Mapping[str, int],
    flags: Mapping[str, int],
    line: str,
    not_used: Mapping[str, int] | None = None,
    unmatched: Sequence[str] = (),
) -> None:
    """Raise NotDone, with the summary `line`, if any row is quarantined, or flagged as having less
    than it came with, a file of the source is `not_used`, or a setting is
    `unmatched`. For `strict`: everything that can be
    made is made before.
    """
    losses = {flag: count for flag, count in flags.items() if flag in LESSENED}
    found = [
        f"{what} {counted(counts)}"
        for what, counts in (
            ("rows quarantined", reasons),
            ("rows flagged", losses),
            ("files not used", not_used or {}),
        )
        if counts
    ]
    if unmatched:
        number = len(unmatched)
        found.append(f"{number} setting{'s' * (number > 1)} with what matches nothing")
    if found:
        raise NotDone(
            f"`strict`: expected every row and file with all that it came with, found "
            f"{' and '.join(found)}; everything else is done",
            summary=line,
        )


def _because(why: Mapping[str, int]) -> str:
    return f" ({counted(why)})" if why else ""
