"""Lookup tables in words, for the console and for the command line: findings, steps of a lookup, changes, outcomes."""

import shlex
from collections.abc import Iterator, Sequence

from backends.maps.kinds import INDEX
from backends.maps.reading import Entry
from backends.maps.values import Change, Done, Finding, Looked, Table

SHOWN = 60
IGNORED = {
    "nul": "it holds a NUL: what follows that is not read",
    "leading": "it begins with a blank, and there is nothing that it continues",
    "quote": "a quotation mark or a backslash in its key has no end",
    "value": "it has a key, but no value",
    "utf8": "it is not UTF-8",
    "alias": "it is not of the form name: value",
}
"""What is wrong with an entry, by the word of its problem."""


def finding_text(finding: Finding) -> str:
    """Where it is, and what."""
    where = f"{finding.table}, line {finding.line}" if finding.line else finding.table
    return f"{where}: {said(finding)}"


def said(finding: Finding) -> str:
    """What is wrong, and how often."""
    return f"{finding.what} (and {finding.more:,} more)" if finding.more else finding.what


def uses_text(table: Table) -> str:
    """What refers to a table first, and how much else does."""
    uses = list(dict.fromkeys(map(str, table.uses)))
    more = f" +{len(uses) - 1}" if len(uses) > 1 else ""
    return f"{uses[0]}{more}" if uses else ""


def ignored_text(entry: Entry) -> str:
    """Why Postfix ignores an entry, in a sentence; empty: it does not."""
    return IGNORED.get(entry.problem, entry.problem)


def looked_lines(found: Sequence[Looked], *, whole: bool, plain: bool = False) -> Iterator[str]:
    """Each step of a lookup and its answer; unless `whole`, uses without an answer are only counted."""
    told = 0
    for looked in found:
        lines = list(_looked(looked, whole=whole, plain=plain))
        told += bool(lines)
        yield from lines
    silent = len(found) - told
    if silent:
        other = "other " if told else ""
        yield f"no answer for {silent} {other}{'use' if silent == 1 else 'uses'}"


def _looked(looked: Looked, *, whole: bool, plain: bool) -> Iterator[str]:
    arrow, bad = (">", "X") if plain else ("→", "✖")
    if whole or looked.answer is not None:
        yield f"{looked.use}"
        width = max((len(step.key) for step in looked.steps), default=0)
        for step in looked.steps:
            answer = "-" if step.answer is None else f"{arrow} {step.answer}"
            yield f"  {step.key:<{width}}  {step.table}  {answer}"
        for one in looked.trouble:
            yield f"  {bad} {one}"
    elif looked.trouble:
        yield f"{bad} {looked.use}: {looked.trouble[0]}"


def diff_lines(change: Change, most: int = SHOWN) -> list[str]:
    """The lines of a diff, at most so many, with blanks for tabs."""
    diff = [line.expandtabs() for line in change.diff]
    if len(diff) > most:
        diff = [*diff[:most], f"and {len(change.diff) - most:,} more lines"]
    return diff or ["nothing changes"]


def change_lines(change: Change) -> list[str]:
    """What a change does: the diff, and what there is to know."""
    return [*diff_lines(change), *(f"▲ {note}" for note in change.notes)]


def change_commands(change: Change) -> list[str]:
    """The commands that do what a change does."""
    table = change.table
    words = [
        "mailtui",
        "maps",
        *change.action.split(),
        *([] if change.action.startswith("undo") else [table.path]),
    ]
    if change.key:
        words += [change.key, *([] if change.value is None else ["-" if change.hidden else change.value])]
    return [shlex.join(words), *build_commands(table)]


def build_commands(table: Table) -> list[str]:
    """The command that builds a table's index, if it has one."""
    tool = "postalias" if table.alias else "postmap"
    return [shlex.join([tool, f"{table.type}:{table.path}"])] if table.type in INDEX else []


def done_lines(done: Done, warn: str = "▲") -> list[str]:
    """What came of a change."""
    return [f"{done.action}: {done.table}", *(f"{warn} {note}" for note in done.notes)]
