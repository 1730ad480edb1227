"""Where data may come from: one rule for every file that a row, a manifest or a folder names.

A file must be named by a URI that names data (`uris`), and lie under one of the roots: the folder
or bucket of the source, and what the user allows beside it. A local file is where its links lead.
The rule is checked when a source is read and again whenever a recording is opened: a manifest is
itself input.
"""

import os
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from daf_core.errors import BadInput, SettingsError
from daf_core.storage.files import filesystem, is_remote
from daf_core.storage.run_record import RunRecord
from daf_core.storage.uris import place_in, problem, protocol_of, shown

FORBIDDEN, OUTSIDE = "forbidden_uri", "outside_roots"
REFUSED = frozenset({FORBIDDEN, OUTSIDE})  # reasons: a row is quarantined, also one with words
# What a record may not allow by itself: only a user who names it as a root.
_SYSTEM = ("/etc", "/proc", "/sys", "/dev", "/boot", "/run/secrets", "/var/run/secrets")
_NOT_SYSTEM = ("/dev/shm",)
_SECRET_FOLDERS = frozenset({".ssh", ".aws", ".gnupg", ".kube", ".docker", ".config", ".azure"})


@dataclass(frozen=True)
class Origins:
    """Folders and buckets under which data may be opened.

    roots: absolute paths and URIs; None: any that a caller of Python names itself.
    """

    roots: tuple[str, ...] | None = None

    def check(self, uri: str) -> None:
        """Check that the file at `uri` may be opened; opens nothing.

        Raises:
            BadInput: `forbidden_uri`, `outside_roots`.
        """
        if (why := problem(uri)) is not None:
            raise BadInput(FORBIDDEN, f"{shown(uri)}: {why}")
        if self.roots is None or self._hold(uri):
            return
        roots = ", ".join(map(shown, self.roots)) or "no folder, as none is recorded"
        raise BadInput(
            OUTSIDE,
            f"{shown(uri)}: expected a file under {roots}, found one that lies or leads elsewhere; "
            f"`allow_root` {shown(folder_of(uri))} admits it",
        )

    def allow(self, roots: Sequence[str]) -> "Origins":
        """The same with more roots, as `checked_roots` gives them."""
        return self if self.roots is None else Origins((*dict.fromkeys((*self.roots, *roots)),))

    def _hold(self, uri: str) -> bool:
        kind, bucket, path = place_in(uri)
        if kind == "file":
            real = _real(uri)
            return any(is_under(real, root) for root in self._local)
        for root in self.roots or ():
            root_kind, root_bucket, root_path = place_in(root)
            if (kind, bucket) != (root_kind, root_bucket):
                continue
            if not root_path.strip("/"):
                return True
            is_plain = not {".", ".."} & {*path.split("/")}
            if is_plain and is_under(path, root_path.strip("/")):
                return True
        return False

    @cached_property
    def _local(self) -> list[str]:
        return [_real(root) for root in self.roots or () if place_in(root)[0] == "file"]


ANYWHERE = Origins()
NOWHERE = Origins(())


def of_source(uri: str, more: Sequence[str] = ()) -> Origins:
    """The folder or bucket of a source, and `more` as `checked_roots` gives it."""
    return Origins((source_root(uri),)).allow(more)


def of_manifest(record: RunRecord | None, more: Sequence[str] = ()) -> Origins:
    """The roots that the record of a manifest names, and `more`.

    A record is input, too: folders of the system and of secrets count only among `more`. Without a
    record, and of one that names none, there are none.
    """
    recorded: object = None if record is None else record.facts.get("roots")
    if recorded is None and record is not None:  # of an older daf
        source = record.identity.get("source")
        recorded = [source_root(source)] if isinstance(source, str) and not problem(source) else []
    named = recorded if isinstance(recorded, list) else []
    return Origins(tuple(one for one in named if _may_be_recorded(one))).allow(more)


def checked_roots(roots: Sequence[str]) -> list[str]:
    """The roots that a user gives, made absolute.

    Raises:
        SettingsError: one is no folder or bucket.
    """
    found = []
    for root in roots:
        fs, path = filesystem(root)  # raises
        if is_remote(root):
            found.append(root.rstrip("/"))
        elif fs.isdir(path):
            found.append(str(path))
        else:
            what = "a file" if fs.exists(path) else "nothing there"
            raise SettingsError(f"`allow_root` {root}: expected a folder or bucket, found {what}")
    return found


def source_root(uri: str) -> str:
    """The bucket of a source; of a local one the folder, or that in which a table lies."""
    kind, bucket, _ = place_in(uri)
    if kind != "file":
        return f"{protocol_of(uri)}://{bucket}"
    path = str(filesystem(uri)[1])
    return path if os.path.isdir(path) else posixpath.dirname(path)


def folder_of(uri: str) -> str:
    """The folder of a local file, where its links lead; the bucket of an object."""
    return posixpath.dirname(_real(uri)) if place_in(uri)[0] == "file" else source_root(uri)


def is_under(path: str, root: str) -> bool:
    """Whether a path is a root or lies under it, step by step."""
    return path == root or path.startswith(root.rstrip("/") + "/")


def _may_be_recorded(root: object) -> bool:
    if not isinstance(root, str) or problem(root) is not None:
        return False
    kind = place_in(root)[0]
    if kind != "file":
        return kind != "memory"
    real = _real(root)
    is_system = any(is_under(real, one) for one in _SYSTEM)
    is_system &= not any(is_under(real, one) for one in _NOT_SYSTEM)
    return real != "/" and not is_system and not _SECRET_FOLDERS & {*real.split("/")}


def _real(uri: str) -> str:
    """Where the links of a local path lead; steps that are not there are taken as they are."""
    return os.path.realpath(filesystem(uri)[1])
