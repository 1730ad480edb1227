"""Whether a storage refuses one file for good, or fails in a way that may pass.

An archived, forbidden or deleted file stays so however often it is asked for: its recording is
quarantined and the others go on. Time-outs, throttling, server errors and credentials that are
missing or expired concern every file: the run stops and is continued later.
"""

import errno
from collections.abc import Iterator

from daf_core.errors import BadInput, NotDone, Refused
from daf_core.storage import s3, store_faults
from daf_core.storage.files import filesystem, is_remote

# Answers of HTTP that say something about this one object. 408, 425, 429 and all of 5xx may pass,
# 401, 402 and 407 concern the account.
_GONE = frozenset({404, 410})
_REFUSED = frozenset({400, 403, 405, 406, 411, 413, 414, 415, 422, 451})
# Azure answers 409 for an archived blob, and otherwise for a conflict that passes.
_ARCHIVED = frozenset({"BlobArchived", "BlobBeingRehydrated"})
# A file that is restored, or of which the permissions have changed, has not changed itself.
_AGAIN = "once it can be read, run the command again with `retry` and this reason"
LETTERS_AT_MOST = 1000  # of a name or of a storage's words, in messages
# Of local files: there is none of this name, or this one cannot be read. Others (too many open
# files, a lost network drive) are not the file's fault.
_NO_FILE = frozenset(
    {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.EILSEQ}
)
_UNREADABLE = frozenset(
    {errno.EACCES, errno.EPERM, errno.EIO, errno.ENXIO, errno.ENODEV, errno.EBADMSG}
    | {errno.EOVERFLOW, errno.EOPNOTSUPP, getattr(errno, "EUCLEAN", errno.EIO)}
    | {getattr(errno, name, errno.EIO) for name in ("ENOKEY", "EKEYEXPIRED", "EKEYREVOKED")}
)


def storage_error(uri: str, err: Exception, what: str = "a recording") -> BadInput | NotDone:
    """The error to raise where the file at `uri`, say a recording, cannot be opened or read.

    BadInput: `missing_audio`, or as Refused `unreadable_audio` with the words of the storage;
    NotDone: the failure may pass.
    """
    err = _told(uri, err)
    reason = refusal(uri, err)
    shown, words = uri[:LETTERS_AT_MOST], " ".join(str(err).split()) or type(err).__name__
    words = words[:LETTERS_AT_MOST]
    if reason is None:
        if (fault := store_faults.fault(shown, err)) is not None:
            return fault
        return NotDone(
            f"{shown}: cannot be read: {words}; run the command again to continue; if this error "
            f"stays, remove the file from the source"
        )
    if reason == "unreadable_audio":
        if _is_denied(err):
            expected = f"expected permission to read it, found none: {words}"
        else:
            expected = f"expected {what} that can be read, its storage: {words}"
        return Refused(reason, f"{shown}: {expected}; {_AGAIN}")
    return BadInput(reason, f"{shown}: expected {what}, found {_absence(err)}")


def _is_denied(err: Exception) -> bool:
    """Whether permission is what lacks: S3 clients raise the same error for archived objects."""
    return isinstance(err, PermissionError) and s3.error_code(err) != "InvalidObjectState"


def _absence(err: Exception) -> str:
    """What is there in place of a file."""
    number = getattr(err, "errno", None)
    if number == errno.ENAMETOOLONG:
        return "a name that is too long"
    return "links that lead round in a circle" if number == errno.ELOOP else "no file"


def refusal(uri: str, err: Exception) -> str | None:
    """Why the storage refuses the file at `uri` for good: `missing_audio` or `unreadable_audio`;
    None if its failure may pass.
    """
    if not is_remote(uri):
        return _local_refusal(err)
    status, code = _answer(err)
    if type(err).__name__ == "ParamValidationError":  # of botocore: no bucket can have this name
        return "missing_audio"
    if isinstance(err, FileNotFoundError | IsADirectoryError | NotADirectoryError):
        return None if _hides_a_failure(err) else "missing_audio"
    if s3.concerns_credentials(code) or s3.may_pass(code):
        return None
    if status in _GONE or code == "KeyTooLongError":
        return "missing_audio"
    if status in _REFUSED or code in _ARCHIVED:
        return "unreadable_audio"
    if status is None and isinstance(err, PermissionError):
        return "unreadable_audio"
    return None


def _hides_a_failure(err: Exception) -> bool:
    """Whether a file was not found as nobody answered: fsspec's HTTP does not tell these apart."""
    status = _answer(err)[0]
    unanswered = any(
        isinstance(one, OSError) and not isinstance(one, type(err)) for one in _causes(err)
    )
    return unanswered or (status is not None and status not in _GONE | _REFUSED)


def _local_refusal(err: Exception) -> str | None:
    if not isinstance(err, OSError):
        return None
    if err.errno in _NO_FILE or isinstance(err, FileNotFoundError):
        return "missing_audio"
    if err.errno in _UNREADABLE or isinstance(err, PermissionError):
        return "unreadable_audio"
    return None


def _told(uri: str, err: Exception) -> Exception:
    """The error with the store's reason: S3 gives none in its answers to HEAD, but to GET."""
    if not uri.startswith(s3.PREFIXES) or _answer(err)[1] not in ("400", "403"):
        return err
    fs, path = filesystem(uri)
    try:
        fs.cat_file(path, 0, 1)
    except Exception as told:
        return told
    return err


def _answer(err: Exception) -> tuple[int | None, str]:
    """HTTP status and error code of the store's answer behind `err`; (None, "") without one."""
    for one in _causes(err):
        response = getattr(one, "response", None)
        if isinstance(response, dict):  # of botocore
            status = response.get("ResponseMetadata", {}).get("HTTPStatusCode")
            return _number(status), str(response.get("Error", {}).get("Code", ""))
        for name in ("status", "status_code", "code"):  # of aiohttp, of Azure, of gcsfs
            if (status := _number(getattr(one, name, None))) is not None:
                return status, str(getattr(one, "error_code", None) or "")
    return None, ""


def _causes(err: Exception) -> Iterator[BaseException]:
    """An error and those that it was raised from, three at most."""
    one: BaseException | None = err
    for _ in range(4):
        if one is None:
            return
        yield one
        one = one.__cause__


def _number(value: object) -> int | None:
    """An HTTP status as a number, None for anything else."""
    try:
        number = int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return None
    return number if 100 <= number <= 599 else None
