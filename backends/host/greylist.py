"""The greylist as a host gives it."""

from collections.abc import Callable, Sequence
from threading import Event
from typing import TYPE_CHECKING, Protocol

from backends.outcome import Outcome

if TYPE_CHECKING:
    from backends.greylist import plan as grey
    from backends.greylist import stats_values, values


class Greylist(Protocol):
    """gld's greylist. Every method may block, and may raise a BackendError; each may be called in any thread.

    Where a method is given `progress`, it is told the share done, 0 to 1; `stop` ends it early with Refused.
    """

    def about(self) -> "values.About":
        """Where it is and how gld is set up, with the engine's estimate of the number of triplets: at once."""

    def hears(self) -> bool:
        """Whether gld takes what it is asked; two seconds at most."""

    def page(
        self,
        wanted: "values.Filter",
        after: "values.Key | None" = None,
        *,
        limit: int = 100,
        backwards: bool = False,
        never_after: int = 86400,
        progress: Callable[[float], None] | None = None,
        stop: Event | None = None,
    ) -> "values.Page":
        """The triplets that follow a key (`backwards`: stand before it) in the order of the key.

        Of all triplets, and of one client's, at once; others are looked for. `never_after` seconds after its first
        visit a client that has not come back is taken not to.
        """

    def count(
        self,
        wanted: "values.Filter",
        *,
        never_after: int = 86400,
        progress: Callable[[float], None] | None = None,
        stop: Event | None = None,
    ) -> int:
        """How many triplets there are, exactly."""

    def stats(
        self,
        each: "Callable[[stats_values.Part], None]",
        parts: "Sequence[stats_values.Wanted]" = ("totals", "never", "pools", "delays", "course", "top"),
        *,
        never_after: int = 86400,
        top: int = 10,
        stop: Event | None = None,
    ) -> None:
        """Tell the parts one after the other, each again and again as it grows, until its `done` is 1."""

    def logged(self, stop: Event | None = None) -> "values.Logged":
        """What the mail log tells of the greylist: delays that senders really had, and hits of the whitelist.

        :raises NotPermitted: this user may not read it.
        """

    def whitelist(self) -> "list[values.Listed]":
        """The whitelist, with what is wrong in it."""

    def check(self, client: str, sender: str, recipient: str) -> "values.Decision":
        """What gld would decide about a request, by its own order of tests. Changes nothing.

        :raises BadRequest: Postfix would not ask that.
        """

    def ask(self, client: str, sender: str, recipient: str) -> str:
        """What the running gld answers; an unknown triplet is stored by that."""

    def plan(self, act: "grey.Act", stop: Event | None = None) -> "grey.Plan":
        """What an act would touch. Changes nothing.

        :raises BadRequest: a row for the whitelist that gld could never match.
        """

    def carry_out(
        self,
        plan: "grey.Plan",
        progress: Callable[[float], None] | None = None,
        stop: Event | None = None,
    ) -> Outcome:
        """Do what was planned; rows that are not the planned ones any more are left out and reported.

        A purge that is stopped leaves the rest, and does not raise.
        """

    def trash(self) -> "list[grey.Trashed]":
        """Acts that can be undone, latest first."""

    def undo(self, number: int | None = None) -> Outcome:
        """Take an act back, the latest, or the one of that number; rows that have changed since are left out."""

    def doctor(self, each: "Callable[[values.Finding], None]") -> "list[values.Finding]":
        """Look what is wrong with it; `each` is told each finding."""
