"""Faults of an object store that concern every file: it does not answer, or not to these
credentials. They are said in the same words whenever they come up, with what to do.

The clients of S3 raise errors of their own for these, most of which are no OSErrors.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from daf_core.errors import NotDone, SettingsError
from daf_core.storage import s3

_CHECK = "check AWS_ENDPOINT_URL, the region and the network, and run the command again"
_MAY = (
    "ask for permission for it, s3:ListBucket on the bucket and s3:GetObject on its files, and to "
    "write s3:PutObject and s3:DeleteObject, or use other credentials"
)
_ELSEWHERE = "set AWS_DEFAULT_REGION and AWS_ENDPOINT_URL to those of the bucket"
_BROKEN = (
    "check AWS_ENDPOINT_URL, and run the command again; if this stays, tell who runs the store"
)
_PLACE = "place_of_store"  # of an error: where it came up
_SET = "set them in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, in ~/.aws or by the machine's role"


def words(err: BaseException) -> str | None:
    """What is wrong with the store and what to do, as the end of "its store …"; None where `err` is
    another one.
    """
    if (problem := _credentials(err)) is not None:
        return f"{problem}; {_SET}"
    if _is(err, "ConnectionError", "HTTPClientError"):
        return f"does not answer: {err}; {_CHECK}"
    return None


def answered(err: BaseException) -> str | None:
    """What a store answered and what to do, as the end of "its store …"; None where `err` is no
    answer of a store, or one that says that there is no such file.
    """
    if not isinstance(err, OSError) or isinstance(err, FileNotFoundError):
        return None
    code, (status, message) = s3.error_code(err), s3.status_and_message(err)
    if not code:
        return None
    told = " ".join(f"{status or ''} {'' if code == str(status) else code}".split())
    todo = _ELSEWHERE if 300 <= status < 400 else _BROKEN
    if isinstance(err, PermissionError):
        todo = _MAY
    return f"answered {told[:80]}{f' ({message[:200]})' if message else ''}; {todo}"


def reason(err: OSError) -> str:
    """Why a file of a place that is named before it cannot be read or written."""
    said = answered(err)
    return err.strerror or str(err) if said is None else f"its store {said}"


def as_answer(err: BaseException) -> str | None:
    """What is said of a command that `err` ends, with the place, where it is a store's answer."""
    if (said := answered(err)) is None:
        return None
    place = getattr(err, _PLACE, None)
    return f"the object store {said}" if place is None else f"{place}: its store {said}"


def unreadable(uri: str, err: Exception) -> NotDone:
    """The error to raise where the store's client cannot read what the store answers, or follows
    it from one place to the same place.
    """
    return NotDone(f"{uri}: its store gave an answer that cannot be read: {err!s:.200}; {_BROKEN}")


def fault(uri: str | None, err: BaseException, machine: str | None = None) -> NotDone | None:
    """The error to raise where `err` came up amid the work; None where it is no fault of a store.

    uri: None where it is not known; machine: the one where it came up, by default this one. A
    process of Ray has the environment of its machine's Ray, so that credentials may lack there
    alone.
    """
    said = words(err)
    if said is None:
        return None
    message = f"{'the object store' if uri is None else f'{uri}: its store'} {said}"
    if _credentials(err) is not None:
        message += (
            f"; this was on {machine or socket.gethostname()}: a process of Ray has the "
            f"environment that Ray was started with there, not that of the command; then run the "
            f"command again"
        )
    return NotDone(message)


def told_as_fault(err: BaseException, machine: str | None = None) -> BaseException:
    """`err`, or the error that says what it means, where it is a fault of a store."""
    return fault(None, err, machine) or err


@contextmanager
def telling(uri: str) -> Iterator[None]:
    """Raise NotDone where the body fails by a fault of the store of `uri`; other errors pass, and
    know the place.
    """
    try:
        yield
    except Exception as err:
        if (not_done := fault(uri, err)) is not None:
            raise not_done from err
        if not hasattr(err, _PLACE):
            setattr(err, _PLACE, uri)
        raise


@contextmanager
def listing(uri: str) -> Iterator[None]:
    """As `telling`, where the body asks what is at `uri`; NotDone also where the client of the
    store cannot read the answer, as one with times that are none.
    """
    try:
        with telling(uri):
            yield
    except SettingsError:
        raise
    except (ValueError, RecursionError) as err:
        raise unreadable(uri, err) from err


def is_of_botocore(err: BaseException) -> bool:
    """Whether the client of S3 raised it."""
    return _is(err, "BotoCoreError")


def _credentials(err: BaseException) -> str | None:
    """What is wrong with the credentials, None where `err` is about something else."""
    if _is(err, "NoCredentialsError", "PartialCredentialsError"):
        return f"needs credentials: {err}"
    if isinstance(err, OSError) and s3.concerns_credentials(s3.error_code(err)):
        return f"refuses the credentials: {err}"
    return None


def _is(err: BaseException, *names: str) -> bool:
    """Whether `err` is of one of these classes of botocore, which takes a tenth of a second to
    import: where nothing has, nothing raised one.
    """
    botocore = sys.modules.get("botocore.exceptions")
    return botocore is not None and isinstance(err, tuple(getattr(botocore, one) for one in names))
