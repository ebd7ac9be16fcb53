"""The quarantine as a host gives it."""

from collections.abc import Callable, Iterator, Sequence
from threading import Event
from typing import TYPE_CHECKING, Protocol

from backends.outcome import Outcome

if TYPE_CHECKING:
    from backends.quarantine import plan as quarantine
    from backends.quarantine.apart import Apart
    from backends.quarantine.content import View
    from backends.quarantine.listing import Listing
    from backends.quarantine.message import Header as Found
    from backends.quarantine.message import Target as Quarantined


class Quarantine(Protocol):
    """Amavis's quarantine. Every method may block, and may raise a BackendError."""

    def why_not(self) -> str:
        """Why this user may not act on it; empty: that is permitted."""

    def read(
        self, early: "Callable[[Listing], None]" = lambda _: None, stop: Event | None = None
    ) -> "Listing":
        """All files, none of them opened; of many, `early` is given the first before the rest."""

    def headers(self, targets: "Sequence[Quarantined]", stop: Event | None = None) -> "list[Found]":
        """What amavis found in each, remembered for as long as the file is the same.

        :raises Refused: `stop` was set.
        """

    def show(self, target: "Quarantined", limit: int = 16 << 20) -> "View":
        """One message, at most `limit` bytes of it.

        :raises Missing: it is not there any more.
        """

    def raw(self, target: "Quarantined") -> bytes:
        """The whole message, decompressed.

        :raises Refused: it is too large.
        """

    def chunks(self, target: "Quarantined") -> Iterator[bytes]:
        """The whole message, decompressed, piece by piece, however large it is.

        :raises Missing: it is not there any more.
        :raises Failed: it is damaged.
        """

    def plan(
        self, action: str, targets: "Sequence[Quarantined]", recipients: Sequence[str] = ()
    ) -> "quarantine.Plan":
        """What the action would do. Changes nothing.

        :raises NotPermitted: this user may not.
        :raises Refused: different viruses would be let out together.
        """

    def carry_out(
        self,
        plan: "quarantine.Plan",
        progress: Callable[[int], None] = lambda _: None,
        stop: Event | None = None,
    ) -> Outcome:
        """Do what was planned. Files that are not the planned ones any more are left out and reported.

        Releases are made one by one: `progress` is told how many are over, and `stop` has the rest left out.
        """

    def apart(self) -> "Apart":
        """What lies beside the messages: foreign files, orphans, amavis's leftover work folders."""

    def trash(self) -> "list[quarantine.Trashed]":
        """Deletions that can be undone, latest first."""

    def undo(self, number: int | None = None) -> Outcome:
        """Bring a deletion back; the latest, or the one of that number."""

    def empty_trash(self) -> int:
        """Let go of all deletions; gives the number of files."""
