"""Faults of an object store that concern every file: it does not answer, or not to these
credentials. They are said in the same words whenever they come up, with what to do.

The clients of S3 raise errors of their own for these, most of which are no OSErrors.
"""

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from daf_core.errors import NotDone
from daf_core.storage import s3

_CHECK = "check AWS_ENDPOINT_URL, the region and the network, and run the command again"
_ALLOW = "allow the credentials to list the bucket and to read and write objects, or name another"
_ELSEWHERE = frozenset({"PermanentRedirect", "TemporaryRedirect", "301", "307"})
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


def refusal(err: BaseException) -> str | None:
    """What a store answered in place of what it was asked for, and what to do, as the end of "its
    store …"; None where `err` is no answer of a store.
    """
    if not isinstance(err, OSError) or not _is(err.__cause__, "ClientError"):
        return None
    asked = getattr(err.__cause__, "operation_name", "what it was asked for")
    code = s3.error_code(err) or "no code"
    said = f"answers {asked} with {code}: {err}"
    if isinstance(err, PermissionError):
        return f"{said}; {_ALLOW}"
    if code in _ELSEWHERE:
        return f"{said}; set AWS_DEFAULT_REGION to the region of the bucket"
    return f"{said}; {_CHECK}"


@contextmanager
def telling(uri: str) -> Iterator[None]:
    """Raise NotDone where the body fails by a fault of the store of `uri`; other errors pass."""
    try:
        yield
    except Exception as err:
        if (not_done := fault(uri, err)) is not None:
            raise not_done from err
        raise


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


def _is(err: BaseException | None, *names: str) -> bool:
    """Whether `err` is of one of these classes of botocore, which takes a tenth of a second to
    import: where nothing has, nothing raised one.
    """
    botocore = sys.modules.get("botocore.exceptions")
    return botocore is not None and isinstance(err, tuple(getattr(botocore, one) for one in names))
