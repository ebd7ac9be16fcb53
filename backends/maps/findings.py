"""What was found in a table's source, in words. Pure."""

from backends.maps.forms import Form
from backends.maps.kinds import HIDDEN
from backends.maps.patterns import shadowed
from backends.maps.scan import SHOWN, Problem, Scan
from backends.maps.values import Finding, Table
from backends.text import visible

_NAMES = {
    "leading": ("begins with a blank, and nothing stands before it: it is ignored", "take the blanks away"),
    "value": ("has a key without a value: it is ignored", "write key and value, or put # before it"),
    "quote": ('has an odd number of ": it is ignored', "close the quotation"),
    "utf8": ("is not UTF-8: it is ignored", "write it in UTF-8"),
    "alias": ("is not of the form `name: value`: it is ignored", "write it as aliases(5) says"),
    "nul": ("holds a NUL: what follows it is not read", "take the NUL away"),
}


def problems(table: Table, found: Scan, *, hidden: bool = False) -> list[Finding]:
    """What a scan of a source found; `hidden`: without what may be values."""
    findings = [_problem(table, kind, problem, hidden=hidden) for kind, problem in found.problems.items()]
    for key, lines in found.twice:
        findings.append(
            Finding(
                table.name,
                "bad",
                f"{_shown(key)} is there {len(lines)} times, on lines {_list(lines)}: the first counts",
                f"remove the others: mailtui maps edit {table.path}",
                lines[1],
            )
        )
    if found.twice_count > sum(len(lines) - 1 for _key, lines in found.twice):
        findings.append(
            Finding(
                table.name,
                "bad",
                f"{found.twice_count:,} entries are there before",
                f"remove them: mailtui maps edit {table.path}",
            )
        )
    if found.cut:
        findings.append(Finding(table.name, "note", found.cut, "split the table, or keep it in a database"))
    return findings


def _problem(table: Table, kind: str | Form, problem: Problem, *, hidden: bool) -> Finding:
    line, key = problem.examples[0]
    if isinstance(kind, Form):
        return Finding(
            table.name,
            "bad",
            f"{_shown(key)} never matches: it {kind.why}",
            kind.hint,
            line,
            problem.count - 1,
        )
    what, hint = _NAMES[kind]
    shown = HIDDEN if hidden else _shown(key)
    return Finding(table.name, "bad", f"{shown} {what}", hint, line, problem.count - 1)


def hidden(table: Table, content: bytes) -> list[Finding]:
    """Entries of a table that is read in order which are never reached."""
    found = list(shadowed(table.type, content))
    findings = [
        Finding(
            table.name,
            "bad",
            f"{_shown(one.pattern)} is never reached: line {one.by} matches first",
            f"remove it, or move it before line {one.by}",
            one.line,
        )
        for one in found[:SHOWN]
    ]
    if len(found) > SHOWN:
        what = f"{len(found) - SHOWN:,} more entries are never reached"
        findings.append(Finding(table.name, "bad", what, "see the lines above"))
    return findings


def _shown(key: bytes) -> str:
    return repr(visible(key[:80].decode("utf-8", "replace")))


def _list(lines: list[int]) -> str:
    return f"{', '.join(map(str, lines[:5]))}{' …' if len(lines) > 5 else ''}"
