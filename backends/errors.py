"""What can go wrong on a mail server, as values that say what to do next.

`str(error)` is one sentence of what failed, `error.hint` one of what to do; `error.exit_code` is what the
command line leaves with (0 done, 1 failed, 2 usage, 3 missing or not answering, 5 refused for safety).
"""


class BackendError(Exception):
    """Something that was asked of the mail stack failed."""

    exit_code = 1
    title = "Failed"

    def __init__(self, what: str, *, hint: str) -> None:
        super().__init__(what)
        self.hint = hint


class Failed(BackendError):
    """A program ran and reported an error."""


class NotOnDisk(Failed):
    """The disk did not take what was written, and does not say so again."""


class ParseFailed(BackendError):
    """A program answered with something that cannot be read."""

    title = "Not understood"


class Missing(BackendError):
    """A program, file or service that is needed is not there."""

    exit_code = 3
    title = "Missing"


class NotAnswering(BackendError):
    """A program or service did not answer in time."""

    exit_code = 3
    title = "Not answering"


class NotPermitted(BackendError):
    """The user running mailtui has not the rights."""

    exit_code = 3
    title = "Not permitted"


class NoSpace(BackendError):
    """A file system is full."""

    title = "Disk full"


class Refused(BackendError):
    """It could be done, but is not: locked, over a cap, not confirmed, or not reversible."""

    exit_code = 5
    title = "Refused"


class BadRequest(BackendError):
    """The request itself is malformed: a queue ID, a pattern, an age that cannot be read."""

    exit_code = 2
    title = "Wrong usage"
