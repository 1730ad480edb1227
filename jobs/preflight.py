"""Before any work: does every object store that a job is pointed at answer?

The patience that outlasts a store's passing faults would hide a wrong endpoint for minutes.
"""

from dataclasses import fields
from typing import Any

import s3fs
from botocore.exceptions import ConnectionError, HTTPClientError

from daf_core.errors import NotDone
from daf_core.tables import S3

IMPATIENT = {
    "connect_timeout": 4,
    "read_timeout": 8,
    "retries": {"mode": "standard", "total_max_attempts": 1},
}


def check_stores(settings: Any) -> None:
    """Ask the stores of all s3:// paths among a verb's settings, each once.

    Whether the paths are there, and may be read or written, the job finds out by itself at once.

    Raises:
        NotDone: a store does not answer within seconds.
    """
    values = (getattr(settings, field.name) for field in fields(settings))
    paths = [value for value in values if isinstance(value, str) and value.startswith(S3)]
    for uri in {path.split("/")[2]: path for path in paths}.values():
        store = s3fs.S3FileSystem(config_kwargs=IMPATIENT, skip_instance_cache=True)
        store.retries = 1
        try:
            store.exists(uri)
        except PermissionError:
            pass  # it answers
        except (ConnectionError, HTTPClientError) as err:
            raise NotDone(
                f"{uri}: its store does not answer: {err}; check AWS_ENDPOINT_URL, the region and "
                f"the network, and run the command again"
            ) from err
