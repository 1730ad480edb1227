"""manifest and scores → is every manifest row in scores xor quarantine, once?"""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from daf_core.errors import NotDone, SettingsError
from daf_core.storage import files, parquet, run_record
from daf_core.storage.output import Output, manifest_output, scores_output
from jobs.settings import VerifySettings


@dataclass(frozen=True)
class PartVerdict:
    """What one part holds, and what is wrong with it."""

    rows_in: int
    scored: int
    quarantined: int
    faults: list[str]


def run(settings: VerifySettings) -> str:
    """Check every part against its manifest part; returns the summary line.

    Raises:
        SettingsError: the scores are those of another manifest.
        NotDone: rows are lost, doubled or foreign; the message says which parts and rows.
    """
    manifest = manifest_output(settings.manifest)
    scores = scores_output(settings.scores)
    made = run_record.read_complete(manifest)
    record = run_record.read(scores)
    if record is None:
        raise SettingsError(f"{settings.scores}: expected scores of a daf run, found no run.json")
    if record.identity["manifest"] != made.fingerprint:
        raise SettingsError(
            f"{settings.scores}: expected scores of {manifest.root}, these are of "
            f"{record.facts.get('manifest', 'another manifest')}"
        )
    names = manifest.part_names()
    foreign = sorted({*scores.part_names()} - {*names})
    with ThreadPoolExecutor(16) as pool:
        verdicts = list(
            pool.map(lambda name: verify_part(name, manifest, scores, record.fingerprint), names)
        )
    faults = [fault for verdict in verdicts for fault in verdict.faults]
    faults += [f"{name}: scored, but not a part of the manifest" for name in foreign]
    counts = [
        sum(getattr(v, key) for v in verdicts) for key in ("rows_in", "scored", "quarantined")
    ]
    line = "{} rows in, {} scored, {} quarantined".format(*counts)
    if faults:
        shown = "\n".join(faults[:20] + ([f"… {len(faults) - 20} more"] if faults[20:] else []))
        raise NotDone(f"{shown}\n{line}: not every row is in scores xor quarantine, once")
    return f"{line}: every manifest row is in scores xor quarantine, once"


def verify_part(name: str, manifest: Output, scores: Output, fingerprint: str) -> PartVerdict:
    """Compare the ids of one part of the manifest with its scores and quarantine."""
    wanted = _ids(manifest.part_uri(name), "manifest")[0]
    try:
        scored, made_by = _ids(scores.part_uri(name), "scores")
        quarantined, _ = _ids(files.join(scores.quarantine_uri, name), "quarantine")
    except SettingsError as err:
        return PartVerdict(len(wanted), 0, 0, [f"{name}: {len(wanted)} rows not scored: {err}"])
    found = Counter(scored) + Counter(quarantined)
    faults = [
        f"{name}: {len(rows)} rows {what}: {', '.join(sorted(map(str, rows))[:3])}"
        for what, rows in (
            ("lost", set(wanted) - set(found)),
            ("not of this manifest part", set(found) - set(wanted)),
            ("there more than once", {row for row, times in found.items() if times > 1}),
        )
        if rows
    ]
    if made_by != fingerprint:
        faults.append(f"{name}: made by run {made_by}, run.json is of run {fingerprint}")
    return PartVerdict(len(wanted), len(scored), len(quarantined), faults)


def _ids(uri: str, kind: str) -> tuple[list[str], str | None]:
    table, footer = parquet.read(uri, kind, columns=["utterance_id"])
    return table["utterance_id"].to_pylist(), footer.get("daf.fingerprint")
