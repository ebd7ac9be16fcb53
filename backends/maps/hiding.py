"""Tables whose values are not for every eye: passwords, and whatever others on the machine may not read."""

import re
from pathlib import Path

import msgspec

from backends.maps.kinds import SETTINGS
from backends.maps.reading import Entry
from backends.maps.values import Looked, Table

HIDDEN = "(hidden)"
PASSWORDS = ("smtp_sasl_password_maps", "lmtp_sasl_password_maps")
_QUOTED = re.compile(r":? *[\"'].*", re.DOTALL)
_VALUE = re.compile(r"([^ \t\v\f\r]*[ \t\v\f\r]+)[^ \t\v\f\r].*", re.DOTALL)
_ALIAS = re.compile(r"([^: \t\v\f\r]*[: \t\v\f\r]+)[^: \t\v\f\r].*", re.DOTALL)


def passwords(table: Table) -> bool:
    """Whether a table is there to hold passwords."""
    return table.type in SETTINGS or any(use.parameter in PASSWORDS for use in table.uses)


def hides(table: Table) -> bool:
    """Whether a table's values are shown only to who asks for them."""
    if passwords(table):
        return True
    try:
        return bool(table.path) and not Path(table.path).stat().st_mode & 0o004
    except OSError:
        return False


def hidden_line(line: str, *, alias: bool) -> str:
    """A line of a source, also of a comment, without what follows its first word."""
    return (_ALIAS if alias else _VALUE).sub(rf"\g<1>{HIDDEN}", line, count=1)


def hidden_entry(entry: Entry) -> Entry:
    """An entry without its value; of one that Postfix ignores the key may hold it as well."""
    key = HIDDEN if entry.problem else entry.key
    return msgspec.structs.replace(entry, key=key, value=HIDDEN if entry.value else "")


def unquoted(said: str) -> str:
    """A complaint of Postfix's without the line of the table that it quotes."""
    return _QUOTED.sub("", said, count=1)


def hidden_answers(looked: Looked, names: frozenset[str]) -> Looked:
    """What was looked up, without what the tables of these names answer."""
    steps = tuple(
        msgspec.structs.replace(step, answer=HIDDEN)
        if step.table in names and step.answer is not None
        else step
        for step in looked.steps
    )
    closed = not names.isdisjoint(looked.tables)
    trouble = tuple(map(unquoted, looked.trouble)) if closed else looked.trouble
    return msgspec.structs.replace(looked, steps=steps, trouble=trouble)
