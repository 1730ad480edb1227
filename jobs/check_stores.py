"""Check before any work that the object stores of a job answer and accept the credentials.

The job itself retries for a minute (`storage.s3`), which would hide a wrong endpoint that long.
"""

from dataclasses import fields
from typing import Any

import s3fs
from botocore.exceptions import (
    ConnectionError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
    PartialCredentialsError,
)

from daf_core.errors import NotDone, SettingsError
from daf_core.storage import s3, store_faults

TIMEOUTS = {  # two short attempts, as any store misses an answer now and then
    "connect_timeout": 4,
    "read_timeout": 6,
    "retries": {"mode": "standard", "total_max_attempts": 2},
}
NO_ANSWER = (ConnectionError, HTTPClientError)


def check_stores(settings: Any) -> None:
    """List one name in each bucket of the s3:// paths among a verb's settings.

    Whether the paths exist and may be read or written is not checked; the job itself reports that.

    Raises:
        SettingsError: a store refuses the credentials, or has no such bucket.
        NotDone: a store does not answer within seconds, or with nothing that can be read.
    """
    given = (getattr(settings, field.name) for field in fields(settings))
    values = [item for value in given for item in (value if isinstance(value, list) else [value])]
    uris = [value for value in values if isinstance(value, str) and value.startswith(s3.PREFIXES)]
    for uri in {uri.split("/")[2]: uri for uri in uris}.values():
        check_store(uri)


def check_store(uri: str) -> None:
    """List one name in the bucket of `uri`.

    Raises:
        SettingsError, NotDone: as for `check_stores`.
    """
    bucket = uri.split("/")[2]
    store = s3fs.S3FileSystem(config_kwargs=TIMEOUTS, skip_instance_cache=True)
    store.retries = 1
    try:
        store.call_s3("list_objects_v2", Bucket=bucket, MaxKeys=1)
    except (FileNotFoundError, ParamValidationError) as err:
        raise SettingsError(
            f"{uri}: its store has no bucket {bucket!r}; create it or correct the path"
        ) from err
    except (NoCredentialsError, PartialCredentialsError) as err:
        raise SettingsError(_said(uri, err)) from err
    except NO_ANSWER as err:  # some of these are OSErrors too
        raise NotDone(_said(uri, err)) from err
    except OSError as err:
        if s3.concerns_credentials(s3.error_code(err)):
            raise SettingsError(_said(uri, err)) from err
        # Without permission to list, reading and writing may still be allowed.
        if isinstance(err, PermissionError):
            return
        if (said := store_faults.answered(err)) is None:
            raise
        kind = SettingsError if s3.status_and_message(err)[0] < 500 else NotDone
        raise kind(f"{uri}: its store {said}") from err
    except (ValueError, RecursionError) as err:
        raise store_faults.unreadable(uri, err) from err


def _said(uri: str, err: Exception) -> str:
    return f"{uri}: its store {store_faults.words(err)}"
