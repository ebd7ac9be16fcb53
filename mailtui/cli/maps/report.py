"""Findings, changes and outcomes in words."""

from contextlib import suppress

from backends.maps.values import Change, Done, Finding
from mailtui.cli.confirm import must_be, typed
from mailtui.cli.session import Session
from mailtui.maps_text import change_lines, done_lines, finding_text

MARKS = {"good": "●", "note": "▲", "bad": "✖"}


def print_finding(session: Session, finding: Finding) -> None:
    """A finding and what to do about it."""
    session.out.line(f"{MARKS[finding.level]} {finding_text(finding)}")
    session.out.line(f"    {finding.hint}")


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
            for line in done_lines(done):
                out.line(line)
            if done.undo is not None and not session.host.demo:
                out.line(f"undo with: mailtui maps undo {done.undo}")
        out.flush()
    return 0


def carry_out(session: Session, change: Change, *, asks: bool = True, stdin_taken: bool = False) -> int:
    """Show a change, have it confirmed, and do it unless this is a dry run; what changes nothing is no act.

    :raises Refused: it was not confirmed.
    """
    options, out = session.options, session.out
    if asks and not (options.dry_run or options.yes or change.empty):
        for line in change_lines(change):
            out.note(line)
        answer = typed(session, f"Change {change.table.path}? Type yes: ", stdin_taken=stdin_taken)
        must_be(answer, confirmed=answer is not None and answer.lower() == "yes")
    elif options.json and (options.dry_run or change.empty):
        out.json(change_value(change))
    elif not options.json:
        for line in change_lines(change):
            out.line(line)
    if options.dry_run or change.empty:
        return 0
    return report(session, session.host.maps.carry_out(change))
