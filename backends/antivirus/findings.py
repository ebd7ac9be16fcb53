"""What is wrong with the scanner and its signatures, by what was read. Pure."""

from collections.abc import Iterator, Sequence

from backends.antivirus.values import Daemon, Database, Finding, Freshclam
from backends.text import age_text, size_text, time_text, visible

OLD = 3 * 86400.0  # s; daily signatures come every day
SOON = 300.0  # s in which clamd loads what has come
FETCH = "mailtui av update"


def findings(
    daemon: Daemon, databases: Sequence[Database], freshclam: Freshclam, self_check: int, now: float
) -> Iterator[Finding]:
    """All that was looked at, whether good or bad."""
    yield _of_daemon(daemon, now)
    if (busy := _of_load(daemon)) is not None:
        yield busy
    yield from _of_files(databases, now)
    if daemon.answers:
        yield _of_memory(daemon, databases, self_check, now)
    yield _of_freshclam(freshclam)
    if freshclam.runs:
        yield _of_run(freshclam, now)


def _of_daemon(daemon: Daemon, now: float) -> Finding:
    if not daemon.answers:
        runs = f"; process {daemon.pid} runs" if daemon.pid is not None else ""
        runs += f" for {age_text(now - daemon.started)}" if runs and daemon.started is not None else ""
        return Finding("clamd", "bad", f"{daemon.error}{runs}", daemon.hint)
    told = [f"clamd {daemon.release}" if daemon.release else "clamd", f"answers on {daemon.where}"]
    if daemon.memory is not None:
        told.append(f"with {size_text(daemon.memory)} of memory")
    return Finding("clamd", "good", " ".join(told))


def _of_load(daemon: Daemon) -> Finding | None:
    stats = daemon.stats
    if stats is None:
        if not daemon.answers or "STATS" not in daemon.withheld:
            return None
        said = "clamd's configuration does not permit STATS: threads and queue are not known"
        return Finding("load", "note", said, "EnableStatsCommand in clamd.conf permits it")
    said = f"{stats.live} of {stats.most} threads live, {stats.idle} idle, {stats.queue} waiting"
    if stats.queue and stats.live - stats.idle >= stats.most:
        hint = "mail waits for the scanner: raise MaxThreads, or lower amavis's $max_servers; see clamdtop"
        return Finding("load", "watch", said, hint)
    return Finding("load", "good", said)


def _of_files(databases: Sequence[Database], now: float) -> Iterator[Finding]:
    official = {one.name.rpartition(".")[0]: one for one in databases if one.kind in {"official", "bytecode"}}
    missing = [name for name in ("main", "daily") if name not in official]
    if missing:
        yield Finding(
            "official",
            "watch",
            f"there are no {' and '.join(missing)} signatures: known viruses pass",
            f"{FETCH}; it needs a way to database.clamav.net",
        )
    daily = official.get("daily")
    if daily is not None and daily.built is not None:
        age = now - daily.built
        said = f"daily {daily.version}, {age_text(age)} old"
        if age > OLD:
            yield Finding("official", "watch", f"{said}: new viruses pass", FETCH)
        elif not missing:
            yield Finding("official", "good", said)
    for one in databases:
        if one.trouble:
            hint = f"move the file away, then: {FETCH}"
            yield Finding(
                "file", "watch", f"{visible(one.name)[:80]} cannot be used: {visible(one.trouble)}", hint
            )
    third = [one for one in databases if one.kind in {"third-party", "unsigned"} and not one.trouble]
    if third:
        oldest = min(one.changed for one in third)
        files = "1 file" if len(third) == 1 else f"{len(third):,} files"
        said = f"{files} of third parties, {sum(one.signatures or 0 for one in third):,} signatures"
        yield Finding("third-party", "good", f"{said}, the oldest here for {age_text(now - oldest)}")


def _of_memory(daemon: Daemon, databases: Sequence[Database], self_check: int, now: float) -> Finding:
    late = [one for one in databases if one.loaded is False]
    if late:
        names = visible(", ".join(one.name for one in late[:5])) + (" …" if len(late) > 5 else "")
        since = now - min(one.changed for one in late)
        said = f"newer on disk than in memory for {age_text(since)}: {names}"
        if since < SOON:
            return Finding("loaded", "note", said, "clamd is loading it, or is about to")
        hint = "clamdscan --reload, then look again"
        if self_check:
            hint += f"; clamd looks itself every {age_text(self_check)}"
        return Finding("loaded", "watch", said, hint)
    if any(one.loaded is None for one in databases):
        hint = "run mailtui as root, or as a member of the group adm, to see clamd's log"
        return Finding("loaded", "note", "whether clamd has all files as they are on disk is not known", hint)
    if daemon.loaded is not None:
        when = time_text(daemon.loaded.when)
        said = f"{daemon.loaded.signatures:,} signatures in memory since {when}, as on disk"
        return Finding("loaded", "good", said)
    return Finding("loaded", "good", "in memory as on disk")


def _of_freshclam(freshclam: Freshclam) -> Finding:
    if freshclam.trouble:
        return Finding("freshclam", "note", freshclam.trouble, "run mailtui as root")
    match freshclam.state:
        case "daemon":
            return Finding("freshclam", "good", f"its daemon looks {freshclam.checks} times a day")
        case "timer" | "cron":
            return Finding("freshclam", "good", f"it is run by {freshclam.state}")
        case "absent":
            hint = "apt install clamav-freshclam"
            return Finding("freshclam", "watch", "freshclam is not installed: signatures grow old", hint)
    hint = "systemctl enable --now clamav-freshclam"
    return Finding("freshclam", "watch", "freshclam does not run: signatures grow old", hint)


def _of_run(freshclam: Freshclam, now: float) -> Finding:
    last = freshclam.runs[0]
    when = f"{age_text(now - last.started)} ago"
    if last.outcome == "failed":
        good = next((run for run in freshclam.runs if run.outcome in {"updated", "current"}), None)
        since = f"; the last that worked was {age_text(now - good.started)} ago" if good else ""
        hint = f"see {visible(freshclam.log)}, mend it, then: {FETCH}"
        return Finding("last run", "watch", f"{when} it failed: {last.complaint}{since}", hint)
    if last.outcome == "running":
        return Finding("last run", "good", f"it is at work since {when}")
    said = f"brought {visible(', '.join(last.updated))[:120]}" if last.updated else "found nothing new"
    return Finding("last run", "good", f"{when} it {said}")
