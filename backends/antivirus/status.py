"""clamd, its signatures and freshclam as they are now: asked, read, and put together."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from backends.antivirus import answers, databases, logs, processes
from backends.antivirus.clamd import Clamd
from backends.antivirus.conf import ClamdConf, FreshclamConf
from backends.antivirus.values import Daemon, Database, Freshclam, Loaded, Run
from backends.errors import BackendError, Failed
from backends.files import read_bounded
from backends.runner import Command, Runner
from backends.text import visible

DAY = 86400.0
TIMER = "clamav-freshclam-once.timer"
ACTIVE, UPCOMING = "ActiveState", "NextElapseUSecRealtime"
CRON = Path("/etc/cron.d/clamav-freshclam")
SYSTEMD = Path("/run/systemd/system")
PROGRAM = Path("/usr/bin/freshclam")
RUNS = 10
SETS = Path("/var/lib/clamav-unofficial-sigs")


def daemon(clamd: Clamd, conf: ClamdConf) -> Daemon:
    """Ask clamd. What it does not answer is told, not raised."""
    pid = clamd_pid(clamd, Path(conf.log) if conf.log else None)
    started = time.monotonic()
    try:
        clamd.ask("PING", "PONG$")
        seconds = time.monotonic() - started
        said = {
            "VERSION": clamd.ask("VERSION", answers.VERSION),
            "STATS": clamd.ask("STATS", answers.STATS),
        }
        version = answers.version(said["VERSION"]) if said["VERSION"] else answers.Version("")
        stats = answers.stats(said["STATS"]) if said["STATS"] else None
    except BackendError as error:
        found = Daemon(clamd.where, answers=False, error=str(error), hint=error.hint)
    else:
        found = Daemon(
            where=clamd.where,
            answers=True,
            seconds=seconds,
            release=visible(version.release),
            daily=version.daily,
            built=version.built,
            withheld=tuple(name for name, text in said.items() if text is None),
            stats=stats,
            loaded=loading(conf),
        )
    if pid is None:
        return found
    return msgspec.structs.replace(
        found, pid=pid, memory=processes.memory(pid), started=processes.started(pid)
    )


def clamd_pid(clamd: Clamd, log: Path | None) -> int | None:
    """The process behind the socket; where systemd opened the socket for it, the clamd that writes the log."""
    peer = clamd.peer()
    if peer is not None and processes.is_named(peer, "clamd"):
        return peer
    return processes.named("clamd", log) if peer in {None, 1} else None


def loading(conf: ClamdConf) -> Loaded | None:
    """The last loading that clamd's log tells of; None: it tells of none, or may not be read."""
    if not conf.log:
        return None
    try:
        return logs.last_loading(logs.Log(Path(conf.log)).new())
    except OSError:
        return None


def on_disk(conf: ClamdConf, urls: Sequence[str], asked: Daemon | None) -> tuple[Database, ...]:
    """The files of signatures; with clamd's answers, whether it has them in memory."""
    found = databases.read(Path(conf.folder), sources(urls))
    if asked is None or not asked.answers:
        return tuple(found)
    return tuple(msgspec.structs.replace(one, loaded=_is_loaded(one, asked)) for one in found)


def sources(urls: Sequence[str], sets: Path = SETS) -> Callable[[str], str]:
    """Who brings a file: freshclam from a URL, or clamav-unofficial-sigs, which keeps lists of what it brought."""
    of_urls = {url.rpartition("/")[2]: shown(url) for url in urls}
    listed = _listed(sets / "configs")

    def source(name: str) -> str:
        if name.rpartition(".")[0] in databases.OFFICIAL:
            return "freshclam"
        return of_urls.get(name) or ("clamav-unofficial-sigs" if name in listed else "")

    return source


def shown(url: str) -> str:
    """A URL without what may be somebody's key to it: some providers put that into its path."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    folder, _, name = path.rpartition("/")
    return visible(f"{scheme}://{host.rpartition('@')[2]}{slash}{'…/' if folder else ''}{name}")


def freshclam(conf: FreshclamConf, runner: Runner) -> Freshclam:
    """What fetches signatures, and when it did so last."""
    log = Path(conf.log) if conf.log else None
    pid = processes.named("freshclam", log)
    trouble, runs = "", list[Run]()
    waits = pid is not None and processes.is_daemon(pid)
    if log is not None:
        try:
            runs = logs.runs_of(logs.Log(log).new(), runs_now=pid is not None)
        except OSError as error:
            trouble = f"{visible(str(log))} cannot be read: {error.strerror}"
    state, upcoming = ("daemon", None) if waits else _timed(runner)
    if waits and runs and runs[0].ended is not None and conf.checks:
        upcoming = runs[0].ended + DAY / conf.checks
    return Freshclam(
        state=state,
        pid=pid,
        checks=conf.checks,
        next_run=upcoming,
        runs=tuple(runs[:RUNS]),
        urls=tuple(map(shown, conf.urls)),
        log=visible(str(log or "")),
        trouble=trouble,
    )


def _is_loaded(one: Database, asked: Daemon) -> bool | None:
    """By the version that clamd tells of daily; of others by when it has loaded and the file has come."""
    if one.trouble:
        return None
    if one.name.rpartition(".")[0] == "daily" and "VERSION" not in asked.withheld:
        return one.version == asked.daily
    if asked.loaded is not None:
        return one.changed < asked.loaded.when + 1  # the log knows whole seconds
    if asked.started is not None and one.changed < asked.started:
        return True
    return None


def _timed(runner: Runner) -> tuple[str, float | None]:
    """Who runs freshclam when its daemon does not, and when next."""
    if CRON.exists():
        return "cron", None
    if SYSTEMD.is_dir():
        asked = Command(("systemctl", "show", f"--property={ACTIVE},{UPCOMING}", TIMER), timeout=5)
        try:
            said = runner.run(asked).stdout.decode("utf-8", "replace")
        except BackendError:
            return "stopped", None
        told = dict(line.split("=", 1) for line in said.splitlines() if "=" in line)
        if told.get(ACTIVE) == "active":
            return "timer", _usec(told.get(UPCOMING, ""))
    return ("stopped" if PROGRAM.exists() else "absent"), None


def _usec(text: str) -> float | None:
    """Epoch seconds of `Thu 2026-11-26 00:00:00 UTC`; None: it is none."""
    try:
        return time.mktime(time.strptime(" ".join(text.split()[1:3]), "%Y-%m-%d %H:%M:%S"))
    except ValueError:
        return None


def _listed(folder: Path) -> frozenset[str]:
    """The names in the list that clamav-unofficial-sigs keeps of its files."""
    try:
        content = read_bounded(folder / "current-dbs.txt", 1 << 20)
    except (OSError, Failed):
        return frozenset()
    return frozenset(Path(line).name for line in content.decode("utf-8", "replace").splitlines() if line)
