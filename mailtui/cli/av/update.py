"""`mailtui av update`: fetch signatures now."""

from argparse import ArgumentParser

from backends.antivirus.values import Updated
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
        out.line(_told(done))
    return 1 if done.outcome == "failed" or done.reloaded is False else 0


def _told(done: Updated) -> str:
    if done.outcome == "failed":
        brought = f"; it brought {', '.join(done.updated)}" if done.updated else ""
        return f"✖ failed: {done.complaint}{brought}"
    if not done.updated:
        return "● nothing new"
    brought = f"updated {', '.join(done.updated)}"
    if done.reloaded:
        return f"● {brought}; clamd has loaded it: {done.reload}"
    mark = "○" if done.reloaded is None else "✖"
    return f"{mark} {brought}; {done.reload or 'clamd loads it the next time it looks'}"
