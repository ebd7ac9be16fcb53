"""Tables whose values are not for every eye: passwords, and whatever others on the machine may not read."""

import re
from pathlib import Path

import msgspec

from backends.maps.kinds import HIDDEN, INDEX, JOINED, KEYED, PASSWORDS, PATTERNS, SETTINGS, inline
from backends.maps.lines import BLANK, read
from backends.maps.reading import Entry
from backends.maps.values import Looked, Table

UNTOLD = "a complaint that may quote a value: (hidden)"
BLANKS = BLANK.decode()
_COMMENT = re.compile(rf"[{BLANKS}]*#")
_KEY = re.compile(rf"[^{BLANKS}]*[{BLANKS}]+")
_ALIAS = re.compile(rf"[^:{BLANKS}]*[:{BLANKS}]+")
_WHERE = r"(?:(?:fatal|error|warning): )*(?:(?:\w+ map )?(?:\w+:)?/[^\s,:\"']+(?:, line \d+)?: )?"
_WORDS = "|".join(
    (
        r"open (?:database )?/[^\s\"']+: (?:No such file or directory|Permission denied|Invalid argument)",
        r"(?:\w+:/[^\s\"']+ is unavailable\. )?unsupported dictionary type: \w+",
        r"database /[^\s\"']+ is older than source file",
        "logical line must not start with whitespace",
        "expected format: key whitespace value",
        r"record is in",
        "non-UTF-8 input",
        "unbalanced",
        "duplicate entry",
        "name must be local",
        "need name:value pair",
        "bad address pattern",
        "non-null host address bits",
        r"bad syntax",
        r"connect to \w+ server",
        r"\w+ did not answer within [\d.]+ s",
        r"The program \w+ is not there",
    )
)
"""What the programs say before they quote anything."""
_SAID = re.compile(f"({_WHERE})({_WORDS})?")


def passwords(table: Table) -> bool:
    """Whether a table is there to hold passwords."""
    return table.type in SETTINGS or any(use.parameter in PASSWORDS for use in table.uses)


def hides(table: Table) -> bool:
    """Whether a table's values are shown only to who asks for them."""
    if passwords(table):
        return True
    if table.type in JOINED:
        return not table.parts or any(map(hides, table.parts))
    if table.path:
        return _closed(table)
    return table.type in KEYED | PATTERNS and not inline(table.name.partition(":")[2])


def _closed(table: Table) -> bool:
    """Whether others may not read source or index, or it cannot be told."""
    ending = INDEX.get(table.type)
    there = False
    for name in (table.path, *([f"{table.path}{ending}"] if ending else [])):
        try:
            path = Path(name).resolve(strict=True)
            if not path.stat().st_mode & 0o004 or any(not one.stat().st_mode & 0o001 for one in path.parents):
                return True
            there = True
        except FileNotFoundError:
            continue
        except (OSError, RuntimeError):  # RuntimeError: links in a circle, until Python 3.12
            return True
    return not there


def hidden_line(line: str, *, alias: bool) -> str:
    """A line of a source without what follows its first word, or whole where that may be more than a key."""
    if comment := _COMMENT.match(line):
        return f"{comment[0]} {HIDDEN}" if comment.end() < len(line) else line
    if not line.strip():
        return line
    head = (_ALIAS if alias else _KEY).match(line)
    if head is None:
        return HIDDEN
    key = head[0].strip(BLANKS)
    problem = read(line.encode("utf-8", "surrogateescape"), alias=alias)[2]
    return HIDDEN if key and (problem or not key.isprintable()) else f"{head[0]}{HIDDEN}"


def hidden_entry(entry: Entry) -> Entry:
    """An entry without its value; of one that Postfix ignores the key may hold it as well."""
    key = entry.key if entry.value and not entry.problem else HIDDEN
    return msgspec.structs.replace(entry, key=key, value=HIDDEN if entry.value else "")


def unquoted(said: str) -> str:
    """A complaint of Postfix's up to what it may have from the table."""
    found = _SAID.match(said)
    where, words = (found[1], found[2]) if found else ("", None)
    return f"{where}{words or UNTOLD}"


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
