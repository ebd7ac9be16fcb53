"""`mailtui maps lookup`: a key looked up as Postfix does, step by step."""

from argparse import ArgumentParser

from backends.maps.values import Looked
from mailtui.cli.session import Session

DESCRIPTION = """
Look up an address, a domain, a host's name or address, or a local user, as Postfix does for each parameter and
restriction that uses a table: the whole address, without its extension, domain, parent domains, user@, @domain, the
octets of an address. Every step is asked of the real table (postmap -q) and shown with its answer, up to the first
one that answers. proxy: tables are asked directly. The exit code is 1 when nothing answers.
"""
EXAMPLES = """
EXAMPLES

  mailtui maps lookup ann+lists@example.org
  mailtui maps lookup 192.0.2.7 --parameter check_client_access
  mailtui maps lookup root --map /etc/aliases
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument("key", metavar="KEY", help="what is looked up; <> is the empty sender")
    parser.add_argument("--map", metavar="MAP", default="", help="only for what uses this table")
    parser.add_argument(
        "--parameter",
        metavar="NAME",
        default="",
        help="only for this parameter or restriction: transport_maps",
    )


def run(session: Session) -> int:
    options, out = session.options, session.out
    whole = bool(options.map or options.parameter)
    found = session.host.maps.look_up(options.key, name=options.map, parameter=options.parameter)
    for looked in found:
        if options.json:
            answer = looked.answer
            out.json(
                {
                    "use": looked.use,
                    "tables": looked.tables,
                    "answer": answer,
                    "steps": looked.steps,
                    "trouble": looked.trouble,
                }
            )
        else:
            _print(session, looked, whole=whole)
    silent = sum(looked.answer is None and not looked.trouble for looked in found)
    if silent and not options.json and not whole:
        out.line(f"no answer for {silent} other {'use' if silent == 1 else 'uses'}")
    return 0 if any(looked.answer for looked in found) else 1


def _print(session: Session, looked: Looked, *, whole: bool) -> None:
    out = session.out
    if whole or looked.answer is not None:
        out.line(f"{looked.use}")
        width = max((len(step.key) for step in looked.steps), default=0)
        for step in looked.steps:
            answer = "-" if step.answer is None else f"→ {step.answer}"
            out.line(f"  {step.key:<{width}}  {step.table}  {answer}")
        for one in looked.trouble:
            out.line(f"  ✖ {one}")
    elif looked.trouble:
        out.line(f"✖ {looked.use}: {looked.trouble[0]}")
