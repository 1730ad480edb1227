"""Where the outputs and heads lie that a run record names, wherever its own folder is now.

A folder may be moved or copied, with what lies in it. So a record holds two paths of each: the
absolute one, and the way there `from_here`, its own folder, where both lie in one folder or one in
the other. The way is taken first: a copy is of what was copied with it, not of the original. A
manifest is known by the fingerprint of its run.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from daf_core.errors import SettingsError
from daf_core.storage import files, run_record
from daf_core.storage.output import Output, manifest_output
from daf_core.storage.run_record import Json, RunRecord
from daf_core.storage.uris import place_in, problem

FACT = "from_here"
NAMED = ("manifest", "embeddings", "head", "of")  # entries of records that are places


def with_ways(root: str, facts: Json) -> Json:
    """Facts of a run record in the folder `root`, with the ways from there to what they name."""
    ways = {name: _way(root, facts[name]) for name in NAMED if isinstance(facts.get(name), str)}
    found = {name: way for name, way in ways.items() if way is not None}
    return {**facts, FACT: found} if found else facts


def renewed(output: Output, record: RunRecord, facts: Json) -> RunRecord:
    """A record that names what a run is made of where that is now: the places among `facts`."""
    now = {name: facts[name] for name in NAMED if name in facts}
    kept = {name: value for name, value in record.facts.items() if name != FACT}
    return replace(record, facts=with_ways(output.root, kept | now))


def manifest_named(output: Output, record: RunRecord) -> Output | None:
    """The manifest that the run in `output` is of, which may be gone; None: its record names none.

    Of the places where it may lie, the first that holds the manifest with the fingerprint that is
    recorded, else the first that holds any, else the likeliest.
    """
    named = _place(record.facts.get("manifest"))
    if named is None:
        return None
    identity: object = record.identity
    fingerprint = identity.get("manifest") if isinstance(identity, Mapping) else None
    ways = [*_along(output.root, record.facts, "manifest")]
    # An older daf recorded no way: a manifest of that name may lie in the folder, or beside it.
    within, beside = _by_name(output.root, named), _by_name(_folder_of(output.root), named)
    for place in (*(ways or within), named, *(() if ways else beside)):
        if _fingerprint_at(place) == fingerprint is not None:
            return manifest_output(place)
    known = [*ways, named]
    there = (one for one in known if files.exists(manifest_output(one).record_uri))
    return manifest_output(next(there, known[0] if _is_within(output.root, known[0]) else named))


def manifest_of(output: Output) -> Output | None:
    """The manifest that the finished run in `output` is of, None where it is gone.

    Raises:
        SettingsError: the run is not finished.
    """
    found = manifest_named(output, run_record.read_marked(output))
    return found if found is not None and files.exists(found.record_uri) else None


def as_found(output: Output, run: Json) -> Json:
    """What run.json of an output says, with the manifest and the head where they are now."""
    manifest = manifest_named(output, RunRecord.from_dict(run))
    head = _head(output.root, run)
    found = {"manifest": None if manifest is None else manifest.root, "head": head}
    return run | {name: place for name, place in found.items() if place is not None}


def _head(root: str, run: Json) -> str | None:
    """The folder on the recorded way, if it holds the head with the weights that are recorded."""
    identity = run.get("identity")
    head = identity.get("head") if isinstance(identity, Mapping) else None
    sha256 = head.get("sha256") if isinstance(head, Mapping) else None
    for place in _along(root, run, "head"):
        if sha256 is not None and _read(files.join(place, "head.json")).get("sha256") == sha256:
            return place
    return None


def _way(root: str, place: str) -> str | None:
    """The way from a folder to a place in it or beside it; None where they share no folder."""
    (kind, bucket, here), (its_kind, its_bucket, there) = place_in(root), place_in(place)
    if (kind, bucket) != (its_kind, its_bucket):
        return None
    here, there = here.strip("/"), there.strip("/")
    if there.startswith(f"{here}/"):
        return there.removeprefix(f"{here}/")
    parent = posixpath.dirname(here)
    beside = there.startswith(f"{parent}/") and there != here
    return f"../{there.removeprefix(f'{parent}/')}" if parent and beside else None


def _along(root: str, facts: Mapping[str, Any], name: str) -> Iterator[str]:
    """Where the recorded way leads. A record is input: it leads at most one folder up."""
    ways = facts.get(FACT)
    way = ways.get(name) if isinstance(ways, Mapping) else None
    if not isinstance(way, str) or not way or way.startswith("/"):
        return
    start = root
    if way.startswith("../"):
        start, way = _folder_of(root), way.removeprefix("../")
    if start and {"..", "."}.isdisjoint(way.split("/")) and _place(files.join(start, way)):
        yield files.join(start, way)


def _by_name(folder: str, named: str) -> tuple[str, ...]:
    return (files.join(folder, posixpath.basename(named.rstrip("/"))),) if folder else ()


def _folder_of(root: str) -> str:
    """The folder that a folder lies in, "" where it is a root or a bucket."""
    path = place_in(root)[2].strip("/")
    return root.rstrip("/").rpartition("/")[0] if "/" in path else ""


def _is_within(root: str, place: str) -> bool:
    return place.startswith(f"{root.rstrip('/')}/")


def _place(named: object) -> str | None:
    return named if isinstance(named, str) and named and problem(named) is None else None


def _fingerprint_at(place: str) -> object:
    found = _read(manifest_output(place).record_uri)
    return found.get("fingerprint") if found.get("kind") == "manifest" else None


def _read(uri: str) -> Json:
    """A JSON object; an empty one where there is none, or another file of that name."""
    try:
        return files.read_json(uri) or {}
    except SettingsError:
        return {}
