"""Services started, stopped, reloaded and enabled: by systemd where it runs, else by init scripts."""

from pathlib import Path
from typing import Literal

from backends.errors import Failed
from backends.reference.manifest import Service
from backends.runner import Command, Runner
from backends.text import visible

SYSTEMD = Path("/run/systemd/system")
"""There when systemd is the init system (sd_booted(3))."""
PATIENCE = 120.0  # s; MariaDB's first start makes its tables, clamd reads a million signatures
Action = Literal["start", "stop", "reload", "restart"]


class Services:
    """The services of one machine. A policy-rc.d binds packages, not an administrator: neither way asks it."""

    def __init__(self, runner: Runner, *, systemd: bool | None = None) -> None:
        self._runner = runner
        self.systemd = SYSTEMD.is_dir() if systemd is None else systemd

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
            ("systemctl", "enable", service.name)
            if self.systemd
            else ("update-rc.d", service.init, "defaults")
        )
        self._run(argv, f"enable {service.name}", service)

    def _run(self, argv: tuple[str, ...], what: str, service: Service) -> None:
        result = self._runner.run(Command(argv, timeout=PATIENCE, mutates=True))
        if result.code != 0:
            look = (
                f"journalctl -u {service.name} -n 20"
                if self.systemd
                else "tail /var/log/syslog /var/log/mail.log"
            )
            raise Failed(f"{what} failed: {visible(result.complaint)}", hint=f"see why with: {look}")
