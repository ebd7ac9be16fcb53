"""A change that takes itself back unless somebody confirms it, also when the session that made it or the machine dies."""

import sys
import time
from pathlib import Path

from backends.errors import Failed
from backends.files import replace, sync_folder
from backends.runner import Command, Runner
from backends.text import visible

PROGRAM = (sys.executable, "-P", "-m", "mailtui")
UNITS = Path("/etc/systemd/system")
PATIENCE = 60.0  # s
TIMER = """\
[Unit]
Description=Takes back what mailtui applied, unless it is confirmed

[Timer]
OnCalendar={at}
AccuracySec=1s
Persistent=true

[Install]
WantedBy=timers.target
"""
SERVICE = """\
[Unit]
Description=Takes back what mailtui applied, unless it is confirmed
After=multi-user.target

[Service]
ExecStart={command}
"""


def schedule(
    runner: Runner,
    number: int,
    seconds: float,
    *,
    systemd: bool,
    folder: Path = UNITS,
    now: float | None = None,
) -> None:
    """Have the change taken back in so many seconds: by a systemd timer that outlives a reboot, or by a process of its own.

    The unit has no `Type=exec`: where it is confirmed as its time comes, the file goes while the process starts, and over
    the reload systemd takes that for one which never started, which it ends after 90 s and calls failed.
    """
    back = (*PROGRAM, "rollback", str(number), "--unless-confirmed")
    if not systemd:
        _told(runner, "setsid", "--fork", *back, f"--after={seconds:.0f}")
        return
    at = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime((now or time.time()) + seconds))
    try:
        _unit(folder, number, "service", SERVICE.format(command=" ".join(map(_quoted, back))))
        _unit(folder, number, "timer", TIMER.format(at=at))
    except OSError as error:
        raise _failed(str(error)) from error
    timer = f"mailtui-revert-{number}.timer"
    _told(runner, "systemctl", "daemon-reload")
    _told(runner, "systemctl", "--quiet", "enable", timer)
    _told(runner, "systemctl", "restart", timer)


def unschedule(runner: Runner, number: int, *, systemd: bool, folder: Path = UNITS) -> None:
    """It is not taken back any more; a process that waits or works already finds that out by itself.

    :raises Failed: the timer cannot be removed; it does nothing any more.
    """
    if not systemd:
        return
    timer = f"mailtui-revert-{number}.timer"
    runner.run(Command(("systemctl", "--quiet", "disable", "--now", timer), timeout=PATIENCE, mutates=True))
    try:
        for kind in ("timer", "service"):
            (folder / f"mailtui-revert-{number}.{kind}").unlink(missing_ok=True)
        sync_folder(folder)
    except OSError as error:
        raise Failed(
            f"{timer} cannot be removed: {error}", hint=f"rm {folder}/mailtui-revert-{number}.*"
        ) from error
    runner.run(Command(("systemctl", "daemon-reload"), timeout=PATIENCE, mutates=True))


def _unit(folder: Path, number: int, kind: str, content: str) -> None:
    replace(folder / f"mailtui-revert-{number}.{kind}", content.encode(), mode=0o644)


def _quoted(word: str) -> str:
    """A word of a command line in a unit, as systemd.service(5) reads it."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


def _told(runner: Runner, *argv: str) -> None:
    result = runner.run(Command(argv, timeout=PATIENCE, mutates=True))
    if result.code != 0:
        raise _failed(result.complaint)


def _failed(why: str) -> Failed:
    return Failed(
        f"Taking it back cannot be scheduled: {visible(why)}",
        hint="apply without --confirm-within, and keep `mailtui rollback` at hand",
    )
