"""manifest + scores → is every manifest row either scored, with scores in their ranges, or
quarantined, once?"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from daf_core.decimals import number_of
from daf_core.errors import NotDone, SettingsError
from daf_core.storage import part_index, run_record, uris
from daf_core.storage.output import Output, embeddings_output, manifest_output, scores_output
from daf_core.storage.places import manifest_named
from daf_core.storage.run_record import RunRecord
from daf_core.storage.score_ranges import RANGES, wrong_scores_named
from jobs.command.terminal import one_line
from jobs.command.told import tell
from jobs.older_embeddings import said_of_older
from jobs.settings import VerifySettings
from jobs.verbs.scored_manifest import manifest_named_by

FAULTS_SHOWN = 20
READERS = 16


@dataclass(frozen=True)
class PartVerdict:
    """Counts of one part, and what is wrong with it."""

    rows_in: int
    scored: int
    quarantined: int
    faults: list[str]


def run(settings: VerifySettings) -> str:
    """Compare every part of the scores with its part of the manifest; returns the summary line.

    Raises:
        SettingsError: the scores are of another manifest.
        NotDone: rows are lost, doubled or of another manifest; the message names parts and rows.
    """
    scores = scores_output(settings.scores)
    record = run_record.read(scores)
    if record is None or record.kind != scores.kind:
        record = run_record.read_complete(scores)  # says what is there instead
    if settings.manifest is None:
        given = scored = manifest_named_by(scores, record)
    else:
        given = manifest_output(settings.manifest)
        scored = manifest_named(scores, record) or given
    made_of = run_record.read_complete(given)
    manifest, faults, row = given, [], "manifest row"
    if record.identity["manifest"] != made_of.fingerprint:
        made = _transcribed(settings, record, scored, made_of)
        manifest, faults = scored, _of_other_rows(given, made_of, scored, made)
        row = f"row of {scored.root}, which `daf transcribe` made of {given.root},"
    names = manifest.part_names()
    foreign = sorted({*scores.part_names()} - {*names})
    with ThreadPoolExecutor(READERS) as pool:
        verdicts = list(
            pool.map(lambda name: verify_part(name, manifest, scores, record.fingerprint), names)
        )
    faults += [fault for verdict in verdicts for fault in verdict.faults]
    faults += [f"{name}: scored, but not a part of the manifest" for name in foreign]
    counts = [
        sum(getattr(v, key) for v in verdicts) for key in ("rows_in", "scored", "quarantined")
    ]
    told = dict(zip(("rows_in", "scored", "quarantined"), counts, strict=True))
    tell("verified", **told, faults=len(faults))
    line = "{} in, {:,} scored, {:,} quarantined".format(number_of(counts[0], "row"), *counts[1:])
    if faults:
        more = len(faults) - FAULTS_SHOWN
        shown = faults[:FAULTS_SHOWN] + ([f"… {more} more"] if more > 0 else [])
        rule = "not every row is either scored, in range, or quarantined, once"
        if (older := _older_embeddings(record)) is not None:
            rule += f"; {one_line(older)}"
        raise NotDone("\n".join([*map(one_line, shown), f"{line}: {rule}"]))
    return f"{line}: every {row} is either scored or quarantined, once"


def _older_embeddings(record: RunRecord) -> str | None:
    """What is said where scores are of embeddings that are older than their manifest, else None."""
    place = record.facts.get("embeddings")
    if not isinstance(place, str) or uris.problem(place) is not None:
        return None
    embeddings = embeddings_output(place)
    try:
        made = run_record.read_if_complete(embeddings)
    except SettingsError:  # damaged, which verify is not about
        return None
    return None if made is None else said_of_older(embeddings, made)


def _transcribed(
    settings: VerifySettings, record: RunRecord, scored: Output, made_of: RunRecord
) -> RunRecord:
    """The record of the manifest that was scored, which is made of the one that is given.

    Raises:
        SettingsError: the scores are of neither.
    """
    made = run_record.read_if_complete(scored)
    if made is not None and record.identity["manifest"] == made.fingerprint:
        if made.identity.get("manifest") == made_of.fingerprint:
            return made
        hint = f"`daf verify {settings.scores}` takes that one"
    else:
        hint = f"which has changed since, or is gone; `daf score` into {settings.scores} again"
    given = settings.manifest or "the manifest that they name"
    raise SettingsError(
        f"{settings.scores}: expected scores of {given}, found scores of {scored.root}; {hint}"
    )


def _of_other_rows(given: Output, made_of: RunRecord, scored: Output, made: RunRecord) -> list[str]:
    """Parts of a transcribed manifest that were not made of all rows that `given` has now. Rows
    themselves cannot be compared, as recognition cuts long ones.
    """
    theirs, ours = part_index.of_finished(given, made_of), part_index.of_finished(scored, made)
    return [
        f"{name}: {given.root} has other rows than {scored.root} was made of; run the `daf score` "
        f"or `daf transcribe` that made it again"
        for name in sorted({*theirs, *ours})
        if name not in theirs
        or name not in ours
        or theirs[name].rows_fingerprint != ours[name].rows_fingerprint
    ]


def verify_part(name: str, manifest: Output, scores: Output, fingerprint: str) -> PartVerdict:
    """Compare the utterance ids of one part of the manifest with its scores and quarantine."""
    expected = manifest.read(name, ["utterance_id"])["utterance_id"].to_pylist()
    try:
        rows = scores.read(name, ["utterance_id", "start_s", "end_s", *RANGES])
        scored = rows["utterance_id"].to_pylist()
        quarantine = scores.read_quarantine(name, ["utterance_id"])
        made_by = scores.footer(name).get("daf.fingerprint")
    except SettingsError as err:
        fault = f"{name}: {number_of(len(expected), 'row')} not scored: {err}"
        return PartVerdict(len(expected), 0, 0, [fault])
    quarantined = quarantine["utterance_id"].to_pylist()
    found = Counter(scored) + Counter(quarantined)
    faults = [
        f"{name}: {number_of(len(ids), 'row')} {what}: {', '.join(sorted(map(str, ids))[:3])}"
        for what, ids in (
            ("lost", set(expected) - set(found)),
            ("not of this manifest part", set(found) - set(expected)),
            ("there more than once", {row for row, times in found.items() if times > 1}),
        )
        if ids
    ]
    faults += [f"{name}: {wrong}" for wrong in wrong_scores_named(rows)]
    if made_by != fingerprint:
        faults.append(f"{name}: made by another run than run.json is of; score again")
    return PartVerdict(len(expected), len(scored), len(quarantined), faults)
