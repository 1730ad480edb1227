"""The run record of an output: what made it, and whether a run may continue it.

The identity of a run is everything that decides its bytes: settings, encoders, head, input. The
record is published before the first part, and every part has the fingerprint of the identity in its
footer. A run with the same identity makes the parts that are missing. A run with another identity
is refused; the message says what differs.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

import daf_core
from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.schemas import VERSION
from daf_core.storage import files, missing, parquet
from daf_core.storage.differences import differences
from daf_core.storage.local_files import sweep_folder
from daf_core.storage.output import OLDER_RECORD, RECORD, Output

Json: TypeAlias = dict[str, Any]  # an object that `json.dumps` can write


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """What run.json says.

    daf: version that wrote the record; kind, version: of the tables; complete: all parts are made;
    fingerprint: of the identity; identity: everything that decides the bytes, as JSON; facts: what
    else is recorded (counts, seconds, places …), which decides nothing and differs by verb.
    """

    daf: str
    kind: str
    version: int
    complete: bool
    fingerprint: str
    identity: Json
    facts: Json = field(default_factory=dict)

    @classmethod
    def new(cls, kind: str, identity: Json) -> "RunRecord":
        """The record of a run that begins now."""
        return cls(
            daf=daf_core.__version__,
            kind=kind,
            version=VERSION,
            complete=False,
            fingerprint=fingerprint(identity),
            identity=identity,
        )

    def as_dict(self) -> Json:
        """As JSON: the facts stand beside the other fields."""
        fields = {name: getattr(self, name) for name in _FIELDS}
        return fields | self.facts

    @classmethod
    def from_dict(cls, found: Json) -> "RunRecord":
        """Read what `as_dict` wrote. Missing fields become empty, unlike those of any run."""
        return cls(
            daf=found.get("daf", ""),
            kind=found.get("kind", ""),
            version=found.get("version", 0),
            complete=bool(found.get("complete")),
            fingerprint=found.get("fingerprint", ""),
            identity=found.get("identity", {}),
            facts={name: value for name, value in found.items() if name not in _FIELDS},
        )


# Of the record's own fields, and of facts that are read again.
_TYPES = {
    **dict.fromkeys(("daf", "kind", "fingerprint"), str),
    **dict.fromkeys(("version", "parts"), int),
    **dict.fromkeys(("identity", "reasons", "flags", "metadata"), dict),
}
_FIELDS = ("daf", "kind", "version", "complete", "fingerprint", "identity")


def fingerprint(value: Any) -> str:
    """16 hex digits of the SHA-256 of `value` as canonical JSON."""
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def read(output: Output) -> RunRecord | None:
    """The record of the run in `output`, None if there is none.

    Raises:
        SettingsError: the file is not a JSON object, or a field is of another type.
    """
    found = files.read_json(output.record_uri)
    if found is None:
        return None
    for name, kind in _TYPES.items():
        if name in found and not isinstance(found[name], kind):
            raise SettingsError(
                f"{output.record_uri}: {name}: expected {kind.__name__}, found "
                f"{type(found[name]).__name__}; the file is damaged: make the output again"
            )
    return RunRecord.from_dict(found)


def write(output: Output, record: RunRecord) -> None:
    """Publish the record of the run in `output`."""
    files.write_json(output.record_uri, record.as_dict())


def begin(output: Output, identity: Json, fresh: bool) -> set[str]:
    """Start or continue a run in `output`; returns the names of the parts that are there.

    fresh: delete an earlier run first.

    Raises:
        SettingsError: the folder holds another run, an output of another kind, or parts without a
            record.
        NotDone: the folder cannot be written.
    """
    check_vacant(output.root, output.kind)
    record = read(output)
    if fresh and record is not None:
        clear(output)
        record = None
    for folder in (
        *(output.root, output.parts_uri, output.quarantine_uri),
        *(output.recordings_uri, output.words_uri),
    ):
        sweep_folder(folder)
    there = set(output.part_names())
    if record is None:
        if there:
            raise SettingsError(
                f"{output.parts_uri}: expected parts with a {RECORD} that says what made "
                f"them, found {number_of(len(there), 'part')} and no {RECORD}; choose another "
                f"folder"
            )
        new = RunRecord.new(output.kind, identity)
        if not files.create(output.record_uri, files.json_bytes(new.as_dict())):
            record = read(output)  # another process began just now
    if record is not None and record.identity != identity:
        raise SettingsError(
            f"{output.root}: holds a run that differs: {differences(record.identity, identity)}; "
            f"give the same again, choose another folder, or start over with `fresh`"
        )
    return there


def check_vacant(root: str, kind: str) -> None:
    """Check that a folder holds nothing that daf made, or an output of this kind and layout.

    Raises:
        SettingsError: it holds an output of another kind, which nothing must overwrite or delete.
    """
    for name in (RECORD, OLDER_RECORD, "head.json"):
        record = files.read_json(files.join(root, name))
        if record is None:
            continue
        found = "head" if name == "head.json" else record.get("kind", "something else")
        if name == OLDER_RECORD:
            found = f"{found} of an older daf"
        if found != kind:
            raise SettingsError(
                f"{root}: expected an empty folder or {kind}, found {found}; choose another folder"
            )


def reopen(output: Output) -> None:
    """Mark a complete run as not complete and delete its index, before its parts change."""
    record = read(output)
    if record is not None and record.complete:
        write(output, replace(record, complete=False))
    files.delete(output.index_uri)


def finish(output: Output, identity: Json, facts: Json) -> None:
    """Mark the run complete and record its `facts`."""
    record = RunRecord.new(output.kind, identity)
    write(output, replace(record, complete=True, facts=facts))


def read_if_complete(output: Output) -> RunRecord | None:
    """The record of the run in `output`, None unless it is marked complete."""
    record = read(output)
    return record if record is not None and record.complete else None


def read_complete(output: Output) -> RunRecord:
    """The record of the finished run in `output`, of which no part is missing. Takes a listing.

    Raises:
        SettingsError: there is no run, it is of another kind or version or not finished, or a part
            is missing.
    """
    record = read_marked(output)
    missing.check_parts(output, record.facts.get("parts"))
    return record


def read_marked(output: Output) -> RunRecord:
    """The record of the run in `output` that is marked finished, whatever parts are there.

    Raises:
        SettingsError: there is no run, or it is of another kind or version, or not finished.
    """
    record = read(output)
    if record is None:
        raise SettingsError(
            f"{output.root}: expected the {output.kind} of a daf run, found "
            f"{missing.instead_of(output)}"
        )
    if record.kind != output.kind:
        raise SettingsError(
            f"{output.root}: expected the {output.kind} of a daf run, found "
            f"{record.kind or 'none'}{missing.inside(output)}"
        )
    if record.version != VERSION:
        raise SettingsError(
            f"{output.root}: expected {output.kind} of version {VERSION}, found version "
            f"{record.version}; make it again with this daf"
        )
    if not record.complete:
        raise SettingsError(
            f"{output.root}: expected a finished run of {output.kind}, found one that is not "
            f"finished; run the command that makes it again, it continues where it stopped"
        )
    return record


def clear(output: Output) -> None:
    """Delete parts, words, catalogue entries, quarantine, index, attempts and record of a run, no
    more.
    """
    for uri in (output.index_uri, output.all_recordings_uri):
        files.delete(uri)
    for folder in (
        *(output.recordings_uri, output.parts_uri),
        *(output.words_uri, output.quarantine_uri),
    ):
        files.delete_all(folder, parquet.list_parts(folder))
    files.delete_folder(output.attempts_uri)
    files.delete(output.record_uri)
