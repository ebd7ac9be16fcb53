"""`mailtui quarantine release|delete|keep`: acting on messages named or chosen."""

import signal
from argparse import ArgumentParser
from threading import Event

from msgspec.structs import replace

from backends.errors import Refused
from backends.outcome import LeftOut, Outcome
from backends.quarantine.message import Target
from backends.quarantine.plan import RELEASING, Plan
from backends.text import messages_text, visible
from mailtui.cli.acting import add_acting, add_cap, must_be_below, must_be_one_way
from mailtui.cli.confirm import must_be, must_confirm, typed
from mailtui.cli.outcome import left_out_lines
from mailtui.cli.quarantine.report import plan_lines, plan_value, report
from mailtui.cli.quarantine.selection import SELECTORS, add_selectors, chosen, named, selector_of
from mailtui.cli.session import Session

DESCRIPTIONS = {
    "release": "Have amavis deliver messages after all, to their original recipients or to others (--recipient). "
    "They stay in the quarantine as well. With --ham, SpamAssassin learns that they are no spam. To let out a virus, "
    "its name must be typed, or given with --virus.",
    "delete": 'Delete messages. For 24 hours, or as long as /etc/mailtui/site.toml says ([quarantine], undo = "3d"), '
    "`mailtui quarantine undo` brings them back.",
    "keep": "Have `mailtui cleanup` leave messages, whatever their age and however little room there is; with --not, "
    "no longer.",
}
MANNER = """
Messages are named by path, name or mail_id, or chosen by selectors; --all chooses every one. `-` reads names from
standard input: between white space, or as lines of `mailtui quarantine list --json`, which also guard against a file
that is another one by now.

What is to be done is shown and must be confirmed: with `yes`, above 20 messages by typing their number. Where there
is no terminal to ask at, nothing is done without --yes.
"""
EXAMPLES = """
EXAMPLES

  mailtui quarantine {name} eixTQBTbFfJ3
  mailtui quarantine {name} --from news@example.org --dry-run
  mailtui quarantine {name} --kind spam --score-below 8 --newer-than 1d --yes
  mailtui quarantine list --json --subject invoice | mailtui quarantine {name} - --yes
"""


def configure(parser: ArgumentParser, name: str) -> None:
    parser.description, parser.epilog = (
        f"{DESCRIPTIONS[name]}\n{MANNER}",
        SELECTORS + EXAMPLES.format(name=name),
    )
    parser.add_argument(
        "ids", metavar="MESSAGE", nargs="*", help="path, name or mail_id, or - for standard input"
    )
    parser.add_argument("--all", action="store_true", help="every message in the quarantine")
    add_acting(parser)
    add_cap(parser, "refuse to touch more messages than that")
    if name == "release":
        parser.add_argument(
            "--recipient",
            metavar="ADDRESS",
            action="append",
            default=[],
            help="to these instead; may be repeated",
        )
        parser.add_argument("--ham", action="store_true", help="also learn them as no spam")
        parser.add_argument(
            "--virus", metavar="NAME", help="let out the virus of this name, without asking for it"
        )
    if name == "keep":
        parser.add_argument("--not", dest="let_go", action="store_true", help="keep them no longer")
    parser.set_defaults(any_machine=True)
    add_selectors(parser)


def run(session: Session) -> int:
    options, out = session.options, session.out
    if not options.dry_run:
        session.must_change()
    targets, missing = _targets(session)
    left = tuple(LeftOut(word, "not in the quarantine") for word in missing)
    action = _action(session)
    if not targets:
        return report(session, Outcome(action, len(left), 0, left))
    recipients = options.recipient if options.action == "release" else ()
    plan = session.host.quarantine.plan(action, targets, recipients)
    if options.dry_run:
        if options.json:
            out.json(plan_value(plan) | {"left_out": left})
        else:
            for line in (*plan_lines(plan), *left_out_lines(left)):
                out.line(line)
        return 1 if left else 0
    _confirm(session, plan)
    outcome = _carried_out(session, plan)
    return report(
        session, replace(outcome, asked=outcome.asked + len(left), left_out=(*left, *outcome.left_out))
    )


def _carried_out(session: Session, plan: Plan) -> Outcome:
    """Do it; an interrupt during releases leaves those that are not begun, and tells which were done."""
    quarantine = session.host.quarantine
    if plan.action not in RELEASING or plan.count == 1:
        return quarantine.carry_out(plan)
    stop, before = Event(), signal.getsignal(signal.SIGINT)
    signal.signal(signal.SIGINT, lambda _number, _frame: stop.set())
    try:
        return quarantine.carry_out(
            plan, lambda over: session.out.passing(f"{over:,} of {messages_text(plan.count)} released"), stop
        )
    finally:
        signal.signal(signal.SIGINT, before)


def _action(session: Session) -> str:
    options = session.options
    if options.action == "release":
        return "release-ham" if options.ham else "release"
    return "let-go" if options.action == "keep" and options.let_go else str(options.action)


def _confirm(session: Session, plan: Plan) -> None:
    """Have it confirmed: a virus by its name, all else as usual.

    :raises Refused: it was not.
    """
    options, stdin_taken = session.options, "-" in session.options.ids
    if not options.yes or (plan.virus and options.virus is None):
        for line in plan_lines(plan):
            session.out.note(line)
    if plan.virus and options.virus is not None and options.virus != plan.virus:
        raise Refused(
            f"The virus is {visible(plan.virus)}, not {visible(options.virus[:100])}: nothing was done",
            hint="look at the message: mailtui quarantine show",
        )
    if plan.virus and options.virus is None:
        question = f"This delivers a virus. Type its name, {plan.virus}, to release it: "
        answer = typed(session, question, stdin_taken=stdin_taken)
        if answer is None:
            raise Refused(
                f"Not confirmed: the virus {visible(plan.virus)} stays where it is",
                hint="without a terminal its name must be given with --virus",
            )
        must_be(answer, confirmed=answer == plan.virus)
    elif not options.yes:
        must_confirm(session, options.action, len(plan.targets), stdin_taken=stdin_taken)


def _targets(session: Session) -> tuple[list[Target], list[str]]:
    """The messages asked for, and the names that are none's.

    :raises BadRequest: there is no telling what is asked for.
    :raises Refused: it is more than --max.
    """
    options = session.options
    selector = selector_of(options)
    must_be_one_way(
        options.action,
        "their names",
        named=bool(options.ids),
        selected=not selector.is_empty,
        everything=options.all,
    )
    listing = session.host.quarantine.read()
    if options.ids:
        targets, missing = named(listing, options.ids)
    else:
        targets, missing = [target for target, _ in chosen(session, listing)], []
    must_be_below(len(targets), options.max)
    return targets, missing
