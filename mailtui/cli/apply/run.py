"""`mailtui --apply`: look, ask, apply, tell."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backends.apply.told import Drift, Take
from backends.errors import Missing, Refused
from backends.text import age_text
from mailtui.cli.apply.asking import ask
from mailtui.cli.apply.options import settings_of
from mailtui.cli.apply.plan import changes, conflicts, plan_lines
from mailtui.cli.apply.telling import Telling
from mailtui.cli.session import Session
from mailtui.cli.table import Column, print_table

PENDING = 4
REFUSED = 5
EXPLAINED = (Column("component"), Column("page"), Column("this release gets"), Column("why"))


def run(session: Session) -> int:
    options = session.options
    if options.explain:
        return _explain(session)
    if options.verify_only:
        return _verify(session)
    settings, site = settings_of(options), _site(options.site)
    if not session.host.demo:
        from backends.site.file import SITE_FILE, load_site, parse_site  # noqa: PLC0415 - not for --help

        known = load_site() if site is None else parse_site(site, str(options.site or SITE_FILE))
        settings |= ask(session.out, known, settings)
    config = session.host.config
    take = Take(options.take) if options.take else Take.NEITHER
    drift = config.drift(settings, take, site)
    broken = config.broken_off()
    if options.check:
        return _checked(session, drift, broken=broken)
    session.must_change()
    if drift.in_sync and not broken and take is Take.NEITHER:
        return _in_sync(session, drift)
    _agreed(session, drift)
    telling = Telling(session.out, json=options.json)
    with _outliving_its_session():
        applied = config.apply(
            take,
            telling.event,
            settings=settings,
            site=site,
            keep=options.keep,
            confirm_within=options.confirm_within,
        )
    failed = sum(not check.good for check in applied.checks)
    if options.json:
        session.out.json({"at": round(telling.seconds, 2), "applied": applied})
        return 1 if failed else 0
    session.out.line(f"Done in {telling.seconds:.0f} s{f', {failed} checks failed' if failed else ''}.")
    if applied.number is not None:
        if options.confirm_within:
            wait = age_text(options.confirm_within)
            session.out.line(f"`mailtui confirm` within {wait}, or all of it is taken back.")
        else:
            session.out.line(f"Back to before it: mailtui rollback {applied.number}")
    return 1 if failed else 0


@contextmanager
def _outliving_its_session() -> Iterator[None]:
    """Within: a session that dies does not stop what is done halfway."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGHUP, before)


def _site(path: Path | None) -> bytes | None:
    """The site file that was named.

    :raises Missing: it cannot be read.
    """
    if path is None:
        return None
    try:
        return path.read_bytes()
    except OSError as error:
        raise Missing(f"{path} cannot be read: {error.strerror}", hint="name a file that is there") from error


def _checked(session: Session, drift: Drift, *, broken: bool) -> int:
    """Print what would change, and give the exit code that says whether anything would."""
    out, options = session.out, session.options
    pending = broken or not drift.in_sync
    if options.json:
        out.json({"in_sync": not pending, "broken_off": broken, "drift": drift})
    else:
        for line in plan_lines(drift, diff=options.diff):
            out.fitted(line)
        if broken:
            out.line("  then      finish an apply that was broken off")
        out.line("Nothing was changed." if pending else "In sync: nothing would change.")
    if conflicts(drift):
        return REFUSED
    return PENDING if pending else 0


def _in_sync(session: Session, drift: Drift) -> int:
    if session.options.json:
        session.out.json({"in_sync": True, "drift": drift})
    else:
        for line in plan_lines(drift, diff=session.options.diff):
            session.out.fitted(line)
        session.out.line("In sync: nothing was changed, nothing was restarted.")
    return 0


def _agreed(session: Session, drift: Drift) -> None:
    """Show what will change, and have it confirmed.

    :raises Refused: it was not, or files were changed on both sides.
    """
    options, out = session.options, session.out
    if not options.json:
        for line in plan_lines(drift, diff=options.diff):
            out.fitted(line)
        out.flush()
    if names := conflicts(drift):
        raise Refused(
            f"Changed both here and in the reference: {', '.join(names)}",
            hint="see it with --check --diff; --take mine or --take reference decides",
        )
    if options.yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise Refused(
            "Not confirmed: nothing was done, for there is no terminal to ask at",
            hint="look with --check --diff, then say --yes",
        )
    files = changes(drift)
    out.ask(f"Apply this{f' to {files} files' if files > 1 else ''}? Type yes: ")
    if sys.stdin.readline().strip().lower() != "yes":
        raise Refused("Not confirmed: nothing was done", hint="try again, or say --yes")


def _verify(session: Session) -> int:
    telling = Telling(session.out, json=session.options.json)
    checks = session.host.config.verify(telling.check)
    failed = sum(not check.good for check in checks)
    if not session.options.json:
        session.out.line(
            f"{failed} of {len(checks)} checks failed." if failed else f"All {len(checks)} checks are fine."
        )
    return 1 if failed else 0


def _explain(session: Session) -> int:
    rows = session.host.config.explain()
    if session.options.json:
        for row in rows:
            session.out.json(row._asdict())
        return 0
    if session.out.columns is None:
        print_table(session.out, EXPLAINED, rows)
        return 0
    for row in rows:
        session.out.line(f"{row.component}: {row.page}")
        session.out.line(f"    gets  {row.gets}")
        session.out.line(f"    why   {row.why}")
    return 0
