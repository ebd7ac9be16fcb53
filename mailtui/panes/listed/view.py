"""What a list shows, as values: a wish, the view that fulfils it, what of it a key would hit. Knows no widget."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Generic, NamedTuple, Protocol, TypeVar

from backends.text import visible


@dataclass(frozen=True, slots=True)
class Wish:
    """What is wanted: a filter as typed, and an order; a pane adds what its groups narrow it to."""

    filter: str = ""
    sort: str = ""
    reverse: bool = False

    @property
    def groups(self) -> tuple[str, ...]:
        """The group chosen of each kind, in words; empty: all of them."""
        return ()


class View(Protocol):
    """A wish fulfilled, as far as is known; `partial`: not yet so far that anything may act on it."""

    @property
    def wish(self) -> Wish: ...

    @property
    def partial(self) -> bool: ...

    @property
    def total(self) -> int | None:
        """How many rows match; None where nobody has counted."""

    def keys(self) -> Iterable[str]:
        """The keys of all rows that match. May block.

        :raises BackendError: they cannot be had, or are too many to be marked one by one.
        """

    def not_shown(self, keys: Set[str]) -> int:
        """How many of these rows it is known to leave out."""


V = TypeVar("V", bound=View)


@dataclass(frozen=True, slots=True)
class Selection(Generic[V]):
    """Rows of one view, and in words which; without marks and row it is all that matches.

    `count` is None where nobody has counted.
    """

    view: V
    label: str
    count: int | None
    marks: frozenset[str] = frozenset()
    row: int | None = None


class Allowed(NamedTuple):
    """The acts that there are for this user, and in one sentence why others are not."""

    acts: Set[str]
    why_not: str = ""


def marked(view: V, marks: Set[str]) -> Selection[V]:
    """The rows with these keys."""
    hidden = view.not_shown(marks)
    label = "those that are marked" + (f"; {hidden:,} of them are not shown here" if hidden else "")
    return Selection(view, label, len(marks), marks=frozenset(marks))


def narrowed(view: V, what: str) -> Selection[V]:
    """All that matches; `what` is narrowed by the view's wish."""
    parts = [visible(part) for part in (*view.wish.groups, view.wish.filter) if part]
    return Selection(view, f"those with: {', '.join(parts)}" if parts else f"the whole {what}", view.total)


def under_cursor(view: V, row: int | None) -> Selection[V]:
    """The row of the view under the cursor, if there is one."""
    return Selection(view, "the one under the cursor", 0 if row is None else 1, row=row)
