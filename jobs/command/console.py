"""The `daf` of a terminal: the command line at the end of its process."""

from jobs.cli import main
from jobs.command import stopping


def command() -> None:
    """Run the command line; nothing follows it in this process."""
    status = 1  # of a fault of daf
    try:
        main()
        status = 0
    except SystemExit as err:
        status = err.code if isinstance(err.code, int) else int(err.code is not None)
        raise
    finally:
        stopping.keep_status(status)
