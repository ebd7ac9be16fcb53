"""What an act would do, and what came of it, in words."""

import shlex

from backends.outcome import Outcome
from backends.queue.plan import Plan, Target
from backends.text import messages_text, size_text, time_text
from mailtui.cli.outcome import report_outcome
from mailtui.cli.session import Session


def plan_lines(plan: Plan) -> list[str]:
    """Count, size, oldest and newest message, the exact commands, and whether it can be undone."""
    count = len(plan.targets)
    known = [target for target in plan.targets if target.arrival_time]
    lines = [f"{plan.action.name}: {messages_text(count)}" + (f", {size_text(plan.size)}" if known else "")]
    if known:
        lines += [
            f"  oldest   {_described(min(known, key=_arrival))}",
            f"  newest   {_described(max(reversed(known), key=_arrival))}",
        ]
    else:
        lines += [f"  from     {plan.targets[0].queue_id}", f"  to       {plan.targets[-1].queue_id}"]
    lines += [f"  command  {command}" for command in plan.commands]
    if plan.irreversible:
        lines.append(f"  no undo  {plan.irreversible}")
    return lines


def plan_value(plan: Plan) -> dict[str, object]:
    """The same as a value for JSON."""
    return {
        "action": plan.action.name,
        "count": len(plan.targets),
        "size": plan.size,
        "oldest": plan.oldest,
        "newest": plan.newest,
        "commands": [str(command) for command in plan.commands],
        "irreversible": plan.irreversible,
    }


def report(session: Session, outcome: Outcome) -> int:
    """Print what came of it and give the exit code: 1 when fewer were done than asked for."""
    undo = f"mailtui queue undo {outcome.undo}{_instance(session)}"
    return report_outcome(session, outcome, undo)


def _instance(session: Session) -> str:
    folder = session.options.config_dir
    return f" --config-dir {shlex.quote(folder)}" if folder else ""


def _arrival(target: Target) -> int:
    return target.arrival_time


def _described(target: Target) -> str:
    return f"{target.queue_id}  {time_text(target.arrival_time)}  {size_text(target.message_size)}  {target.sender}"
