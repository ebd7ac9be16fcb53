"""`mailtui queue hold|release|requeue|delete|expire`: acting on messages named or chosen."""

from argparse import ArgumentParser
from collections.abc import Iterator

from msgspec.structs import replace

from backends.errors import ParseFailed
from backends.outcome import LeftOut, Outcome
from backends.queue.message import Message
from backends.queue.plan import ACTIONS, Plan, Target
from backends.queue.select import Selector
from backends.text import messages_text
from mailtui.cli.acting import add_acting, add_cap, must_be_below, must_be_one_way
from mailtui.cli.outcome import left_out_lines
from mailtui.cli.queue.confirm import confirm
from mailtui.cli.queue.report import plan_lines, plan_value, report
from mailtui.cli.queue.selection import SELECTORS, add_selectors, is_bare, selector_of, targets_of
from mailtui.cli.session import Session

DESCRIPTIONS = {
    "hold": "Put messages on hold: Postfix keeps them and neither delivers nor expires them.",
    "release": "Release messages from hold; Postfix delivers them at the next opportunity.",
    "requeue": "Put messages through the queue again: they get a new queue ID, addresses are rewritten and content "
    "filters run once more.",
    "delete": "Delete messages. For a time (24 h, or `undo` in /etc/mailtui/site.toml) `mailtui queue undo` brings them "
    "back; where that is impossible, this says so before it deletes.",
    "expire": "Return messages to their senders at once, as if they had been too long in the queue. This cannot be "
    "undone.",
}
MANNER = """
Messages are named by their queue IDs, or chosen by selectors; --all chooses every one. `-` reads IDs from standard
input: between white space, or as lines of `mailtui queue list --json`, which also guard against a queue ID that
Postfix has used again meanwhile.

{asked} shown and must be confirmed: with `yes`, above 20 messages by typing their number. Where there is no terminal
to ask at, nothing is done without --yes.
"""
EXAMPLES = """
EXAMPLES

  mailtui queue {name} 3F2A1166135
  mailtui queue {name} --sender news@example.org --dry-run
  mailtui queue {name} --domain example.net --older-than 1d --yes
  mailtui queue list --json --reason 'user unknown' | mailtui queue {name} - --yes
"""


def configure(parser: ArgumentParser, name: str) -> None:
    asked = (
        "They are"
        if ACTIONS[name].destructive
        else "Queue IDs are taken at your word; what selectors choose is"
    )
    parser.description = f"{DESCRIPTIONS[name]}\n{MANNER.format(asked=asked)}"
    parser.epilog = SELECTORS + EXAMPLES.format(name=name)
    parser.add_argument("ids", metavar="ID", nargs="*", help="queue IDs, or - for standard input")
    parser.add_argument("--all", action="store_true", help="every message in the queue")
    add_acting(parser)
    add_cap(parser, "refuse to touch more messages than that")
    if name == "expire":
        parser.add_argument("--even-held", action="store_true", help="also messages on hold")
    add_selectors(parser)
    parser.set_defaults(even_held=False)


def run(session: Session) -> int:
    options, out = session.options, session.out
    if not options.dry_run:
        session.must_change()
    action = ACTIONS["force-expire" if options.even_held else options.action]
    targets, missing = _targets(session, resolve=action.destructive or options.dry_run)
    if not targets:
        return report(session, Outcome(action.name, len(missing), 0, tuple(missing)))
    plan = session.host.queue.plan(action.name, targets)
    if options.dry_run:
        _print(session, plan, missing)
        return 1 if missing else 0
    if not options.yes and (action.destructive or not options.ids):
        confirm(session, plan, stdin_taken="-" in options.ids)
    elif plan.irreversible:
        out.note(f"mailtui: no undo: {plan.irreversible}")
    outcome = session.host.queue.carry_out(plan)
    return report(
        session,
        replace(outcome, asked=outcome.asked + len(missing), left_out=(*missing, *outcome.left_out)),
    )


def _print(session: Session, plan: Plan, missing: list[LeftOut]) -> None:
    if session.options.json:
        session.out.json(plan_value(plan) | {"left_out": missing})
        return
    for line in (*plan_lines(plan), *left_out_lines(missing)):
        session.out.line(line)


def _targets(session: Session, *, resolve: bool) -> tuple[list[Target], list[LeftOut]]:
    """The messages asked for, and those asked for that are not in the queue.

    Bare queue IDs are looked up in the queue when `resolve` says so; otherwise nothing is listed for them.

    :raises BadRequest: there is no telling what is asked for.
    :raises Refused: it is more than --max.
    """
    options = session.options
    selector = selector_of(options)
    must_be_one_way(
        options.action,
        "their queue IDs",
        named=bool(options.ids),
        selected=not selector.is_empty,
        everything=options.all,
    )
    if not options.ids:
        return _chosen(session, selector), []
    targets = targets_of(options.ids)
    must_be_below(len(targets), options.max)
    return _looked_up(session, targets) if resolve and any(map(is_bare, targets)) else (targets, [])


def _chosen(session: Session, selector: Selector) -> list[Target]:
    """The messages that the selector fits and the action changes; how many others it fits is told."""
    now, cap = session.host.now(), session.options.max
    action = ACTIONS[session.options.action]
    found: list[Target] = []
    count = others = 0
    for message in _listed(session):
        if not selector.matches(message, now):
            continue
        if not action.changes(message.queue_name):
            others += 1
        else:
            count += 1
            if count <= cap:
                found.append(_target(message))
    must_be_below(count, cap)
    if others:
        how = "not on hold" if action.held else "on hold already"
        session.out.note(f"mailtui: {messages_text(others)} that would fit: {how}")
    return found


def _looked_up(session: Session, targets: list[Target]) -> tuple[list[Target], list[LeftOut]]:
    missing = {target.queue_id for target in targets if is_bare(target)}
    there: dict[str, Target] = {}
    for message in _listed(session):
        if message.queue_id in missing:
            missing.discard(message.queue_id)
            there[message.queue_id] = _target(message)
            if not missing:
                break
    return (
        [there.get(target.queue_id, target) for target in targets if target.queue_id not in missing],
        [LeftOut(target.queue_id, "not in the queue") for target in targets if target.queue_id in missing],
    )


def _listed(session: Session) -> Iterator[Message]:
    """The queue; lines that cannot be read are told and do not keep from acting on the others."""
    try:
        yield from session.host.queue.messages()
    except ParseFailed as error:
        session.out.complain(error)


def _target(message: Message) -> Target:
    return Target(message.queue_id, message.sender, message.arrival_time, message.message_size)
