"""What S3 needs beyond fsspec: patience, and what its refusals mean."""

from typing import Any

PREFIXES = ("s3://", "s3a://")
# A stalled connection is given up after 20 s, not 60; eight tries with growing pauses, a minute in
# all, outlast what a store needs to recover. What breaks off within a body s3fs asks for again.
OPTIONS: dict[str, Any] = {
    "config_kwargs": {
        "connect_timeout": 5,
        "read_timeout": 20,
        "retries": {"mode": "standard", "total_max_attempts": 8},
    }
}
ACCESS_DENIED = "AccessDenied"  # to one object or one action, with credentials that are good


def refuses_as_there(err: OSError) -> bool:
    """Whether a store said 412, precondition failed; some name it as s3fs does not expect."""
    return bool(_answer(err).get("ResponseMetadata", {}).get("HTTPStatusCode") == 412)


def refuses_credentials(err: OSError) -> bool:
    """Whether a store's refusal is of who asks: an unknown key, a wrong secret, a wrong clock.

    Answers to HEAD do not say it, those to GET and to listings do.
    """
    code = _answer(err).get("Error", {}).get("Code", ACCESS_DENIED)
    return isinstance(err, PermissionError) and code != ACCESS_DENIED


def _answer(err: OSError) -> dict[str, Any]:
    """What the store answered; nothing where that is not what `err` comes from."""
    answer: dict[str, Any] = getattr(err.__cause__, "response", {})
    return answer
