"""The configuration as a host gives it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from backends.apply import told
from backends.apply.told import Applied, Check, Drift, Moment, Take

if TYPE_CHECKING:
    from backends.reference.explain import Row
    from backends.site.file import Setting


class Config(Protocol):
    """The machine beside the reference configuration. Every method may block, and may raise a BackendError."""

    def drift(
        self,
        settings: "Mapping[str, Setting] | None" = None,
        take: Take = Take.NEITHER,
        site: bytes | None = None,
    ) -> Drift:
        """Compare the machine with the reference, with these settings and this site file. Changes nothing.

        :raises BadRequest: the site's settings do not do.
        """

    def apply(
        self,
        take: Take,
        tell: Callable[[told.Event], None],
        *,
        settings: "Mapping[str, Setting] | None" = None,
        site: bytes | None = None,
        keep: bool = False,
        confirm_within: float | None = None,
    ) -> Applied:
        """Bring the machine to the reference, and verify it; `tell` is told each step.

        `settings` go into the site file, `site` takes its place. `keep` leaves what does not pass verification; `confirm_within` seconds later
        all files are brought back, unless `confirm` was called.

        :raises Refused: another apply runs, a change waits to be confirmed, or files were changed both here and in the
            reference and `take` does not say which side wins.
        :raises BackendError: it failed; files are as they were.
        """

    def verify(self, each: Callable[[Check], None]) -> list[Check]:
        """Look whether the machine does what the reference promises, by real mail; `each` is told each check."""

    def broken_off(self) -> bool:
        """Whether an apply was broken off, or not confirmed in time; the next one finishes or undoes it."""

    def confirm(self) -> int | None:
        """What was applied last stays; gives its checkpoint, None where nothing waits to be confirmed."""

    def revert_unconfirmed(self, number: int, tell: Callable[[told.Event], None]) -> bool:
        """Take the change after that checkpoint back, unless it was confirmed; gives whether it was taken back."""

    def history(self) -> list[Moment]:
        """The checkpoints, the latest first."""

    def rollback_diff(self, number: int) -> list[str]:
        """What bringing all files back to a checkpoint would change, as the lines of a diff.

        :raises Missing: there is no such checkpoint.
        """

    def rollback(self, number: int, tell: Callable[[told.Event], None]) -> Applied:
        """Bring all files back to how they were at a checkpoint, and the services with them.

        :raises Missing: there is no such checkpoint.
        """

    def explain(self) -> "list[Row]":
        """What differs from the page that the reference was made of, and why."""
