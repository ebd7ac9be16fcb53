"""A key looked up as Postfix does, for each use of the tables: every step and its answer."""

from collections.abc import Iterable, Iterator

from backends.maps.asking import Answers, Ask
from backends.maps.config import Config
from backends.maps.keys import Asked, keys
from backends.maps.kinds import JOINED, WHOLE
from backends.maps.values import Looked, Step, Table, Use


def look(
    ask: Ask, config: Config, what: str, lists: Iterable[tuple[Use, tuple[Table, ...]]]
) -> Iterator[Looked]:
    """Look a key up for each use, with the tables that it goes through in their order; each is asked once, for all keys.

    :raises BadRequest: Postfix could not look this up.
    """
    wanted = [(use, tables, keys(use, what, config)) for use, tables in lists]
    every: dict[str, dict[str, None]] = {}
    named: dict[str, Table] = {}
    for _use, tables, asked in wanted:
        for table in tables:
            named[table.name] = table
            every.setdefault(table.name, {}).update(
                dict.fromkeys(one.key for one in asked if _goes(one, table))
            )
    answers: dict[str, Answers] = {}
    for use, tables, asked in wanted:
        for table in tables:
            if table.name not in answers:
                answers[table.name] = ask(table, list(every[table.name]))
        yield Looked(
            use,
            tuple(table.name for table in tables),
            tuple(_steps(tables, asked, answers)),
            tuple(dict.fromkeys(one for table in tables for one in answers[table.name].trouble)),
        )


def lists(config: Config, tables: Iterable[Table]) -> Iterator[tuple[Use, tuple[Table, ...]]]:
    """Each use of these tables: an access table alone, other parameters with all their tables in order.

    alias_database is none: newaliases(1) builds what it names, and nobody looks there. Where all tables are asked for,
    static: is left out, for it answers whatever is asked.
    """
    chosen = {table.name for table in tables}
    every = len(chosen) == len(config.tables) > 1
    whole: dict[Use, list[Table]] = {}
    for table in config.tables:
        for use in table.uses:
            looked = not use.inside and not table.cache and use.parameter != "alias_database"
            if looked and not (every and table.type == "static"):
                plain = Use(use.parameter, use.service, use.restriction)
                whole.setdefault(plain, []).append(table)
    for use, found in whole.items():
        if use.restriction:
            yield from ((use, (table,)) for table in found if table.name in chosen)
        elif any(table.name in chosen for table in found):
            yield use, tuple(found)


def _steps(
    tables: tuple[Table, ...], asked: tuple[Asked, ...], answers: dict[str, Answers]
) -> Iterator[Step]:
    """Each key through all tables, until one answers."""
    for one in asked:
        for table in tables:
            if _goes(one, table):
                answer = answers[table.name].values.get(one.key)
                yield Step(one.key, table.name, answer)
                if answer is not None:
                    return


def _goes(asked: Asked, table: Table) -> bool:
    """Whether the table is asked for this key: regexp: and its like get whole keys only."""
    return asked.whole or not whole_only(table)


def whole_only(table: Table) -> bool:
    if table.type in JOINED:
        return any(part.type in WHOLE for part in table.parts)
    return table.type in WHOLE
