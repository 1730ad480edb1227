"""Take recordings out of what was made of a manifest: embeddings, scores, recognized words."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace

from daf_core.privacy.forget import UNDERWAY, recordings_held
from daf_core.privacy.kept_rows import keep_recordings, of_recordings
from daf_core.storage import files, parquet, part_index, run_record
from daf_core.storage.output import Output
from daf_core.storage.part_index import PartFacts
from daf_core.storage.run_record import RunRecord

_VERBS = ("scored", "embedded", "transcribed")


def forget_in_output(
    output: Output, ids: Collection[str], manifest: Mapping[str, PartFacts] | None
) -> int:
    """Take recordings out of the parts of an output; returns how many rows went.

    manifest: facts of the parts of the manifest that it was made of, from which the recordings are
    gone already; None: it lies elsewhere.

    Raises:
        NotDone: the storage fails.
    """
    record = run_record.read(output)
    if record is None:
        return 0
    held = recordings_held(output, ids)
    if not held and not record.facts.get(UNDERWAY):
        return 0
    indexed = part_index.read(output.index_uri, record.fingerprint)
    facts = {
        name: indexed.get(name) or part_index.facts_of_part(output, name)
        for name in output.part_names()
    }
    before = sum(one.rows for one in facts.values())
    underway = record.facts | {UNDERWAY: record.complete or bool(record.facts.get(UNDERWAY))}
    run_record.write(output, replace(record, complete=False, facts=underway))
    files.delete(output.index_uri)
    for name in held:
        if name not in facts:
            _forget_refused(output, name, ids)
        elif manifest is not None and name not in manifest:
            output.delete(name)
            del facts[name]
        else:
            made_from = None if manifest is None else manifest[name]
            facts[name] = keep_recordings(output, name, lambda one: one not in ids, made_from)
    part_index.write(output.index_uri, facts.values(), record.fingerprint)
    if underway[UNDERWAY]:
        counts = _counts(record, [*facts.values()])
        del underway[UNDERWAY]
        run_record.finish(output, record.identity, underway | counts)
    return before - sum(one.rows for one in facts.values())


def _forget_refused(output: Output, name: str, ids: Collection[str]) -> None:
    """The quarantine of a part without rows."""
    uri = files.join(output.quarantine_uri, name)
    rows, footer = parquet.read(uri, "quarantine")
    parquet.write(uri, of_recordings(rows, lambda one: one not in ids), "quarantine", footer)


def _counts(record: RunRecord, parts: list[PartFacts]) -> dict[str, object]:
    """The counts of the run record, of the parts that there are."""
    reasons: Counter[str] = Counter()
    flags: Counter[str] = Counter()
    for part in parts:
        reasons.update(part.reasons)
        flags.update(part.flags)
    rows = sum(part.rows for part in parts)
    return {
        "parts": len(parts),
        "rows_in": sum(part.rows_in for part in parts),
        **{verb: rows for verb in _VERBS if verb in record.facts},
        "quarantined": reasons.total(),
        "reasons": dict(sorted(reasons.items())),
        "flags": dict(sorted(flags.items())),
        "audio_hours": round(sum(part.audio_s for part in parts) / 3600, 4),
    }
