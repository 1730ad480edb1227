"""Settings of a folder that match nothing, and recordings and transcripts that miss each other."""

import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from daf_core.decimals import number_of
from daf_core.redaction.names import may_be_marked
from daf_core.sources.folders.by_speaker import FLAG as ESTIMATED
from daf_core.sources.folders.grouping import RAW_SUFFIXES, TEXT_SUFFIXES, stem, suffix
from daf_core.sources.folders.metadata import is_likely_recording
from daf_core.sources.folders.near_names import likely_pairs
from daf_core.sources.folders.pairs_table import COLUMNS
from daf_core.sources.folders.who_speaks import WhoSpeaks
from daf_core.sources.remarks import SHOWN, Found, Outcome, examples
from daf_core.sources.transcripts.unknown import OFFICE_SUFFIXES

_BAD_CHANNEL = "bad_channel"
_NO_TRANSCRIPT = frozenset({"unknown_format", "empty_file", "unreadable_transcript", "no_cues"})
_MAY_HOLD_WORDS = TEXT_SUFFIXES | OFFICE_SUFFIXES
ENOUGH_ROWS, ONE_SIDED = 50, 0.95
_MOST = 5_000  # recordings and transcripts whose names are compared


def not_forgotten(
    groups: Mapping[str, list[str]], files: Iterable[str], found: Found
) -> tuple[dict[str, list[str]], list[str]]:
    """Those groups, and those of all files, whose recordings were not forgotten."""
    kept = {key: own for key, own in groups.items() if not found.forgotten(key)}
    gone = {name for key in groups.keys() - kept.keys() for name in groups[key]}
    names = [
        name
        for name in files
        if name not in gone and not found.forgotten(name) and not found.forgotten(stem(name))
    ]
    return kept, names


def unmatched_raw(raw: str | None, names: Iterable[str]) -> list[str]:
    """A line where no file has the suffix of a headerless recording."""
    if raw is None or any(suffix(name) in RAW_SUFFIXES for name in names):
        return []
    return [f"`raw`: no file is named {' '.join(sorted(RAW_SUFFIXES))}"]


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
    yield from _channels_not_found(who, found)
    if who.speakers is not None and ESTIMATED not in found.flags():
        yield (
            "`speakers`: no speaker was estimated; that is done where a recording has sound, and "
            "none of its rows has a speaker or a channel"
        )


def _channels_not_found(who: WhoSpeaks, found: Found) -> Iterator[str]:
    on = found.channels().rows if who.channels else Counter[int]()
    absent = [number for number in who.channels if number not in on]
    if not absent:
        return
    said = f"`channels`: no utterance is on {_named(who, absent)}; "
    refused = _BAD_CHANNEL in {*found.reasons(), *found.flags()}
    first = min(who.channels)
    if on:
        said += f"utterances are on {'channel' if len(on) == 1 else 'channels'} {_listed(on)}"
    elif refused and first > 0:
        moved = ",".join(f"{n - first}={role}" for n, role in sorted(who.channels.items()))
        said += f"channels are counted from 0: give `channels` {moved} for the first ones"
    elif refused:
        said += "the recordings have fewer channels; give those that they have"
    else:
        said += "the recordings have one channel, or nothing tells their channels apart"
    if "same_channels" in found.flags():
        said += "; channels that carry the same sound were taken as one (same_channels)"
    yield said


def one_sided_channels(who: WhoSpeaks, found: Found) -> Iterator[str]:
    """A remark on each of several `channels` that holds hardly any speech: it may not have been
    recorded, or have another number.
    """
    if len(who.channels) < 2:
        return
    rows, recordings = found.channels()
    every = len(set().union(*recordings.values()))
    if (total := rows.total()) < ENOUGH_ROWS or max(rows.values()) < ONE_SIDED * total:
        return
    for number in sorted(who.channels.keys() & rows.keys()):
        if rows[number] <= (1 - ONE_SIDED) * total:
            yield (
                f"`channels`: {_named(who, [number])} holds speech in {len(recordings[number]):,} "
                f"of {number_of(every, 'recording')} with several channels, {rows[number]:,} of "
                f"{number_of(total, 'utterance')}; it was hardly recorded, or is not the channel "
                f"of that role: listen to one"
            )


def _named(who: WhoSpeaks, numbers: Sequence[int]) -> str:
    """As "channel 0 (agent) or 1 (customer)"."""
    shown = [f"{number} ({who.channels[number]})" for number in sorted(numbers)]
    return f"channel {' or '.join(shown)}"


def _listed(numbers: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(numbers)))


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
        f"{number_of(len(sounds), 'recording has', 'recordings have')} no transcript and "
        f"{number_of(number, 'transcript has', 'transcripts have')} no recording, "
        f"such as {examples(sounds)} and {examples(words or maybe)}"
    )
    if pairs:
        yield f"{line}; if these belong together, give `transcripts` this table:\n{_table(pairs)}"
    else:
        yield f"{line}; if they belong together, a table for `transcripts` says so"


def words_not_read(groups: Mapping[str, list[str]], found: Found) -> Iterator[str]:
    """Recordings without words though texts have their name, as none of these could be read."""
    if not _NO_TRANSCRIPT & {reason.partition(" ")[0] for reason in found.reasons()}:
        return
    lost = []
    for key, names in groups.items():
        texts = [name for name in names if suffix(name) in _MAY_HOLD_WORDS]
        if not texts or not any(map(is_likely_recording, names)):
            continue
        counts = found.outcome(key).counts
        if sum(counts.get(reason, 0) for reason in _NO_TRANSCRIPT) >= len(texts):
            lost.append(texts[0])
    if lost:
        number = number_of(len(lost), "recording has", "recordings have")
        yield (
            f"{number} no words, as the text of the same name is no transcript that can be read, "
            f"such as {examples(lost)}; the quarantine says why of each"
        )


def _is_recording(name: str, outcome: Outcome) -> bool:
    return outcome.rows > 0 or (is_likely_recording(name) and not outcome.reasons & _NO_TRANSCRIPT)


def _table(pairs: Sequence[tuple[str, str]]) -> str:
    sink = io.StringIO()
    csv.writer(sink, lineterminator="\n").writerows([COLUMNS, *pairs[:SHOWN]])
    return sink.getvalue().rstrip("\n")
