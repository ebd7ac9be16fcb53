"""The health of a host."""

from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from backends.health import values
    from backends.runner import Result

HOUR = 3600.0


class Health(Protocol):
    """What is wrong here. Methods may block, `check` for some two seconds at most whatever hangs."""

    def check(
        self, each: "Callable[[values.Check], None]" = lambda _: None, stop: Event | None = None
    ) -> "values.Report":
        """Look at everything; `each` is told each check as soon as it is known. Raises nothing: what fails is a check."""

    def course(self, span: float = HOUR) -> "tuple[values.Point, ...]":
        """What was recorded in the last so many seconds, the oldest first; empty where nothing was."""

    def record(self) -> "values.Point":
        """Measure once, and keep it for `course`.

        :raises BackendError: it cannot be kept.
        """

    def mend(self, mend: "values.Mend") -> "Result":
        """Run what mends it.

        :raises BackendError: it cannot be run, or failed.
        """
