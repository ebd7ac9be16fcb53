"""A table found by what somebody calls it. Pure."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from backends.errors import BadRequest, Missing
from backends.maps.values import Table
from backends.text import visible

_NONE: Mapping[str, str] = MappingProxyType({})


def find(tables: Iterable[Table], name: str, named: Mapping[str, str] = _NONE) -> Table:
    """The table of that name: hash:/etc/postfix/virtual, its path, or the last part of that.

    `named` are the names that Postfix knows of tables which are shown without the passwords in them.

    :raises Missing: there is none.
    :raises BadRequest: there are several.
    """
    every = tuple(tables)
    plain = name.removeprefix("proxy:")
    for same in (
        lambda table: plain in {table.name, named.get(table.name)},
        lambda table: table.path == plain != "",
        lambda table: Path(table.path).name == plain != "",
    ):
        found = [table for table in every if same(table)]
        if len(found) > 1:
            names = ", ".join(table.name for table in found)
            raise BadRequest(f"{visible(name)} is more than one table", hint=f"name one of {visible(names)}")
        if found:
            return found[0]
    raise Missing(
        f"The configuration uses no table {visible(name)!r}", hint="see which ones it uses: mailtui maps list"
    )
