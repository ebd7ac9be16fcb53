"""A change that takes itself back unless somebody confirms it, also when the session that made it has died."""

import sys

from backends.errors import Failed
from backends.runner import Command, Runner
from backends.text import visible

PROGRAM = (sys.executable, "-P", "-m", "mailtui")


def schedule(runner: Runner, number: int, seconds: float, *, systemd: bool) -> None:
    """Have the change taken back in so many seconds: by a transient systemd timer, or by a process of its own.

    :raises Failed: it cannot be scheduled.
    """
    back = (*PROGRAM, "rollback", str(number), "--unless-confirmed")
    argv: tuple[str, ...] = ("setsid", "--fork", *back, f"--after={seconds:.0f}")
    if systemd:
        argv = (
            *("systemd-run", "--quiet", "--collect", f"--unit={unit_of(number)}"),
            *(f"--on-active={seconds:.0f}s", "--timer-property=AccuracySec=1s", *back),
        )
    result = runner.run(Command(argv, mutates=True))
    if result.code != 0:
        raise Failed(
            f"Taking it back cannot be scheduled: {visible(result.complaint)}",
            hint="apply without --confirm-within, and keep `mailtui rollback` at hand",
        )


def unschedule(runner: Runner, number: int, *, systemd: bool) -> None:
    """It is not taken back any more; a process that still waits finds that out by itself."""
    if systemd:
        units = (f"{unit_of(number)}.timer", f"{unit_of(number)}.service")
        runner.run(Command(("systemctl", "stop", *units), mutates=True))


def unit_of(number: int) -> str:
    """The name of the transient unit."""
    return f"mailtui-revert-{number}"
