"""Checks of what a job reads and writes: its source, its output, its head and weights."""

import contextlib
import secrets
import shutil
import time

from fsspec.implementations.local import LocalFileSystem

from daf_core.decimals import number_of
from daf_core.errors import SettingsError
from daf_core.stages import trained_head
from daf_core.storage import files, s3
from daf_core.weights.specs import locate
from jobs.doctor.finding import GIB, OK, WARNING, State

PROBE = "daf-doctor"
ROOM_GIB = 1.0


def check_output(out: str) -> tuple[State, str]:
    """Write, list, read and delete a small file in the folder of the output."""
    _check_store(out)
    name = f"{PROBE}-{secrets.token_hex(8)}"
    uri, content = files.join(out, name), secrets.token_bytes(64)
    fs, path = files.filesystem(out)
    local, was_there = isinstance(fs, LocalFileSystem), fs.exists(path)
    started = time.monotonic()
    try:
        files.publish(uri, content)
        listed = [found.rpartition("/")[2] for found in fs.ls(path, detail=False)]
        if name not in listed:
            raise SettingsError(f"{uri}: written, and not in the list of its folder")
        if files.read_bytes(uri) != content:
            raise SettingsError(f"{uri}: reading gave other bytes than were written")
        files.delete(uri)
        if files.exists(uri):
            raise SettingsError(
                f"{uri}: written, and cannot be deleted; resume and --fresh do that"
            )
        took = time.monotonic() - started
        free = shutil.disk_usage(path).free / GIB if local else None
    finally:
        with contextlib.suppress(OSError, SettingsError):
            files.delete(uri)
            if local and not was_there:
                fs.rmdir(path)
    said = f"{out}: written, listed, read and deleted in {1000 * took:.0f} ms"
    if free is None:
        return OK, said
    if free < ROOM_GIB:
        return WARNING, f"{said}; only {free:.2f} GiB are free there"
    return OK, f"{said}; {free:.0f} GiB free"


def check_source(source: str) -> tuple[State, str]:
    """Whether the source is there, and its first file can be read."""
    _check_store(source)
    fs, path = files.filesystem(source)
    if not fs.exists(path):
        raise SettingsError(f"{source}: no such file or folder")
    if fs.isfile(path):
        with fs.open(path, "rb") as file:
            file.read(1)
        return OK, f"{source}: a file of {fs.size(path) / 1e6:.1f} MB"
    found = fs.ls(path, detail=True)
    first = next((entry["name"] for entry in found if entry["type"] == "file"), None)
    if first is not None:
        with fs.open(first, "rb") as file:
            file.read(1)
    if not found:
        return WARNING, f"{source}: an empty folder"
    return OK, f"{source}: a folder with {number_of(len(found), 'entry', 'entries')}" + (
        ", one read" if first else ""
    )


def check_head(name: str) -> tuple[State, str]:
    """Whether the head is whole and its network is made."""
    head = trained_head.load(name)
    parameters = sum(value.numel() for value in head.module.parameters())
    said = f"{name}: a {head.kind} head with {parameters / 1e6:.2f} million parameters"
    return OK, f"{said}, for {' and '.join(head.modalities)}"


def check_weights(name: str, offline: bool) -> tuple[State, str]:
    """Whether the encoders' weights of a head are there, with the sums that the head was trained
    with.
    """
    specs = {str(spec): spec for spec in trained_head.load(name).encoders.values()}
    for spec in specs.values():
        locate(spec, offline)
    return OK, "; ".join(specs)


def _check_store(uri: str) -> None:
    """Whether the store of an s3:// URI answers and takes the credentials."""
    if uri.startswith(s3.PREFIXES):
        from jobs.check_stores import check_store  # loads botocore

        check_store(uri)
