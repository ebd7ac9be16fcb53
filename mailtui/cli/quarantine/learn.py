"""`mailtui quarantine learn`: teach SpamAssassin what messages are, or have it forget them."""

from argparse import ArgumentParser

from backends.errors import BackendError
from backends.quarantine.message import Target
from backends.text import messages_text
from mailtui.cli.quarantine.selection import named
from mailtui.cli.session import Session

DESCRIPTION = """
Have amavis's SpamAssassin learn quarantined messages as spam or as ham, in its Bayes database, or forget them again.
Learning one as the other kind turns it round. `mailtui scores --bayes` tells what the database knows.
"""
EXAMPLES = """
EXAMPLES

  mailtui quarantine learn --ham eixTQBTbFfJ3
  mailtui quarantine learn --forget eixTQBTbFfJ3
  mailtui quarantine list --json --subject invoice | mailtui quarantine learn --spam -
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.add_argument(
        "ids", metavar="MESSAGE", nargs="+", help="path, name or mail_id, or - for standard input"
    )
    how = parser.add_mutually_exclusive_group(required=True)
    for name, text in (("spam", "as spam"), ("ham", "as no spam"), ("forget", "not at all: forget them")):
        how.add_argument(f"--{name}", dest="as_", action="store_const", const=name, help=text)
    parser.set_defaults(any_machine=True)


def run(session: Session) -> int:
    session.must_change()
    targets, failed = named(session.host.quarantine.read(), session.options.ids)
    asked = len(targets) + len(failed)
    for word in failed:
        session.out.note(f"mailtui: {word}: there is no such message")
    new = sum(_learnt(session, target, failed) for target in targets)
    done = asked - len(failed)
    if session.options.json:
        session.out.json(
            {"as": session.options.as_, "asked": asked, "done": done, "new": new, "left_out": failed}
        )
    else:
        session.out.line(
            f"{session.options.as_}: {done:,} of {messages_text(asked)}, {new:,} of them new to it"
        )
    return 1 if failed else 0


def _learnt(session: Session, target: Target, failed: list[str]) -> bool:
    """Whether that was new to SpamAssassin; what fails is said, and added to those that failed."""
    try:
        return session.host.bayes.learn(session.options.as_, session.host.quarantine.raw(target)).new
    except BackendError as error:
        session.out.note(f"mailtui: {target.path}: {error}; {error.hint}")
        failed.append(target.path)
        return False
