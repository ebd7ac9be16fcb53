"""The value of an entry: from the command line, from standard input, or typed, where a password is not shown."""

import shlex
import sys
from getpass import getpass

from backends.errors import BadRequest
from backends.maps.find import find
from backends.text import visible
from mailtui.cli.confirm import typed
from mailtui.cli.session import Session

LONGEST = 1 << 20
"""Characters."""


def value_of(session: Session) -> str:
    """
    :raises BadRequest: there is none, it is too long, or what is not shown was not typed twice the same.
    """
    value: str | None = session.options.value
    if value == "-":
        value = sys.stdin.readline(LONGEST + 2).rstrip("\r\n")
    elif value is None:
        value = _typed(session)
    if not value or not value.strip():
        words = shlex.join(["mailtui", "maps", "set", session.options.name, session.options.key])
        raise BadRequest(
            "There is no value",
            hint=f"give it behind the key: {visible(words)} VALUE; - there reads it from standard input",
        )
    if len(value) > LONGEST:
        raise BadRequest(
            "The value is longer than 1 MiB", hint="give a shorter one, or write it: mailtui maps edit"
        )
    return value


def _typed(session: Session) -> str | None:
    """What somebody typed, or None where there is no terminal to ask at."""
    options, maps = session.options, session.host.maps
    question = f"Value of {visible(options.key)}: "
    if not maps.hides(find(maps.tables(), options.name)):
        return typed(session, question, stdin_taken=False)
    if not sys.stderr.isatty() or not sys.stdin.isatty():
        return None
    try:
        value = getpass(question)
        again = getpass("Once more, for it is not shown: ") if value else ""
    except EOFError:
        return None
    if value != again:
        raise BadRequest("What was typed is not twice the same: nothing was done", hint="try again")
    return value
