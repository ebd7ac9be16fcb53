"""`mailtui maps lookup`: a key looked up as Postfix does, step by step."""

import shlex
from argparse import ArgumentParser
from collections.abc import Iterable

from backends.errors import BadRequest, Missing
from backends.maps.find import find
from backends.maps.values import Table
from backends.text import visible
from mailtui.cli.session import Session
from mailtui.maps_text import looked_lines

DESCRIPTION = """
Look up an address, a domain, a host's name or address, or a local user, as Postfix does for each parameter and
restriction that uses a table: the whole address, without its extension, domain, parent domains, user@, @domain, the
octets of an address. Every step is asked of the real table (postmap -q) and shown with its answer, up to the first
one that answers. A table may be named as well, before the key as `set` has it, or after it. proxy: tables are asked directly. Answers of tables that hold passwords, or that others may not read,
are hidden unless you say --secrets. The exit code is 1 when nothing answers.
"""
EXAMPLES = """
EXAMPLES

  mailtui maps lookup ann+lists@example.org
  mailtui maps lookup 192.0.2.7 --parameter check_client_access
  mailtui maps lookup aliases root
  mailtui maps lookup transport --map aliases
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("key", metavar="KEY", help="what is looked up; <> is the empty sender")
    parser.add_argument(
        "other", metavar="MAP", nargs="?", default="", help="only for what uses this table; also before KEY"
    )
    parser.add_argument(
        "--map", metavar="MAP", default="", help="the same, where the key is the name of a table as well"
    )
    parser.add_argument(
        "--parameter",
        metavar="NAME",
        default="",
        help="only for this parameter or restriction: transport_maps",
    )
    parser.add_argument("--secrets", action="store_true", help="also answers that are hidden")


def run(session: Session) -> int:
    options, out, maps = session.options, session.out, session.host.maps
    key, name = options.key, options.map
    if options.other:
        key, name = told_apart(maps.tables(), options.key, options.other, name)
    whole = bool(name or options.parameter)
    found = maps.look_up(key, name=name, parameter=options.parameter, secrets=options.secrets)
    if options.json:
        for looked in found:
            out.json(
                {
                    "use": looked.use,
                    "tables": looked.tables,
                    "answer": looked.answer,
                    "steps": looked.steps,
                    "trouble": looked.trouble,
                }
            )
    else:
        for line in looked_lines(found, whole=whole):
            out.line(line)
    return 0 if any(looked.answer for looked in found) else 1


def told_apart(tables: Iterable[Table], one: str, other: str, named: str) -> tuple[str, str]:
    """The key and the table of two words in either order.

    :raises BadRequest: there is no telling which is which, or a table is named already.
    """
    every = tuple(tables)
    first, second = (_is_table(every, word) for word in (one, other))
    if not named and first != second:
        return (other, one) if first else (one, other)
    if named:
        what, right = "Two keys, or a table named twice", [one, "--map", named]
    elif first:
        what, right = f"{visible(one)!r} and {visible(other)!r} are tables both", [one, "--map", other]
    else:
        what = f"Neither {visible(one)!r} nor {visible(other)!r} is a table that the configuration uses"
        raise BadRequest(what, hint="see which ones it uses: mailtui maps list")
    raise BadRequest(
        what, hint=f"say which is the key: {visible(shlex.join(['mailtui', 'maps', 'lookup', *right]))}"
    )


def _is_table(tables: Iterable[Table], name: str) -> bool:
    try:
        find(tables, name)
    except Missing:
        return False
    except BadRequest:  # several of that name, which is told when it is looked into
        return True
    return True
