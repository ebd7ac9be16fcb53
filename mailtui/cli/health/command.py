"""`mailtui health`: what is wrong, for a person, a program, or a monitoring system."""

from argparse import ArgumentParser
from pathlib import Path

from backends.errors import BadRequest, Failed
from backends.files import replace
from backends.health.values import Report
from backends.text import time_text
from mailtui.cli.health import nagios, prometheus, text
from mailtui.cli.session import Session

DESCRIPTION = """
Look at everything once and say what is wrong, since when and on what evidence, and what mends it; of troubles that one
thing explains only that is told as wrong. It takes some two seconds at most, whatever hangs, and changes nothing. A user
without rights is told what could not be seen.

The exit code is 0 when nothing is wrong in what could be seen, 1 when something is wrong or wants to be watched. With --nagios it is 0 OK, 1 WARNING,
2 CRITICAL, 3 UNKNOWN, as monitoring plugins give it. With --prometheus and --record it tells only whether that was done.
"""
EXAMPLES = """
EXAMPLES

  mailtui health
  mailtui health --all
  mailtui health --json | jq '.checks[] | select(.level != "good")'
  mailtui health --nagios
  mailtui health --prometheus /var/lib/prometheus/node-exporter/mailtui.prom
  mailtui health --record                            for a timer: the course of the last hour
"""


def configure(parser: ArgumentParser, _name: str) -> None:
    parser.description, parser.epilog = DESCRIPTION, EXAMPLES
    parser.set_defaults(any_machine=True)
    parser.add_argument("--all", action="store_true", help="also what is fine, and the log's newest troubles")
    parser.add_argument(
        "--nagios", action="store_true", help="one line with performance data, exit code 0 to 3"
    )
    parser.add_argument(
        "--prometheus",
        metavar="FILE",
        help="write metrics for node_exporter's textfile collector; - for here",
    )
    parser.add_argument("--record", action="store_true", help="measure once, and keep it for the overview")


def run(session: Session) -> int:
    options, out = session.options, session.out
    if sum(map(bool, (options.nagios, options.prometheus, options.record, options.all))) > 1:
        raise BadRequest(
            "Only one of --nagios, --prometheus, --record and --all can be meant", hint="leave the others out"
        )
    host = session.host
    if options.record:
        if options.demo:
            raise BadRequest("The demo host records nothing", hint="leave out --demo")
        session.must_change()
        point = host.health.record()
        if options.json:
            out.json(point)
        return 0
    report = host.health.check()
    if options.nagios:
        out.line(nagios.line(report))
        return nagios.CODES[report.level]
    if options.prometheus:
        _metrics(session, report)
        return 0
    if options.json:
        out.json({"host": host.name, "demo": host.demo, "level": report.level, "report": report})
    else:
        out.fitted(f"{host.name}  {time_text(report.taken)}")
        for line in text.lines(report, everything=options.all):
            out.fitted(line)
    return 0 if report.level in {"good", "unknown"} else 1


def _metrics(session: Session, report: Report) -> None:
    """Write the metrics into the file in one step.

    :raises Failed: it cannot be written.
    """
    content = prometheus.metrics(report)
    where = session.options.prometheus
    if where == "-":
        for line in content.splitlines():
            session.out.line(line)
        return
    session.must_change()
    path = Path(where)
    try:
        if path.is_symlink() or (path.exists() and not path.is_file()):
            raise Failed(f"{path} is not a plain file", hint="name another file, ending in .prom")
        replace(path.absolute(), content.encode(), mode=0o644)
    except OSError as error:
        raise Failed(
            f"{path} cannot be written: {error.strerror}", hint="check that its folder is there, and yours"
        ) from error
