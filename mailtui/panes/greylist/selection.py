"""What a key would hit: the marked triplets, the one under the cursor, or all that a group and a filter leave."""

from dataclasses import dataclass

from backends.errors import Refused
from backends.greylist.values import Key
from backends.host import Host
from mailtui.panes.greylist.rows import key_of
from mailtui.panes.greylist.wish import Wish

MOST = 10_000
"""Triplets that are acted on by their keys at once; more go by purging."""
AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class Selection:
    """Marked triplets, or all of a wish; `label` says which, in words. Neither: nothing."""

    label: str
    marks: frozenset[str] = frozenset()
    wish: Wish | None = None
    count: int | None = None

    @property
    def is_empty(self) -> bool:
        return not self.marks and self.wish is None

    def keys(self, host: Host) -> tuple[Key, ...]:
        """Their keys; those of a wish are read.

        :raises Refused: they are too many.
        """
        if self.wish is None:
            return tuple(map(key_of, sorted(self.marks)))
        keys = keys_of(host, self.wish, most=MOST + 1)
        if len(keys) > MOST:
            raise Refused(
                f"More than {MOST:,} triplets are too many to act on one by one",
                hint="narrow them with /, or purge what is old with P",
            )
        return keys


def keys_of(host: Host, wish: Wish, *, most: int) -> tuple[Key, ...]:
    """The keys of all that fit the wish, at most so many."""
    wanted, found = wish.wanted(), list[Key]()
    while len(found) < most:
        page = host.greylist.page(wanted, found[-1] if found else None, limit=min(AT_ONCE, most - len(found)))
        found += [row.key for row in page.rows]
        if not page.more:
            break
    return tuple(found)
