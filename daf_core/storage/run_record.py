"""A job's output folder: what made it, which parts are finished, whether it may be continued.

The identity of a run is everything that decides its bytes: settings, encoders, head, input. It is
published before the first part, and its fingerprint stands in every part's footer. Running again
continues where parts are missing; another identity is refused with what differs.
"""

import hashlib
import json
from typing import Any

import daf_core
from daf_core.errors import SettingsError
from daf_core.schemas import VERSION
from daf_core.storage import files, parquet
from daf_core.storage.local_files import sweep_folder
from daf_core.storage.output import Output

PLACES = 3  # that differ, of one entry, which are told
NOT_TOLD = object()  # by another version of daf, or an option that goes with others


def fingerprint(value: Any) -> str:
    """16 hex digits that stand for what JSON can say."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def begin(output: Output, identity: dict[str, Any], fresh: bool) -> set[str]:
    """Start or continue the run in `output`; returns the names of the parts that are finished.

    Raises:
        SettingsError: the folder holds another run, or parts that no run accounts for.
    """
    record = files.read_json(output.record_uri)
    if fresh and record is not None:
        clear(output)
        record = None
    for folder in (output.root, output.parts_uri, output.quarantine_uri, output.recordings_uri):
        sweep_folder(folder)
    done = set(parquet.list_parts(output.parts_uri))
    if record is None:
        if done:
            raise SettingsError(
                f"{output.parts_uri}: holds {len(done)} parts but no {output.record} that says "
                f"what made them; choose another folder"
            )
        if not files.create(output.record_uri, files.json_bytes(_record(output, identity))):
            record = files.read_json(output.record_uri)  # another driver began just now
    if record is not None and record.get("identity") != identity:
        raise SettingsError(
            f"{output.root}: holds a run that differs: {differences(record, identity)}; "
            f"choose another folder or start over with --fresh"
        )
    if record is not None and record.get("retrying"):
        raise SettingsError(_interrupted_retry(output))
    return done


def _interrupted_retry(output: Output) -> str:
    return (
        f"{output.root}: a retry of its quarantine is under way or was interrupted; "
        f"run `daf retry-quarantine {output.root}` again"
    )


def finish(output: Output, identity: dict[str, Any], facts: dict[str, Any]) -> None:
    """Mark the run complete and put `facts` (counts, seconds, …) into its record."""
    record = _record(output, identity)
    files.write_json(output.record_uri, {**record, "complete": True, **facts})


def record_if_complete(output: Output) -> dict[str, Any] | None:
    """The record of the run in `output`, if that is marked complete."""
    record = files.read_json(output.record_uri)
    return record if record is not None and record.get("complete") else None


def complete_record(output: Output) -> dict[str, Any]:
    """The record of a finished run.

    Raises:
        SettingsError: there is no such run, or it is not finished.
    """
    record = files.read_json(output.record_uri)
    if record is None:
        raise SettingsError(
            f"{output.root}: expected the {output.kind} of a daf run, found no {output.record}"
        )
    if record.get("kind") != output.kind:
        raise SettingsError(
            f"{output.root}: expected the {output.kind} of a daf run, found the "
            f"{record.get('kind')} of one"
        )
    if record.get("version") != VERSION:
        raise SettingsError(
            f"{output.root}: {output.kind} of version {record.get('version')}, this daf reads "
            f"version {VERSION}; make it again with this daf"
        )
    if record.get("retrying"):
        raise SettingsError(_interrupted_retry(output))
    if not record.get("complete"):
        raise SettingsError(
            f"{output.root}: this {output.kind} run is not finished; run the command that makes it "
            f"again, it continues where it stopped"
        )
    return record


def begin_retry(output: Output) -> dict[str, Any]:
    """The record of the finished run whose quarantine is to be tried again.

    Raises:
        SettingsError: there is no such run, or it is not finished.
    """
    record = files.read_json(output.record_uri)
    return record if record is not None and record.get("retrying") else complete_record(output)


def mark_retrying(output: Output, record: dict[str, Any]) -> None:
    """Until the retry is finished the run is not, as a row may be in a part and its quarantine."""
    files.write_json(output.record_uri, record | {"complete": False, "retrying": True})


def finish_retry(output: Output, record: dict[str, Any], facts: dict[str, Any]) -> None:
    """Mark the run complete again, with new counts."""
    kept = {key: value for key, value in record.items() if key != "retrying"}
    files.write_json(output.record_uri, kept | {"complete": True} | facts)


def clear(output: Output) -> None:
    """Delete the parts, quarantine and record of a run, and nothing else."""
    for uri in (output.index_uri, output.all_recordings_uri):
        files.delete(uri)
    for folder in (output.recordings_uri, output.parts_uri, output.quarantine_uri):
        files.delete_all(folder, parquet.list_parts(folder))
    files.delete(output.record_uri)


def differences(record: dict[str, Any], identity: dict[str, Any]) -> str:
    """What differs between the run on record and `identity`, for people: of what is large, as a
    head is, the first places that do.
    """
    shown = []
    for found in _apart(record.get("identity", {}), identity).values():
        shown += found[:PLACES]
        if len(found) > PLACES:
            shown.append(f"and {len(found) - PLACES} more places")
    return ", ".join(shown)


def _apart(old: dict[str, Any], new: dict[str, Any]) -> dict[str, list[str]]:
    """Key → the places at and under it that differ, those that are least deep first."""
    found = {}
    for key in sorted({*old, *new}):
        was, now = old.get(key, NOT_TOLD), new.get(key, NOT_TOLD)
        if isinstance(was, dict) and isinstance(now, dict):
            inside = [f"{key}.{place}" for some in _apart(was, now).values() for place in some]
            found[key] = sorted(inside, key=lambda place: place.partition(" ")[0].count("."))
        elif was != now:
            found[key] = [f"{key} was {_brief(was)}, is {_brief(now)}"]
    return {key: places for key, places in found.items() if places}


def _brief(value: Any) -> str:
    if value is NOT_TOLD:
        return "not told"
    text = json.dumps(value, sort_keys=True)
    return text if len(text) <= 120 else f"{text[:120]}…"


def _record(output: Output, identity: dict[str, Any]) -> dict[str, Any]:
    return {
        "daf": daf_core.__version__,
        "kind": output.kind,
        "version": VERSION,
        "complete": False,
        "fingerprint": fingerprint(identity),
        "identity": identity,
    }
