"""What an act would do, and what came of it, in words."""

import shlex
from collections.abc import Sequence
from contextlib import suppress

from backends.outcome import LeftOut, Outcome
from backends.queue.plan import Plan, Target
from backends.text import messages_text, size_text, time_text
from mailtui.cli.session import Session

LEFT_OUT_SHOWN = 20


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
    out = session.out
    with suppress(BrokenPipeError):  # it was done, whether anybody reads this or not
        if session.options.json:
            out.json(outcome)
        else:
            for text in outcome.printed:
                out.line(text)
            out.line(f"{outcome.action}: {outcome.done:,} of {messages_text(outcome.asked)}")
            for text in left_out_lines(outcome.left_out):
                out.line(text)
            if outcome.undo is not None and outcome.done and not session.host.demo:
                out.line(f"undo with: mailtui queue undo {outcome.undo}{_instance(session)}")
        out.flush()
    return 1 if outcome.done < outcome.asked else 0


def left_out_lines(left_out: Sequence[LeftOut]) -> list[str]:
    """Which messages were not done, and why; of very many, how many of them are not spelt out."""
    lines = [f"  left out {one.what}: {one.why}" for one in left_out[:LEFT_OUT_SHOWN]]
    if len(left_out) > LEFT_OUT_SHOWN:
        lines.append(f"  and {len(left_out) - LEFT_OUT_SHOWN:,} more; --json names them all")
    return lines


def _instance(session: Session) -> str:
    folder = session.options.config_dir
    return f" --config-dir {shlex.quote(folder)}" if folder else ""


def _arrival(target: Target) -> int:
    return target.arrival_time


def _described(target: Target) -> str:
    return f"{target.queue_id}  {time_text(target.arrival_time)}  {size_text(target.message_size)}  {target.sender}"
