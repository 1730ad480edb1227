"""Settings of a folder that match nothing, and recordings and transcripts that miss each other."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from daf_core.redaction.names import may_be_marked
from daf_core.sources.folders.by_speaker import FLAG as ESTIMATED
from daf_core.sources.folders.grouping import TEXT_SUFFIXES, suffix
from daf_core.sources.folders.metadata import is_likely_recording
from daf_core.sources.folders.near_names import likely_pairs
from daf_core.sources.folders.pairs_table import COLUMNS
from daf_core.sources.folders.who_speaks import WhoSpeaks
from daf_core.sources.remarks import SHOWN, Found, Outcome, examples

_NO_TRANSCRIPT = frozenset({"unknown_format", "empty_file", "unreadable_transcript", "no_cues"})
ENOUGH_ROWS, ONE_SIDED = 50, 0.95
_MOST = 5_000  # recordings and transcripts whose names are compared


def speakers_not_found(who: WhoSpeaks, found: Found, redact: bool = False) -> Iterator[str]:
    """Patterns of `roles` that no speaker fits, `channels` that no row is on, and `speakers` where
    none was estimated.
    """
    patterns = [
        (role, one.strip()) for role, several in who.roles.items() for one in several.split("|")
    ]
    names = found.speakers() if patterns else set()
    folded = {name.casefold() for name in names}
    lost = [
        f"{role}={pattern}"
        for role, pattern in patterns
        if not any(fnmatchcase(name, pattern.casefold()) for name in folded)
        and not (redact and may_be_marked(pattern))  # stored names are marks, which it cannot fit
    ]
    if lost:
        shown = f"speakers are {examples(names)}" if names else "no row names a speaker"
        yield f"`roles`: no speaker fits {examples(lost)}; {shown}"
    numbers = sorted(found.channels()) if who.channels else []
    absent = [f"{number}={role}" for number, role in who.channels.items() if number not in numbers]
    if absent:
        on = f"rows are on channels {examples([*map(str, numbers)])}"
        shown = on if numbers else "no row is on a channel of its own; channels count from 0"
        if "same_channels" in found.flags():
            shown += "; channels that carry the same sound were taken as one (same_channels)"
        yield f"`channels`: no row is on {examples(absent)}; {shown}"
    if who.speakers is not None and ESTIMATED not in found.flags():
        yield (
            "`speakers`: no speaker was estimated; that is done where a recording has sound, and "
            "none of its rows has a speaker or a channel"
        )


def one_sided_channels(who: WhoSpeaks, found: Found) -> Iterator[str]:
    """A remark where nearly all rows are on one of several `channels`: the numbers may be wrong."""
    rows = found.channels() if len(who.channels) > 1 else Counter()
    if (total := rows.total()) < ENOUGH_ROWS:
        return
    number, most = rows.most_common(1)[0]
    if most < total and most >= ONE_SIDED * total and number in who.channels:
        yield (
            f"`channels`: {most:,} of {total:,} rows are on {number}={who.channels[number]}; look "
            f"whether the numbers are right"
        )


def missing_each_other(groups: Mapping[str, list[str]], found: Found) -> Iterator[str]:
    """Recordings without a transcript beside transcripts without a recording, with likely pairs as
    the table that `transcripts` takes.
    """
    sounds, words, maybe = [], [], []
    for key, names in groups.items():
        texts = [name for name in names if suffix(name) in TEXT_SUFFIXES]
        if len(texts) not in (0, len(names)):
            continue
        outcome = found.outcome(key)
        if not texts:
            sounds += [name for name in names if _is_recording(name, outcome)][:1]
        elif outcome.rows:
            words.append(texts[0])
        elif "no_recording" in outcome.reasons:
            maybe.append(texts[0])  # a text, a table: also a note of somebody
    if not sounds or not (words or maybe):
        return
    pairs = likely_pairs(sounds[:_MOST], (words + maybe)[:_MOST])
    number = len(words) + len({text for _, text in pairs} & {*maybe})
    if not number:
        return
    line = (
        f"{len(sounds)} recordings have no transcript and {number} transcripts no recording, such "
        f"as {examples(sounds)} and {examples(words or maybe)}"
    )
    if pairs:
        yield f"{line}; if these belong together, give `transcripts` this table:\n{_table(pairs)}"
    else:
        yield f"{line}; if they belong together, a table for `transcripts` says so"


def _is_recording(name: str, outcome: Outcome) -> bool:
    return outcome.rows > 0 or (is_likely_recording(name) and not outcome.reasons & _NO_TRANSCRIPT)


def _table(pairs: Sequence[tuple[str, str]]) -> str:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows([COLUMNS, *pairs[:SHOWN]])
    return sink.getvalue().rstrip("\n")
