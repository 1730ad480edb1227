"""The attempts at a run: where and when each began and ended, with which versions, and how far it
came.

ROOT/attempts/20261129T080000.123456Z-1a2b3c4d.json, a file for each, so that attempts that overlap
or are killed are all there. It is replaced as the attempt goes on, so that it shows the progress;
what happened when is in its log (`attempt_log`). A finished run has all attempts in its run.json.
"""

import json
import platform
import secrets
import socket
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from importlib import metadata

from daf_core.errors import SettingsError
from daf_core.storage import files
from daf_core.storage.output import Output
from daf_core.storage.run_record import Json
from daf_core.storage.store_faults import listing

# Where these differ, the last digits of an embedding or a score may.
DECISIVE = ("daf", "torch", "transformers", "av", "soxr", "numpy")
_OTHERS = ("ray", "pyarrow")
LATELY = timedelta(seconds=60)  # four times as long as an attempt at work waits to write
KEPT = 1000  # attempts that a record tells of: the newest


@dataclass(frozen=True)
class Attempt:
    """One attempt: its file, and what the file says."""

    uri: str
    record: Json

    @property
    def name(self) -> str:
        """The name by which its log calls it."""
        return self.uri.rpartition("/")[2].removesuffix(".json")

    @property
    def log_uri(self) -> str:
        """Its log, JSON Lines."""
        return f"{self.uri}l"

    def go_on(self, facts: Json) -> None:
        """Publish how far it has come by now, and when that was."""
        now = _shown(datetime.now(timezone.utc))
        files.write_json(self.uri, self.record | {"updated": now} | facts)

    def end(self, how: str, facts: Json) -> "Attempt":
        """Publish how it ended ("done" or why not), and `facts` on how far it came."""
        ended = replace(
            self,
            record=self.record | {"ended": _shown(datetime.now(timezone.utc)), "how": how} | facts,
        )
        files.write_json(self.uri, ended.record)
        return ended


def begin(output: Output) -> Attempt:
    """Publish that an attempt begins now, on this machine, with these versions."""
    now = datetime.now(timezone.utc)
    name = f"{now:%Y%m%dT%H%M%S.%fZ}-{secrets.token_hex(4)}.json"  # in order of time by name
    record = {
        "host": socket.gethostname(),
        "started": _shown(now),
        "ended": None,
        "versions": versions(),
    }
    attempt = Attempt(files.join(output.attempts_uri, name), record)
    files.write_json(attempt.uri, record)
    return attempt


def versions() -> dict[str, str]:
    """The versions of Python, of daf (and the commit that it was installed from, if known), and of
    the packages that it works with. That of torch says for which CUDA it is built.
    """
    found = {"python": platform.python_version()}
    for name in (*DECISIVE, *_OTHERS):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    if (commit := _commit()) is not None:
        found["commit"] = commit
    return found


def read_all(output: Output) -> list[Json]:
    """What the attempts at a run say, the oldest first; of more than KEPT the newest."""
    fs, path = files.filesystem(output.attempts_uri)
    try:
        with listing(output.attempts_uri):
            names = sorted(str(entry).rpartition("/")[2] for entry in fs.ls(path, detail=False))
    except (FileNotFoundError, NotADirectoryError):
        return []
    uris = [files.join(output.attempts_uri, name) for name in names if name.endswith(".json")]
    found = []
    for uri in uris[-KEPT:]:
        with suppress(SettingsError):  # a file that is no JSON is no attempt either
            found.append(files.read_json(uri))
    return [record for record in found if record is not None and _is_attempt(record)]


def check_versions(output: Output, before: list[Json], accepted: bool) -> list[str]:
    """What the last of the attempts `before` had in other versions than this process, as
    "torch 2.12.0, now 2.13.0"; empty where nothing that decides bytes differs. Attempts before the
    last one are past: what differed was accepted.

    Raises:
        SettingsError: something differs, and it is not `accepted`.
    """
    now = versions()
    others = [
        f"{name} {had}, now {now.get(name, 'none')}"
        for record in before[-1:]
        for name, had in record["versions"].items()
        if name in DECISIVE and had != now.get(name)
    ]
    if others and not accepted:
        raise SettingsError(
            f"{output.root}: the last attempt had {'; '.join(others)}: parts made now may differ "
            f"from those that are there, in the last digits; use the versions of that attempt, "
            f"accept the difference with `other_versions`, or start over with `fresh`"
        )
    return others


def maybe_at_work(before: list[Json]) -> Json | None:
    """The newest of the attempts `before` that has not ended and has written within LATELY; None:
    there is none.
    """
    since = datetime.now(timezone.utc) - LATELY
    for record in reversed(before):
        written = record.get("updated", record["started"])
        if record["ended"] is None and isinstance(written, str) and written >= _shown(since):
            return record
    return None


def _is_attempt(record: Json) -> bool:
    """Whether a file says what `begin` and `end` write; another file is no attempt."""
    versions, seconds = record.get("versions"), record.get("seconds", 0.0)
    return (
        isinstance(record.get("started"), str)
        and isinstance(record.get("ended"), str | None)
        and isinstance(versions, dict)
        and all(isinstance(version, str) for version in versions.values())
        and isinstance(seconds, int | float)
        and 0 <= seconds < float("inf")
    )


def _commit() -> str | None:
    """The git commit that daf was installed from, where the installer has noted it."""
    try:
        noted = metadata.distribution("daf").read_text("direct_url.json")
        found = json.loads(noted or "{}").get("vcs_info", {}).get("commit_id")
    except (metadata.PackageNotFoundError, ValueError, AttributeError):
        return None
    return found if isinstance(found, str) else None


def _shown(moment: datetime) -> str:
    """A time in UTC, as 2026-11-29T08:00:00Z."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
