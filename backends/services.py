"""Which services of a mail stack run here. The only module that imports psutil, and only when asked.

A process is taken for a service by the program file it runs, where that may be read, and always by its owner: the
name and the command line of a process are what its owner likes them to be.
"""

import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from backends.host import ServiceState

if TYPE_CHECKING:
    import psutil

SYSTEM_UIDS = frozenset((*range(1000), 65534))
HIDDEN = "unknown"
_AMAVIS = re.compile(r"(/usr/(local/)?s?bin/)?amavisd?(-new)?( \(master\)|$)")
_CHILD = re.compile(r"(/usr/(local/)?s?bin/)?amavisd?(-new)? \((ch\d|virgin)")
_PERL = re.compile(r"/usr/(local/)?bin/perl[\d.]*")
_CGROUPS = Path("/sys/fs/cgroup/system.slice")


class Program(msgspec.Struct, frozen=True):
    """How a service is known: process names, program files, systemd units."""

    name: str
    processes: tuple[str, ...]
    files: tuple[str, ...]
    units: tuple[str, ...]


class Process(msgspec.Struct, frozen=True):
    """One process as seen: `exe` is None where it may not be read; `command` its words joined by blanks.

    `started` in epoch seconds; `halted`: it is stopped by a signal.
    """

    name: str
    exe: str | None
    command: str
    uid: int
    started: float = 0.0
    halted: bool = False


class Work(msgspec.Struct, frozen=True):
    """A service at work, by its processes: the first one's ID, the memory of all in bytes, start in epoch seconds.

    `halted`: the first one is stopped by a signal. `titles`: what the others call themselves.
    """

    pid: int
    memory: int
    started: float
    halted: bool
    titles: tuple[str, ...] = ()


PROGRAMS = (
    Program(
        "postfix",
        ("master",),
        ("/usr/lib/postfix/sbin/master", "/usr/libexec/postfix/master"),
        ("postfix@-", "postfix"),
    ),
    Program("gld", ("gld",), ("/usr/sbin/gld",), ("gld", "postfix-gld")),
    Program(
        "amavis",
        ("/usr/sbin/amavi", "amavisd", "amavisd-new", "amavi", "perl"),
        ("/usr/sbin/amavisd-new", "/usr/sbin/amavisd"),
        ("amavis", "amavisd", "amavisd-new"),
    ),
    Program("clamd", ("clamd",), ("/usr/sbin/clamd", "/usr/local/sbin/clamd"), ("clamav-daemon", "clamd")),
    Program("dovecot", ("dovecot",), ("/usr/sbin/dovecot", "/usr/local/sbin/dovecot"), ("dovecot",)),
    Program(
        "mariadb",
        ("mariadbd", "mysqld"),
        ("/usr/sbin/mariadbd", "/usr/sbin/mysqld", "/usr/local/sbin/mariadbd"),
        ("mariadb", "mysql"),
    ),
)


def services() -> list[ServiceState]:
    """The state of each service now: `running`, `halted` (its first process is stopped by a signal), `stopped`, `absent`.

    Where other users' processes are hidden (`hidepid`) and systemd's groups do not show a service at work either,
    its state is `unknown`.
    """
    found = list(_processes({name for program in PROGRAMS for name in program.processes}))
    return states(found, exists=os.path.exists, at_work=_at_work, hidden=_hidden())


def looked_at() -> tuple[list[ServiceState], dict[str, Work]]:
    """The state of each service, and those at work by name, by one look at all processes."""
    import psutil  # noqa: PLC0415 - only when services are asked for

    processes: list[Process] = []
    found: dict[str, list[tuple[float, int, int, bool, str]]] = {}
    names = {name for program in PROGRAMS for name in program.processes}
    for process, seen in _seen(names):
        processes.append(seen)
        program = next((one for one in PROGRAMS if _is(seen, one) or _is_child(seen, one)), None)
        if program is None:
            continue
        try:
            row = (seen.started, process.pid, _memory(process), seen.halted, seen.command)
        except (psutil.Error, OSError):
            continue
        found.setdefault(program.name, []).append(row)
    told = states(processes, exists=os.path.exists, at_work=_at_work, hidden=_hidden())
    return told, {name: _work(sorted(rows)) for name, rows in found.items()}


def _memory(process: "psutil.Process") -> int:
    """Its own share of what it has in memory (PSS), else all of that (RSS); in bytes."""
    with suppress(OSError, ValueError), Path(f"/proc/{process.pid}/smaps_rollup").open("rb") as file:
        for line in file:
            if line.startswith(b"Pss:"):
                return int(line.split()[1]) << 10
    return int(process.memory_info().rss)


def _work(rows: list[tuple[float, int, int, bool, str]]) -> Work:
    started, pid, _, halted, _ = rows[0]
    titles = tuple(title for *_, title in rows[1:])
    return Work(pid, sum(memory for _, _, memory, _, _ in rows), started, halted, titles)


def _is_child(process: Process, program: Program) -> bool:
    """Whether it is one of amavis's children, which say in their title what they are at."""
    return (
        program.name == "amavis"
        and process.uid in SYSTEM_UIDS
        and _CHILD.match(process.command) is not None
        and (process.exe is None or _PERL.fullmatch(process.exe) is not None)
    )


def states(
    processes: Iterable[Process],
    *,
    exists: Callable[[str], bool],
    at_work: Callable[[str], bool],
    hidden: bool = False,
) -> list[ServiceState]:
    """What these processes tell; `exists` knows files, `at_work` whether a systemd unit has processes. Pure."""
    seen = list(processes)
    return [
        ServiceState(program.name, _state(program, seen, exists, at_work, hidden=hidden))
        for program in PROGRAMS
    ]


def _state(
    program: Program,
    processes: list[Process],
    exists: Callable[[str], bool],
    at_work: Callable[[str], bool],
    *,
    hidden: bool,
) -> str:
    found = [process for process in processes if _is(process, program)]
    if found:
        return "halted" if min(found, key=lambda process: process.started).halted else "running"
    if not any(map(exists, (*program.files, *_unit_files(program)))):
        return "absent"
    if hidden:
        return "running" if any(map(at_work, program.units)) else HIDDEN
    return "stopped"


def _is(process: Process, program: Program) -> bool:
    """Whether the process is that service, and not a user's process that calls itself so."""
    if process.uid not in SYSTEM_UIDS or process.name not in program.processes:
        return False
    exe = None if process.exe is None else process.exe.removesuffix(" (deleted)")
    if program.name == "amavis":
        return (exe is None or _PERL.fullmatch(exe) is not None) and _AMAVIS.match(
            process.command
        ) is not None
    return exe is None or exe in program.files


def _unit_files(program: Program) -> Iterator[str]:
    for unit in program.units:
        yield f"/etc/init.d/{unit}"
        for folder in ("/etc", "/usr/lib", "/lib"):
            yield f"{folder}/systemd/system/{unit}.service"


def _hidden() -> bool:
    """Whether other users' processes are hidden from this one."""
    return os.geteuid() != 0 and not Path("/proc/1").exists()


def _at_work(unit: str) -> bool:
    for slot in (
        _CGROUPS / f"{unit}.service",
        _CGROUPS / f"system-{unit.partition('@')[0]}.slice" / f"{unit}.service",
    ):
        try:
            if "populated 1" in (slot / "cgroup.events").read_text("ascii", "replace"):
                return True
        except OSError:
            continue
    return False


def _processes(names: set[str]) -> Iterator[Process]:
    """The processes of these names on this machine, those in containers left out; vanishing ones are passed over."""
    for _, process in _seen(names):
        yield process


def _seen(names: set[str]) -> "Iterator[tuple[psutil.Process, Process]]":
    import psutil  # noqa: PLC0415 - only when services are asked for

    own = _namespace("self")
    for process in psutil.process_iter():
        try:
            if (name := process.name()) not in names or (status := process.status()) == psutil.STATUS_ZOMBIE:
                continue
            if own and (_namespace(process.pid) or own) != own:
                continue
            words = " ".join(_words(process.pid))
            yield (
                process,
                Process(
                    name,
                    _exe(process.pid),
                    words,
                    process.uids().real,
                    process.create_time(),
                    halted=status == psutil.STATUS_STOPPED,
                ),
            )
        except (psutil.Error, OSError, ValueError):
            continue


def _words(pid: int) -> list[str]:
    raw = Path(f"/proc/{pid}/cmdline").read_bytes()[:4096]
    return [os.fsdecode(word) for word in raw.rstrip(b"\0").split(b"\0")]


def _exe(pid: int) -> str | None:
    """The program file itself: psutil would guess it from the command line where it may not be read."""
    try:
        return str(Path(f"/proc/{pid}/exe").readlink())
    except PermissionError:
        return None


def _namespace(pid: int | str) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""
