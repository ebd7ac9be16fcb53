"""How gld's tables are made: recognised, never changed."""

from typing import NamedTuple

from backends.errors import Missing, Refused
from backends.greylist.connection import Session
from backends.text import visible

COLUMNS = {
    "greylist": ("ip", "sender", "recipient", "first", "last", "n"),
    "whitelist": ("mail", "comment"),
}
"""gld inserts by position (source: greylist.c): its tables must have these columns and no others."""
KEYS = {"greylist": ("ip", "sender", "recipient"), "whitelist": ("mail",)}
DEBIAN, UPSTREAM = 45, 16
"""Characters for an address; the longest in IPv6 has 39."""
TRANSACTIONAL = ("InnoDB",)
DEFAULT_MAILS = 242
_TABLES = """
SELECT table_name, engine, table_rows, table_collation, table_comment, data_length + index_length
  FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name IN ('greylist', 'whitelist')
"""
_COLUMNS = """
SELECT table_name, column_name, COALESCE(character_maximum_length, 0), COALESCE(collation_name, ''), data_type
  FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name IN ('greylist', 'whitelist')
  ORDER BY table_name, ordinal_position
"""
_KEYS = """
SELECT table_name, column_name FROM information_schema.statistics
  WHERE table_schema = DATABASE() AND table_name IN ('greylist', 'whitelist') AND index_name = 'PRIMARY'
  ORDER BY table_name, seq_in_index
"""


class Column(NamedTuple):
    """One column: its name, its length in characters (0: a number), its collation and type."""

    name: str
    length: int
    collation: str
    type: str


class Table(NamedTuple):
    """One table; `engine` is empty for one that cannot be opened, and `comment` says why. Sizes in bytes."""

    name: str
    engine: str
    rows: int
    collation: str
    comment: str
    size: int
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def is_ours(self) -> bool:
        """Whether gld could work with it: its columns and its key."""
        return (
            tuple(column.name for column in self.columns) == COLUMNS[self.name]
            and self.key == KEYS[self.name]
        )

    @property
    def transactional(self) -> bool:
        return self.engine in TRANSACTIONAL

    @property
    def ip_length(self) -> int:
        return self.columns[0].length

    @property
    def charset(self) -> str:
        return self.columns[0].collation.partition("_")[0]

    @property
    def kind(self) -> str:
        """Whose it is: Debian's, the upstream one, or neither."""
        return {DEBIAN: "debian", UPSTREAM: "upstream"}.get(self.ip_length, "other")


def tables(session: Session) -> dict[str, Table]:
    """gld's tables, those that are there."""
    columns: dict[str, list[Column]] = {}
    for name, *column in session.rows(_COLUMNS):
        columns.setdefault(name, []).append(Column(column[0], int(column[1]), column[2], column[3]))
    keys: dict[str, list[str]] = {}
    for name, column in session.rows(_KEYS):
        keys.setdefault(name, []).append(column)
    return {
        name: Table(
            name,
            engine or "",
            int(rows or 0),
            collation or "",
            comment or "",
            int(size or 0),
            tuple(columns.get(name, ())),
            tuple(keys.get(name, ())),
        )
        for name, engine, rows, collation, comment, size in session.rows(_TABLES)
    }


def needed(found: dict[str, Table], name: str) -> Table:
    """One of gld's tables.

    :raises Missing: it is not there.
    :raises Refused: it is not gld's.
    """
    if name not in found:
        raise Missing(f"gld's table {name} is not there", hint="mailtui --apply makes it")
    table = found[name]
    if table.engine and not table.is_ours:
        columns = visible(", ".join(column.name for column in table.columns))[:200]
        raise Refused(
            f"The table {name} is not gld's: it has the columns {columns}",
            hint="see SQLDB in /etc/gld.conf: gld works only with the columns and key of tables.mysql",
        )
    return table
