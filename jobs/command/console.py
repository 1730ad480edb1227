"""The `daf` of a terminal: the command line at the end of its process."""

from jobs.command.stopping import Ending


def command() -> None:
    """Run the command line; nothing follows it in this process."""
    ending, status = Ending(), 1  # of a fault of daf
    try:
        from jobs.cli import main  # takes half a second, in which a signal may come

        main()
        status = 0
    except SystemExit as err:
        status = err.code if isinstance(err.code, int) else int(err.code is not None)
        raise
    finally:
        ending.status = status
