"""What can be done to the greylist, as values: what is wanted, a plan of it, what came of it, and what can be undone."""

import msgspec

from backends.greylist.values import Key, Listed, Triplet
from backends.outcome import LeftOut


class Release(msgspec.Struct, frozen=True, tag="release"):
    """Let these triplets in as soon as they come back."""

    keys: tuple[Key, ...]


class Delete(msgspec.Struct, frozen=True, tag="delete"):
    """Forget these triplets: who comes back begins anew."""

    keys: tuple[Key, ...]


class Purge(msgspec.Struct, frozen=True, tag="purge"):
    """Forget what was last used before a time (epoch seconds), as `gld -c`; `one_hit`: only what never passed, `gld -k`."""

    before: int
    one_hit: bool = False


class Allow(msgspec.Struct, frozen=True, tag="whitelist-add"):
    """Add a row to the whitelist."""

    mail: str
    comment: str = ""


class Disallow(msgspec.Struct, frozen=True, tag="whitelist-remove"):
    """Take rows out of the whitelist."""

    mails: tuple[str, ...]


Act = Release | Delete | Purge | Allow | Disallow


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What an act would do, before it is done: how many rows, the oldest and newest of them, and the SQL statement.

    `rows` are those named by their keys, as they are now; a purge names none. `irreversible` says why it can't be
    undone; empty: it can.
    """

    act: Act
    count: int
    statement: str
    rows: tuple[Triplet, ...] = ()
    listed: tuple[Listed, ...] = ()
    oldest: Triplet | None = None
    newest: Triplet | None = None
    left_out: tuple[LeftOut, ...] = ()
    irreversible: str = ""
    kept_for: float = 0.0

    @property
    def name(self) -> str:
        return name_of(self.act)

    @property
    def destructive(self) -> bool:
        """Whether rows go."""
        return not isinstance(self.act, Release | Allow)


class Trashed(msgspec.Struct, frozen=True):
    """One act that can be undone: its number (1 is the first), when (epoch seconds), by whom, and how many rows.

    `first` is what a release has set `first` to; `sample` one of the rows in words.
    """

    number: int
    action: str
    when: float
    user: str
    count: int
    sample: str = ""
    first: int = 0


NAMED = 20
"""Rows left out that an outcome names."""


def name_of(act: Act) -> str:
    """Its name, as in `mailtui greylist NAME`."""
    return str(type(act).__struct_config__.tag)


def rows_text(count: int, action: str) -> str:
    """`1 triplet`, `1,000 rows of the whitelist`."""
    if action.startswith("whitelist"):
        return "1 row of the whitelist" if count == 1 else f"{count:,} rows of the whitelist"
    return "1 triplet" if count == 1 else f"{count:,} triplets"
