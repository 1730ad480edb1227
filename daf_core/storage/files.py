"""Read, list, publish and delete files by path or URI (local, s3://, …).

Publishing is atomic: a reader sees the whole file or none.
"""

import errno
import json
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import fsspec
from fsspec.implementations.local import LocalFileSystem

from daf_core.errors import NotDone, SettingsError
from daf_core.storage import s3
from daf_core.storage.local_files import create_file, replace_file, replaced_file
from daf_core.storage.store_faults import reason, telling
from daf_core.storage.uris import problem, protocol_of, shown

NOT_A_FILE = errno.ENXIO  # of errors at what is neither a file nor a folder


def join(base: str, *names: str) -> str:
    """Path or URI of a file or folder under `base`."""
    return "/".join([base.rstrip("/"), *names])


def absolute(uri: str) -> str:
    """A local path made absolute, as workers have another working directory; a URI unchanged."""
    fs, path = filesystem(uri)
    return str(path) if isinstance(fs, LocalFileSystem) else uri.rstrip("/")


def is_remote(uri: str) -> bool:
    """Whether `uri` is reached over a network."""
    return protocol_of(uri) not in ("file", "memory")


def filesystem(uri: str) -> tuple[Any, str]:
    """The fsspec file system of `uri`, and the path within it.

    Credentials come from the platform's standard chain (environment, profile, instance role). S3
    requests that fail for a passing reason (throttling, server errors, lost or stalled connections)
    are retried.

    Raises:
        SettingsError: the URI names nothing that may be opened (`uris.problem`).
    """
    if (why := problem(uri)) is not None:
        raise SettingsError(f"{shown(uri)}: {why}")
    if protocol_of(uri) == "file":  # many small files: fsspec would take most of the time
        return _local(), LocalFileSystem._strip_protocol(uri)
    options = s3.OPTIONS if uri.startswith(s3.PREFIXES) else {}
    try:
        # Not fsspec's url_to_fs: it takes "::" in the name of a file for a chain of file systems.
        kind = fsspec.get_filesystem_class(protocol_of(uri))
        options = {**options, **kind._get_kwargs_from_urls(uri)}
        # A cached listing would hide newer files and grow with the archive.
        fs = kind(use_listings_cache=False, **options)
    except (ImportError, ValueError) as err:
        raise SettingsError(f"{uri}: expected a path or URI that fsspec can open: {err}") from err
    return fs, fs._strip_protocol(uri)


class _RegularFiles(LocalFileSystem):  # type: ignore[misc]
    """Local files, of which pipes, devices and sockets are not opened for reading: a pipe would be
    waited for without end.
    """

    def _open(self, path: str, mode: str = "rb", *args: Any, **kwargs: Any) -> Any:
        if "r" in mode:
            kind = os.stat(path).st_mode
            if not (stat.S_ISREG(kind) or stat.S_ISDIR(kind)):
                raise OSError(NOT_A_FILE, "expected a file, found a device or a pipe", path)
        return super()._open(path, mode, *args, **kwargs)


@cache
def _local() -> LocalFileSystem:
    return _RegularFiles()


def publish(uri: str, data: bytes) -> None:
    """Write `data` to `uri` atomically: a temporary file that is renamed, or a single PUT.

    Raises:
        NotDone: the storage is full, refuses the write, or has no such place.
    """
    fs, path = filesystem(uri)
    try:
        if isinstance(fs, LocalFileSystem):
            replace_file(path, data)
        else:
            with telling(uri):
                fs.pipe_file(path, data)
    except OSError as err:
        raise _not_written(uri, err) from err


@contextmanager
def written(uri: str) -> Iterator[str]:
    """Path of an empty local file to write to, which is published at `uri` when the body ends
    without an error: for what is too large to be held in memory.

    Raises:
        NotDone: as for `publish`.
    """
    fs, path = filesystem(uri)
    try:
        if isinstance(fs, LocalFileSystem):
            with replaced_file(path) as temporary:
                yield temporary
        else:
            with tempfile.TemporaryDirectory() as folder:
                temporary = f"{folder}/{path.rpartition('/')[2]}"
                yield temporary
                with telling(uri):
                    fs.put_file(temporary, path)
    except OSError as err:
        raise _not_written(uri, err) from err


def _not_written(uri: str, err: OSError) -> NotDone:
    return NotDone(
        f"{uri}: cannot be written: {reason(err)}; solve that or choose another folder, "
        f"and run the command again"
    )


def create(uri: str, data: bytes) -> bool:
    """Publish `data` unless a file is there already; returns whether it was published.

    Raises:
        NotDone: as for `publish`.
    """
    fs, path = filesystem(uri)
    try:
        if isinstance(fs, LocalFileSystem):
            create_file(path, data)
        else:
            with telling(uri):
                fs.pipe_file(path, data, mode="create")
    except FileExistsError:
        return False
    except OSError as err:
        if s3.is_precondition_failed(err):
            return False
        raise _not_written(uri, err) from err
    return True


def read_bytes(uri: str) -> bytes:
    """The bytes of one file.

    Raises:
        SettingsError: there is no such file.
        NotDone: its store does not answer, or refuses the credentials.
    """
    fs, path = filesystem(uri)
    try:
        with telling(uri):
            data: bytes = fs.cat_file(path)
    except FileNotFoundError as err:
        raise SettingsError(f"{uri}: no such file") from err
    return data


def exists(uri: str) -> bool:
    """Whether there is a file or folder."""
    fs, path = filesystem(uri)
    with telling(uri):
        return bool(fs.exists(path))


def delete(uri: str) -> None:
    """Delete one file, if it is there."""
    fs, path = filesystem(uri)
    with telling(uri):
        if fs.exists(path):
            fs.rm_file(path)


def delete_all(folder: str, names: list[str]) -> None:
    """Delete these existing files of `folder`, in few requests if the store supports it."""
    fs, path = filesystem(folder)
    paths = [join(path, name) for name in names]
    if isinstance(fs, LocalFileSystem):
        for file in paths:
            fs.rm_file(file)
    elif paths:
        with telling(folder):
            fs.rm(paths)


def delete_folder(uri: str) -> None:
    """Delete a folder with its contents, if it is there."""
    fs, path = filesystem(uri)
    with telling(uri):
        if fs.exists(path):
            fs.rm(path, recursive=True)


def read_json(uri: str) -> dict[str, Any] | None:
    """The JSON object at `uri`, None if there is no file.

    Raises:
        SettingsError: the file is not a JSON object.
        NotDone: it cannot be read.
    """
    fs, path = filesystem(uri)
    try:
        with telling(uri), fs.open(path, "rb") as file:
            value = json.load(file)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, RecursionError) as err:
        raise SettingsError(f"{uri}: expected JSON: {err}") from err
    except OSError as err:
        raise NotDone(f"{uri}: cannot be read: {reason(err)}") from err
    if not isinstance(value, dict):
        raise SettingsError(f"{uri}: expected a JSON object, got {type(value).__name__}")
    return value


def write_json(uri: str, value: dict[str, Any]) -> None:
    """Publish `value` as readable JSON."""
    publish(uri, json_bytes(value))


def json_bytes(value: dict[str, Any]) -> bytes:
    """`value` as readable JSON."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
