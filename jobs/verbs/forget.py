"""daf forget: recordings are taken out of everything that a folder of daf is or holds."""

from collections.abc import Collection

from daf_core.calls.listed import listed_uri
from daf_core.decimals import number_of
from daf_core.errors import BadInput, SettingsError
from daf_core.manifest.forgotten import Forgotten
from daf_core.privacy.csv_tables import forget_in_table, tables_in
from daf_core.privacy.forget import forget_in_manifest, recordings_held
from daf_core.privacy.forget_in_outputs import forget_in_output
from daf_core.privacy.near_ids import near_ids
from daf_core.sources.folders.grouping import stem
from daf_core.sources.table_apart import open_given
from daf_core.storage import files, part_index, run_record
from daf_core.storage.output import (
    Output,
    calls_output,
    embeddings_output,
    manifest_output,
    scores_output,
    speakers_output,
)
from daf_core.storage.part_index import PartFacts
from daf_core.storage.places import manifest_named
from jobs.command.told import tell
from jobs.parts.calls import make_calls
from jobs.reading.readers import readers
from jobs.settings import EncodeResources, ForgetSettings
from jobs.verbs.ingest import hashed_ids

PAGE = "report.html"


def run(settings: ForgetSettings) -> str:
    """Forget the recordings; returns what was removed, and what else may hold them.

    Raises:
        SettingsError: the folder is none of daf, or holds none of these recordings.
        NotDone: the storage fails, or another command took over; run it again.
    """
    ids = _ids(settings)
    manifest, outputs = _what_is_there(files.absolute(settings.folder))
    if settings.undo:
        groups = ForgetSettings(
            settings.folder, recording=[*map(stem, _named(settings))], hash_ids=settings.hash_ids
        )
        return _undo(manifest, ids, _ids(groups))
    _check_known(settings.folder, manifest, outputs, ids)
    removed: list[str] = []
    tell("forgotten", folder=settings.folder, recordings=len(ids))
    facts: dict[str, PartFacts] | None = None
    if manifest is not None:
        removed.append(_rows(forget_in_manifest(manifest, ids), "manifest"))
        if run_record.read_if_complete(manifest) is not None:
            facts = part_index.of_finished(manifest, run_record.read_complete(manifest))
    for output in outputs:
        kind = "transcribed manifest" if output.kind == "manifest" else output.kind
        removed.append(_rows(forget_in_output(output, ids, facts), kind))
        if output.kind == "manifest" and run_record.read_if_complete(output) is not None:
            facts = part_index.of_finished(output, run_record.read_complete(output))
    removed += _beside(files.absolute(settings.folder), outputs, ids)
    what = ", ".join(one for one in removed if one) or "nothing more"
    line = f"forgot {number_of(len(ids), 'recording')}: {what}"
    return "\n".join([line, *_elsewhere(manifest, outputs)])


def _ids(settings: ForgetSettings) -> set[str]:
    """The recordings by the ids that the tables have."""
    ids = _named(settings)
    hashed = hashed_ids(settings.hash_ids)
    return ids if hashed is None else {*map(hashed, ids)}


def _named(settings: ForgetSettings) -> set[str]:
    """The recordings as they are given."""
    ids = {*settings.recording}
    if settings.recordings is not None:
        with open_given("recordings", settings.recordings, readers()) as table:
            if "recording_id" not in table.columns:
                raise SettingsError(
                    f"`recordings` {settings.recordings}: expected a column recording_id, found "
                    f"none"
                )
            for place, cells in table.rows:
                if isinstance(cells, BadInput):
                    raise SettingsError(f"`recordings` {place}: {cells.message}")
                if cells.get("recording_id"):
                    ids.add(str(cells["recording_id"]))
    if not ids:
        raise SettingsError(f"`recordings` {settings.recordings}: expected recordings, found none")
    return ids


def _what_is_there(root: str) -> tuple[Output | None, list[Output]]:
    """The manifest that ingest made, and what was made of it, in order.

    Raises:
        SettingsError: the folder is no output of daf that holds recordings.
    """
    record = files.read_json(files.join(root, "run.json")) or {}
    kind = record.get("kind")
    if kind == "manifest":
        own = manifest_output(root)
        is_source = "source" in record["identity"]
        return (own, []) if is_source else (None, [own])
    if kind == "embeddings":
        return None, [embeddings_output(root)]
    within = [manifest_output(files.join(root, name)) for name in ("manifest", "transcribed")]
    there = [files.exists(one.record_uri) for one in within]
    if kind != "scores" and not there[0]:
        raise SettingsError(
            f"{root}: expected a folder made by daf score, ingest, transcribe or embed, found "
            f"{kind or 'none'}"
        )
    outputs = [*([within[1]] if there[1] else []), *([scores_output(root)] if kind else [])]
    return (within[0] if there[0] else None), outputs


def _check_known(
    folder: str, manifest: Output | None, outputs: list[Output], ids: Collection[str]
) -> None:
    """Check that each id is one that the tables have, or that is being forgotten already."""
    every = [*([] if manifest is None else [manifest]), *outputs]
    held: set[str] = set()
    for output in every:
        held |= {one for some in recordings_held(output, ids).values() for one in some}
    forgotten = None if manifest is None else Forgotten.of(manifest)
    unknown = [one for one in sorted({*ids} - held) if forgotten is None or not forgotten.has(one)]
    if unknown:
        near = near_ids(every, unknown[:3])
        hint = f", the nearest are {', '.join(near)}" if near else ""
        raise SettingsError(
            f"{folder}: expected recordings that its tables name, found none with the id "
            f"{', '.join(unknown[:3])}{hint}; nothing was removed"
        )


def _beside(root: str, outputs: list[Output], ids: Collection[str]) -> list[str]:
    """Take the recordings out of calls, speakers, tables of labels; delete the page."""
    removed = []
    if any(one.kind == "scores" for one in outputs):
        scores = scores_output(root)
        for output in (speakers_output(root), calls_output(root)):
            held = _in_table(output, ids)
            for name in held:
                files.delete(output.part_uri(name))
            removed.append(_parts(len(held), output.kind))
        files.delete(listed_uri(calls_output(root)))
        if run_record.read_if_complete(scores) is not None:
            make_calls(scores, EncodeResources())
    for name in tables_in(root):
        count = forget_in_table(files.join(root, name), ids)
        removed.append(f"{number_of(count, 'line')} of {name}" if count else "")
    if files.exists(files.join(root, PAGE)):
        files.delete(files.join(root, PAGE))
        removed.append(f"{PAGE} (`daf report` makes it again)")
    return removed


def _in_table(output: Output, ids: Collection[str]) -> list[str]:
    """Parts of a table beside the scores that hold one of the recordings."""
    return [
        name
        for name in output.part_names()
        if not {*ids}.isdisjoint(output.read(name, ["recording_id"])["recording_id"].to_pylist())
    ]


def _rows(count: int, kind: str) -> str:
    return f"{number_of(count, 'row')} of the {kind}" if count else ""


def _parts(count: int, kind: str) -> str:
    return f"{number_of(count, 'part')} of the {kind} made again" if count else ""


def _elsewhere(manifest: Output | None, outputs: list[Output]) -> list[str]:
    """What this command does not reach."""
    lines = []
    if manifest is None:
        found = [(output, run_record.read(output)) for output in outputs]
        manifests = [manifest_named(output, one) for output, one in found if one is not None]
        places = {one.root for one in manifests if one is not None}
        lines += [
            f"its manifest {place} may hold them still: `daf forget {place}` first, or the next "
            f"run makes them again"
            for place in sorted(places)
            if files.exists(files.join(place, "run.json"))
        ]
    else:
        record = run_record.read(manifest)
        identity = {} if record is None else record.identity
        named = ("source", "meta", "labels", "transcripts")
        given = [str(identity[name]) for name in named if identity.get(name)]
        lines.append(f"not touched: the files of the source themselves: {', '.join(given)}")
    lines.append(
        "not reached: heads trained on them, pages and exports made earlier, other outputs made of "
        "the manifest, copies and backups"
    )
    return lines


def _undo(manifest: Output | None, ids: Collection[str], groups: Collection[str]) -> str:
    """Let recordings come back with the next run; `groups`: names of their files in the source."""
    if manifest is None:
        raise SettingsError("`undo`: expected a folder with the manifest that ingest made")
    forgotten = Forgotten.of(manifest)
    back = [one for one in sorted(ids) if forgotten.has(one)]
    if len(back) < len(ids):
        raise SettingsError(
            f"`undo`: expected recordings that were forgotten, found {len(back):,} of {len(ids):,}"
        )
    tell("forgotten", taken_back=len(back))
    forgotten.but_not({*back, *groups}).write(manifest)
    come = "comes" if len(back) == 1 else "come"
    return f"{number_of(len(back), 'recording')} {come} back with the next run over the source"
