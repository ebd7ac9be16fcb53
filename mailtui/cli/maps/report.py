"""Findings, changes and outcomes in words."""

from contextlib import suppress

from backends.maps.values import Change, Done, Finding
from mailtui.cli.session import Session

MARKS = {"good": "●", "note": "▲", "bad": "✖"}
SHOWN = 60


def print_finding(session: Session, finding: Finding) -> None:
    """A finding and what to do about it."""
    where = f"{finding.table}, line {finding.line}" if finding.line else finding.table
    more = f" (and {finding.more:,} more)" if finding.more else ""
    session.out.line(f"{MARKS[finding.level]} {where}: {finding.what}{more}")
    session.out.line(f"    {finding.hint}")


def change_lines(change: Change) -> list[str]:
    """What a change does: the diff, and what there is to know."""
    diff = list(change.diff)
    if len(diff) > SHOWN:
        diff = [*diff[:SHOWN], f"and {len(change.diff) - SHOWN:,} more lines"]
    return [*(diff or ["nothing changes"]), *(f"▲ {note}" for note in change.notes)]


def change_value(change: Change) -> dict[str, object]:
    """The same as a value for JSON."""
    return {
        "action": change.action,
        "table": change.table.name,
        "changes": not change.empty,
        "diff": change.diff,
        "notes": change.notes,
    }


def report(session: Session, done: Done) -> int:
    """Print what came of it."""
    out = session.out
    with suppress(BrokenPipeError):  # it was done, whether anybody reads this or not
        if session.options.json:
            out.json(done)
        else:
            out.line(f"{done.action}: {done.table}")
            for note in done.notes:
                out.line(f"▲ {note}")
            if done.undo is not None and not session.host.demo:
                out.line(f"undo with: mailtui maps undo {done.undo}")
        out.flush()
    return 0


def carry_out(session: Session, change: Change, *, shown: bool = False) -> int:
    """Show a change, unless that was done, and do it unless this is a dry run; what changes nothing is no act."""
    options, out = session.options, session.out
    if options.json and (options.dry_run or change.empty):
        out.json(change_value(change))
    elif not options.json and not shown:
        for line in change_lines(change):
            out.line(line)
    if options.dry_run or change.empty:
        return 0
    return report(session, session.host.maps.carry_out(change))
