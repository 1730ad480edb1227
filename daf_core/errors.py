"""How things go wrong: a setting that must stop the job, a row that must not, work left undone.

SettingsError   a bad setting or an input of the wrong kind: stops the job before any work.
BadInput        one recording, transcript or row cannot be used: quarantined, the job goes on.
NotDone         the job ran, and not all of it is done.
"""


class SettingsError(ValueError):
    """One clear line: what was expected, what was got, where, what to do."""


class BadInput(ValueError):
    """Something that cannot be used; `reason` is one of `schemas.REASONS`, `message` is for people.

    The message names the file, row and field. It never holds transcript text.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class NotDone(Exception):
    """The job ran and its result is not whole; the message says what is wrong with it."""
