"""Before any work: does every object store that a job is pointed at answer, and let us in?

The patience that outlasts a store's passing faults would hide a wrong endpoint for minutes.
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
from daf_core.storage import s3

IMPATIENT = {
    "connect_timeout": 4,
    "read_timeout": 8,
    "retries": {"mode": "standard", "total_max_attempts": 1},
}


def check_stores(settings: Any) -> None:
    """List one name in each bucket of the s3:// paths among a verb's settings.

    What lies at the paths, and whether it may be read or written, the job finds out by itself.

    Raises:
        SettingsError: a store refuses the credentials, or has no such bucket.
        NotDone: a store does not answer within seconds.
    """
    given = (getattr(settings, field.name) for field in fields(settings))
    values = [one for value in given for one in (value if isinstance(value, list) else [value])]
    paths = [value for value in values if isinstance(value, str) and value.startswith(s3.PREFIXES)]
    for bucket, uri in {path.split("/")[2]: path for path in paths}.items():
        _check(bucket, uri)


def _check(bucket: str, uri: str) -> None:
    store = s3fs.S3FileSystem(config_kwargs=IMPATIENT, skip_instance_cache=True)
    store.retries = 1
    try:
        store.call_s3("list_objects_v2", Bucket=bucket, MaxKeys=1)
    except (FileNotFoundError, ParamValidationError) as err:
        raise SettingsError(f"{uri}: its store has no bucket {bucket!r}") from err
    except (NoCredentialsError, PartialCredentialsError) as err:
        raise _not_let_in(uri, "needs credentials", err) from err
    except PermissionError as err:
        if s3.refuses_credentials(err):  # who only may not list may still read and write
            raise _not_let_in(uri, "refuses the credentials", err) from err
    except (ConnectionError, HTTPClientError) as err:
        raise NotDone(
            f"{uri}: its store does not answer: {err}; check AWS_ENDPOINT_URL, the region and "
            f"the network, and run the command again"
        ) from err


def _not_let_in(uri: str, what: str, err: Exception) -> SettingsError:
    return SettingsError(
        f"{uri}: its store {what}: {err}; they come from AWS_ACCESS_KEY_ID and "
        f"AWS_SECRET_ACCESS_KEY, ~/.aws or the machine's role"
    )
