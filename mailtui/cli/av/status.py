"""`mailtui av status`: whether the scanner works and what it knows."""

from argparse import ArgumentParser
from collections.abc import Iterator

from backends.antivirus.values import Freshclam
from backends.text import age_text, time_text
from mailtui.antivirus_text import run_text
from mailtui.cli.av.report import print_finding
from mailtui.cli.session import Session

DESCRIPTION = """
Say whether clamd answers, how busy it is, whether it has in memory what is on disk, how old that is, and what came of
freshclam's last runs; of what is wrong what to do. Nothing is changed by it. The exit code is 1 when something is wrong
(✖) or wants to be watched (▲).
"""
EXAMPLES = """
EXAMPLES

  mailtui av
  mailtui av status --json | jq '.daemon.memory'
"""
RUNS = 5


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)


def run(session: Session) -> int:
    status = session.host.antivirus.status()
    if session.options.json:
        session.out.json(status)
    else:
        for finding in status.findings:
            print_finding(session.out, finding)
        for text in _runs(status.freshclam, status.taken):
            session.out.line(text)
    return 1 if any(finding.state in {"bad", "watch"} for finding in status.findings) else 0


def _runs(freshclam: Freshclam, now: float) -> Iterator[str]:
    if freshclam.runs:
        yield "freshclam's last runs"
    for run in freshclam.runs[:RUNS]:
        yield f"  {time_text(run.started)}  {run_text(run)}"
    if freshclam.next_run is not None:
        left = freshclam.next_run - now
        yield f"  {time_text(freshclam.next_run)}  next, {f'in {age_text(left)}' if left > 0 else 'due'}"
