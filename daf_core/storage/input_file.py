"""Open a file of a source, which anyone may have made, for reading."""

import os
import stat
from typing import Any

from fsspec.implementations.local import LocalFileSystem

from daf_core.errors import BadInput
from daf_core.storage import s3
from daf_core.storage.files import filesystem
from daf_core.storage.refusals import storage_error


def open_input(uri: str, what: str = "a recording") -> Any:
    """Open the file at a path or URI for reading bytes; messages name it as `what`.

    Raises:
        BadInput: `missing_audio` or `unreadable_audio`: there is no such file, it is a device or a
            pipe, or its storage refuses it for good.
        NotDone: the storage fails in a way that may pass.
    """
    try:
        if uri.startswith(s3.PREFIXES) and uri.endswith("/"):
            return _open_exactly(uri)
        fs, path = filesystem(uri)
        if not isinstance(fs, LocalFileSystem):
            return fs.open(path, "rb")
        # A pipe would be waited for without end. Python's own file is twice as fast as fsspec's
        # for the many small reads of MP3.
        kind = os.stat(path).st_mode
        if stat.S_ISREG(kind) or stat.S_ISDIR(kind):
            return open(path, "rb")
    except ValueError as err:  # also SettingsError: no such kind of storage
        raise BadInput("missing_audio", f"{uri!r:.1000}: expected a path or URI: {err}") from err
    except Exception as err:  # the clients of object stores have errors of their own
        raise storage_error(uri, err, what) from err
    raise BadInput("unreadable_audio", f"{uri}: expected {what}, found a device or a pipe")


def _open_exactly(uri: str) -> Any:
    """Open an object of S3 whose key ends with a slash, as that of a folder would."""
    from daf_core.storage.s3_exact import ExactKeys

    store = ExactKeys(use_listings_cache=False, **s3.OPTIONS)
    return store.open(uri, "rb")
