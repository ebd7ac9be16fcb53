"""Tables asked through `postmap -q -`: many keys at once where an answer is one line, one after the other where not."""

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import NamedTuple

from backends.errors import BackendError
from backends.maps.config import Config
from backends.maps.kinds import JOINED, KEYED, PACKAGES, PATTERNS
from backends.maps.programs import Programs, complaints
from backends.maps.values import Table
from backends.runner import Result
from backends.text import visible

_OLD = re.compile(r"database .* is older than source file")


class Answers(NamedTuple):
    """Values by key (those that are there), and what the table complained of."""

    values: dict[str, str]
    trouble: tuple[str, ...] = ()


Ask = Callable[[Table, Sequence[str]], Answers]
Run = Callable[[Table, Sequence[str]], Result]


def asker(programs: Programs, config: Config, hides: Callable[[Table], bool]) -> Ask:
    """How tables of this configuration are asked; `hides` tells of which ones no complaint is told."""

    def run(table: Table, keys: Sequence[str]) -> Result:
        return programs.ask(config.asked(table), keys, shown=table.name, discreet=hides(table))

    return partial(_ask, run)


def _ask(run: Run, table: Table, keys: Sequence[str]) -> Answers:
    """Ask one table; what fails is told as trouble, for other tables may still answer."""
    try:
        if _lines_only(table):
            result = run(table, keys)
            values = _parted(keys, result.stdout)
            if values is not None or len(keys) < 2:
                return Answers(values or {}, trouble(result))
        return _one_by_one(run, table, keys)
    except BackendError as error:
        return Answers({}, (f"{error}",))


def trouble(result: Result) -> tuple[str, ...]:
    """What a table complained of, but for an index that is older than its source, which is found by its time."""
    return tuple(visible(one) for one in complaints(result) if not _OLD.search(one))


def advice(table: Table, said: str) -> str:
    """What to do about a complaint."""
    if table.type in JOINED:
        return "see what is said of the tables that it is made of"
    if "unsupported dictionary type" in said:
        package = f"postfix-{table.type}" if table.type in PACKAGES else "the package that brings it"
        return f"install {package}, or take the table out of main.cf and master.cf"
    if "No such file" in said and "open database" in said:
        return f"build it: mailtui maps rebuild {table.name}"
    if "skipping this rule" in said or table.type in PATTERNS:
        return f"correct it: mailtui maps edit {table.name}"
    if "Permission denied" in said:
        return "run mailtui as root"
    return f"see what it says: postmap -q KEY {table.name}"


def _lines_only(table: Table) -> bool:
    return table.type in KEYED | PATTERNS


def _one_by_one(run: Run, table: Table, keys: Sequence[str]) -> Answers:
    values: dict[str, str] = {}
    said: dict[str, None] = {}
    for key in keys:
        result = run(table, [key])
        said |= dict.fromkeys(trouble(result))
        text = result.stdout.decode("utf-8", "surrogateescape")
        if text.startswith(f"{key}\t"):
            values[key] = text[len(key) + 1 :].removesuffix("\n")
        if any("fatal" in one for one in complaints(result)):
            break
    return Answers(values, tuple(said))


def _parted(keys: Sequence[str], printed: bytes) -> dict[str, str] | None:
    """The values of keys, printed in their order, each on a line; None: there is a line that no key begins."""
    values: dict[str, str] = {}
    left = iter(keys)
    for line in printed.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n") if printed else ():
        key = next((key for key in left if line.startswith(f"{key}\t")), None)
        if key is None:
            return None
        values[key] = line[len(key) + 1 :]
    return values
