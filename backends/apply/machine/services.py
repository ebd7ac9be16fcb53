"""Services started, stopped, reloaded and enabled: by systemd where it runs, else by init scripts."""

from pathlib import Path
from typing import Literal

from backends.errors import Failed
from backends.reference.manifest import Service
from backends.runner import Command, Runner
from backends.text import visible

SYSTEMD = Path("/run/systemd/system")
"""There when systemd is the init system (sd_booted(3))."""
PROC = Path("/proc")
PATIENCE = 120.0  # s; MariaDB's first start makes its tables, clamd reads a million signatures
Action = Literal["start", "stop", "reload", "restart"]


class Services:
    """The services of one machine. A policy-rc.d binds packages, not an administrator: neither way asks it."""

    def __init__(self, runner: Runner, *, systemd: bool | None = None) -> None:
        self._runner = runner
        self.systemd = SYSTEMD.is_dir() if systemd is None else systemd

    def running(self, service: Service) -> bool:
        """Whether it runs, as systemd says, or as its process shows."""
        if self.systemd:
            return self._runner.run(Command(("systemctl", "is-active", "--quiet", service.name))).code == 0
        return any(name == service.process for name in _processes())

    def act(self, action: Action, service: Service) -> None:
        """Start, stop, reload or restart it. That it then answers is for a probe to tell: exit codes of init scripts lie.

        :raises Failed: it was not done.
        """
        argv = ("systemctl", action, service.name) if self.systemd else ("service", service.init, action)
        self._run(argv, f"{action} {service.name}", service)

    def enable(self, service: Service) -> None:
        """Have it started when the machine starts.

        :raises Failed: it was not done.
        """
        argv = (
            ("systemctl", "enable", "--quiet", service.name)
            if self.systemd
            else ("update-rc.d", service.init, "defaults")
        )
        self._run(argv, f"enable {service.name}", service)

    def forgive(self, service: Service) -> None:
        """Let systemd start it again, however often that has failed just now."""
        if self.systemd:
            self._runner.run(Command(("systemctl", "reset-failed", service.name), mutates=True))

    def retire(self, service: Service) -> None:
        """Stop a unit that is about to go, and have it started no more; nothing without systemd.

        :raises Failed: it was not done.
        """
        if self.systemd:
            self._run(
                ("systemctl", "disable", "--quiet", "--now", service.name), f"stop {service.name}", service
            )

    def start_directly(self, service: Service) -> None:
        """Start it by its own command, past an init script that would not.

        :raises Failed: it was not done.
        """
        self._run(service.direct, f"start {service.name}", service)

    def read_units(self) -> None:
        """Have systemd read unit files that were changed.

        :raises Failed: it would not.
        """
        if self.systemd:
            result = self._runner.run(Command(("systemctl", "daemon-reload"), timeout=PATIENCE, mutates=True))
            if result.code != 0:
                raise Failed(
                    f"systemctl daemon-reload failed: {visible(result.complaint)}",
                    hint="see why with: journalctl -n 20",
                )

    def why(self, service: Service) -> str:
        """A command that shows why a service does not run."""
        return f"journalctl -u {service.name} -n 20" if self.systemd else "tail /var/log/syslog"

    def _run(self, argv: tuple[str, ...], what: str, service: Service) -> None:
        result = self._runner.run(Command(argv, timeout=PATIENCE, mutates=True))
        if result.code != 0:
            raise Failed(
                f"{what} failed: {visible(result.complaint)}", hint=f"see why with: {self.why(service)}"
            )


def _processes() -> list[str]:
    """The names of the processes that run here (the file comm of proc(5))."""
    names = []
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                names.append((folder / "comm").read_text().rstrip("\n"))
            except OSError:  # it has ended meanwhile
                continue
    return names
