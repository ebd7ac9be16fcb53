"""The virus scanner told in words, for the console and the command line."""

from collections.abc import Iterator

from backends.antivirus.values import Caught, Daemon, Finding, Freshclam, Run, Scanned, Status, Updated
from backends.text import age_text, messages_text, size_text, time_text, visible

LOADED = {True: "yes", False: "NO", None: "?"}
"""Whether clamd has a file in memory as it is on disk."""


def run_text(run: Run) -> str:
    """What came of a run of freshclam."""
    brought = f"brought {visible(', '.join(run.updated))}" if run.updated else ""
    match run.outcome:
        case "failed":
            return f"failed: {run.complaint}{f'; {brought}' if brought else ''}"
        case "running":
            return "is at work"
    return brought or "nothing new"


def updated_finding(done: Updated) -> Finding:
    """What came of fetching signatures."""
    if done.outcome == "failed":
        brought = f"; it brought {visible(', '.join(done.updated))}" if done.updated else ""
        return Finding("", "bad", f"failed: {done.complaint}{brought}")
    if not done.updated:
        return Finding("", "good", "nothing new")
    brought = f"updated {visible(', '.join(done.updated))}"
    if done.reloaded:
        return Finding("", "good", f"{brought}; clamd has loaded it: {done.reload}")
    state = "note" if done.reloaded is None else "bad"
    return Finding("", state, f"{brought}; {done.reload or 'clamd loads it the next time it looks'}")


def scanned_text(found: Scanned) -> str:
    """What clamd says of one thing."""
    match found.verdict:
        case "infected":
            said = f"INFECTED: {found.signature}"
        case "unscanned":
            said = f"NOT SCANNED: {found.why}"
        case _:
            said = "clean"
    return f"{said}  ({size_text(found.size)}, {found.seconds:.1f} s)"


def caught_text(found: Caught) -> str:
    """How many messages had a virus, and since when."""
    since = f" since {time_text(found.since)}" if found.since else ""
    part = "" if found.whole else " (the newest part of the log)"
    return f"{messages_text(found.messages)} with a virus{since}{part}"


def verdict(status: Status) -> Finding:
    """All of it in one sentence: whether clamd answers, knows what is on disk, and when freshclam last succeeded."""
    if not status.daemon.answers:
        return Finding("", "bad", f"clamd does not answer{_fetched(status)}")
    wrong = dict.fromkeys(one.name for one in status.findings if one.state in {"bad", "watch"})
    if wrong:
        worst = "bad" if any(one.state == "bad" for one in status.findings) else "watch"
        return Finding("", worst, f"clamd answers, but look at: {', '.join(wrong)}")
    clamd = f"clamd {status.daemon.release}".rstrip()
    known = any(one.name == "loaded" and one.state == "good" for one in status.findings)
    said = f"{clamd} {'knows what is on disk' if known else 'answers'}{_fetched(status)}"
    noted = any(one.state == "note" for one in status.findings)
    return Finding("", "note" if noted else "good", said)


def _fetched(status: Status) -> str:
    last = last_success(status.freshclam)
    return "" if last is None else f"; freshclam succeeded {age_text(status.taken - last.started)} ago"


def last_success(freshclam: Freshclam) -> Run | None:
    """The last run that went well."""
    return next((run for run in freshclam.runs if run.outcome in {"updated", "current"}), None)


def daemon_facts(daemon: Daemon, now: float) -> Iterator[str]:
    """How busy clamd is, and since when it runs; what is not known is not told."""
    if (stats := daemon.stats) is not None:
        yield f"{stats.live} of {stats.most} threads live, {stats.idle} idle"
        yield f"{stats.queue} queued"
    if daemon.memory is not None:
        yield f"{size_text(daemon.memory)} memory"
    if daemon.started is not None:
        yield f"up {age_text(now - daemon.started)}"


def freshclam_facts(freshclam: Freshclam, now: float) -> Iterator[str]:
    """What runs freshclam, when it last succeeded and when it looks next."""
    yield freshclam.state
    if freshclam.runs and freshclam.runs[0].outcome == "running":
        yield f"at work for {age_text(now - freshclam.runs[0].started)}"
    if (last := last_success(freshclam)) is not None:
        yield f"last success {age_text(now - last.started)} ago"
    if (upcoming := freshclam.next_run) is not None:
        yield f"next in {age_text(upcoming - now)}" if upcoming > now else "next: due"
    if freshclam.state == "daemon" and freshclam.checks:
        yield f"{freshclam.checks} a day"


def how_fetched(freshclam: Freshclam | None) -> str:
    """Who fetches signatures when that is asked for."""
    if freshclam is not None and freshclam.state == "daemon":
        return f"freshclam's daemon (process {freshclam.pid}) is asked to look now (SIGUSR1)"
    return "freshclam is run, and becomes its own user"
