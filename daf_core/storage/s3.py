"""Settings for S3 requests, and the meaning of S3 errors that fsspec does not tell apart."""

from typing import Any

PREFIXES = ("s3://", "s3a://")
# A stalled connection is given up after 20 s instead of 60. Eight attempts with growing pauses take
# a minute, enough for a store to recover. s3fs itself retries reads that break off within a body.
OPTIONS: dict[str, Any] = {
    "config_kwargs": {
        "connect_timeout": 5,
        "read_timeout": 20,
        "retries": {"mode": "standard", "total_max_attempts": 8},
    }
}
# Codes of answers that are about who asks, whatever is asked for.
_CREDENTIALS = frozenset(
    {"InvalidAccessKeyId", "InvalidClientTokenId", "SignatureDoesNotMatch", "InvalidSecurity"}
    | {"ExpiredToken", "ExpiredTokenException", "InvalidToken", "TokenRefreshRequired"}
    | {"RequestTimeTooSkewed", "RequestExpired", "AuthorizationHeaderMalformed", "AuthFailure"}
    | {"AuthorizationQueryParametersError", "MissingSecurityHeader", "MissingSecurityElement"}
    | {"CredentialsNotSupported", "MissingAuthenticationToken", "UnrecognizedClientException"}
    | {"IncompleteSignature", "AccountProblem", "NotSignedUp", "InvalidPayer", "InvalidRegionName"}
    | {"AuthenticationFailed"}  # of Azure
)
# Parts of codes of answers that may be another one next time, with whatever status they come:
# KMS.ThrottlingException has 400.
_PASSING = (
    *(
        "throttl",
        "slowdown",
        "timeout",
        "timedout",
        "limitexceeded",
        "toomany",
        "serviceunavailable",
    ),
    *("internal", "busy", "operationaborted", "bandwidth", "reduceyourrequestrate"),
)


def is_precondition_failed(err: OSError) -> bool:
    """Whether the store answered 412, so that a file is there. Error codes vary between stores."""
    return bool(_answer(err).get("ResponseMetadata", {}).get("HTTPStatusCode") == 412)


def concerns_credentials(code: str) -> bool:
    """Whether an error code rejects the credentials: an unknown key, a wrong secret, an expired
    token, a wrong clock. Answers to GET and to listings say so; answers to HEAD do not.
    """
    return code in _CREDENTIALS


def may_pass(code: str) -> bool:
    """Whether an error code is of a failure that may pass."""
    return any(part in code.lower() for part in _PASSING)


def error_code(err: Exception) -> str:
    """The error code of the store's answer behind `err`; empty if there is none."""
    return str(_answer(err).get("Error", {}).get("Code", ""))


def status_and_message(err: Exception) -> tuple[int, str]:
    """The HTTP status of the store's answer behind `err`, 0 if there is none, and its words."""
    answer = _answer(err)
    status = answer.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return int(status or 0), str(answer.get("Error", {}).get("Message", ""))


def _answer(err: Exception) -> dict[str, Any]:
    """The store's answer behind `err`; empty if there is none."""
    answer = getattr(err.__cause__, "response", {})
    return answer if isinstance(answer, dict) else {}  # stores of other kinds have objects
