"""`mailtui av update`: fetch signatures now."""

from argparse import ArgumentParser

from mailtui.antivirus_text import updated_finding
from mailtui.cli.av.report import print_finding
from mailtui.cli.session import Session

DESCRIPTION = """
Fetch signatures now, print what freshclam says as it says it, and wait until clamd has loaded what came. Where
freshclam's daemon runs it is asked to look now (SIGUSR1), for it holds the lock; else freshclam is run, and becomes
its own user. The exit code is 1 when it failed, or clamd did not load what came.
"""
EXAMPLES = """
EXAMPLES

  mailtui av update
  mailtui av update --third-party     # clamav-unofficial-sigs, on Debian 12
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)
    parser.add_argument(
        "--third-party", action="store_true", help="have clamav-unofficial-sigs fetch its sets instead"
    )


def run(session: Session) -> int:
    session.must_change()
    options, out = session.options, session.out

    def tell(text: str) -> None:
        out.line(f"  {text}")
        out.flush()

    done = session.host.antivirus.update(
        (lambda _: None) if options.json else tell, third_party=options.third_party
    )
    if options.json:
        out.json(done)
    else:
        print_finding(out, updated_finding(done))
    return 1 if done.outcome == "failed" or done.reloaded is False else 0
