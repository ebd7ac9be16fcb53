"""What the pane shows of the greylist: a wish, and a stretch of the rows that fit it. Knows no widget."""

from collections.abc import Callable, Iterable, Set
from dataclasses import dataclass

from backends.errors import Refused
from backends.greylist.select import narrowed
from backends.greylist.values import Filter, Key
from backends.host import Greylist
from mailtui.panes.greylist.rows import key_of, key_text
from mailtui.panes.greylist.window import Window
from mailtui.panes.listed import view as listed

MOST = 10_000
"""Triplets that are marked or acted on by their keys at once; more go by purging."""
AT_ONCE = 5000
EVERYTHING = Filter()


@dataclass(frozen=True, slots=True)
class Wish(listed.Wish):
    """What is wanted: besides a filter as typed the group that `label` names."""

    group: Filter = EVERYTHING
    label: str = ""

    @property
    def groups(self) -> tuple[str, ...]:
        return (self.label,)

    @property
    def is_empty(self) -> bool:
        return not self.filter and self.group.is_empty

    def wanted(self) -> Filter:
        """Both together.

        :raises BadRequest: what was typed cannot be read.
        """
        return narrowed(self.group, self.filter)


@dataclass(frozen=True, slots=True)
class View:
    """Some of the rows that fit a wish, and how many fit it, once they were counted; `all_keys` reads the rest."""

    wish: Wish
    window: Window
    all_keys: Callable[[Filter], tuple[Key, ...]]
    total: int | None = None
    partial: bool = False

    def keys(self) -> Iterable[str]:
        return map(key_text, self.all_keys(self.wish.wanted()))

    def not_shown(self, keys: Set[str]) -> int:
        if self.window.before is not None or self.window.more:
            return 0
        return len(keys) - sum(key_text(row.key) in keys for row in self.window.rows)

    def targets(self, selection: "listed.Selection[View]") -> tuple[Key, ...]:
        """The keys of what is selected. May block.

        :raises Refused: they are too many.
        """
        if selection.marks:
            return tuple(map(key_of, sorted(selection.marks)))
        if selection.row is not None:
            return (self.window.rows[selection.row].key,)
        return self.all_keys(self.wish.wanted())


def all_keys(greylist: Greylist, wanted: Filter) -> tuple[Key, ...]:
    """The keys of all that fit.

    :raises Refused: they are too many.
    """
    found: list[Key] = []
    while True:
        page = greylist.page(wanted, found[-1] if found else None, limit=AT_ONCE)
        found += [row.key for row in page.rows]
        if len(found) > MOST:
            raise Refused(
                f"More than {MOST:,} triplets are too many to act on one by one",
                hint="narrow them with /, or purge what is old with P",
            )
        if not page.more:
            return tuple(found)
