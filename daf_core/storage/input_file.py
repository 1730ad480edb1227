"""Open a file of a source, which anyone may have made, for reading."""

import os
import stat
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from daf_core.errors import BadInput
from daf_core.storage import s3
from daf_core.storage.files import filesystem
from daf_core.storage.origins import ANYWHERE, Origins
from daf_core.storage.refusals import storage_error


def open_input(uri: str, what: str = "a recording", origins: Origins = ANYWHERE) -> Any:
    """Open the file at a path or URI for reading bytes; messages name it as `what`.

    Raises:
        BadInput: `forbidden_uri` or `outside_roots`: it may not be opened; `missing_audio` or
            `unreadable_audio`: there is no such file, it is a device or a pipe, or its storage
            refuses it for good.
        NotDone: the storage fails in a way that may pass.
    """
    origins.check(uri)
    try:
        if uri.startswith(s3.PREFIXES) and uri.endswith("/"):
            return _open_exactly(uri)
        fs, path = filesystem(uri)
        if not isinstance(fs, LocalFileSystem):
            return fs.open(path, "rb")
        # Python's own file is twice as fast as fsspec's for the many small reads of MP3.
        if (file := _open_regular(os.path.realpath(path))) is not None:
            return file
    except ValueError as err:  # also SettingsError: no such kind of storage
        raise BadInput("missing_audio", f"{uri!r:.1000}: expected a path or URI: {err}") from err
    except Exception as err:  # the clients of object stores have errors of their own
        raise storage_error(uri, err, what) from err
    raise BadInput("unreadable_audio", f"{uri}: expected {what}, found a device or a pipe")


def _open_regular(path: str) -> Any:
    """Open a file where all links have been followed; None for a pipe, a device or a socket.

    It is looked at before it is opened, as opening alone may wake a device, and again afterwards,
    as it may have been exchanged; a link that was put in its place is not followed.
    """
    if not _is_regular(os.stat(path)):
        return None
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        if not _is_regular(os.fstat(number)):
            os.close(number)
            return None
        return open(number, "rb")
    except BaseException:
        os.close(number)
        raise


def _is_regular(found: os.stat_result) -> bool:
    """Whether this is a file, or a folder, which opening will refuse by its name."""
    return stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)


def _open_exactly(uri: str) -> Any:
    """Open an object of S3 whose key ends with a slash, as that of a folder would."""
    from daf_core.storage.s3_exact import ExactKeys

    store = ExactKeys(use_listings_cache=False, **s3.OPTIONS)
    return store.open(uri, "rb")
