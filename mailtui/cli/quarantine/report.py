"""What an act on quarantined messages would do, and what came of it, as text and as JSON."""

from backends.outcome import Outcome
from backends.quarantine.message import Target
from backends.quarantine.plan import Plan
from backends.text import age_text, messages_text, size_text, time_text, visible
from mailtui.cli.outcome import report_outcome
from mailtui.cli.session import Session

COMMANDS = 5


def plan_lines(plan: Plan) -> list[str]:
    """What the plan would do, in a few lines."""
    lines = [f"{plan.action}: {messages_text(len(plan.targets))}, {size_text(plan.size)}"]
    lines += [
        f"  {word}   {_described(target)}"
        for word, target in (("oldest", plan.oldest), ("newest", plan.newest))
        if target is not None
    ]
    if plan.recipients:
        lines.append(f"  to       {', '.join(plan.recipients)} (not the original recipients)")
    if plan.virus:
        lines.append(f"  VIRUS    {visible(plan.virus)} would be delivered")
    lines += [f"  command  {command}" for command in plan.commands[:COMMANDS]]
    if len(plan.commands) > COMMANDS:
        lines.append(f"  and {len(plan.commands) - COMMANDS:,} more like it")
    if plan.action == "delete":
        lines.append(f"  undo     for {age_text(plan.kept_for)}, with: mailtui quarantine undo")
    return lines


def plan_value(plan: Plan) -> dict[str, object]:
    """The same as a value for JSON."""
    return {
        "action": plan.action,
        "count": len(plan.targets),
        "size": plan.size,
        "oldest": plan.oldest,
        "newest": plan.newest,
        "recipients": plan.recipients,
        "virus": plan.virus,
        "commands": [str(command) for command in plan.commands],
    }


def report(session: Session, outcome: Outcome) -> int:
    """Print what came of it and give the exit code: 1 when fewer were done than asked for."""
    return report_outcome(session, outcome, f"mailtui quarantine undo {outcome.undo}")


def _described(target: Target) -> str:
    return f"{target.path}  {time_text(target.seconds)}  {size_text(target.size)}"
