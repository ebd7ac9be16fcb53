"""What to do about what a program said: a command each time, as the init system of the machine has it."""

import re
from typing import NamedTuple

from backends.maillog.files import LOG
from backends.reference.values import Filter

_FULL = re.compile(r"no space left|insufficient system storage|disk quota|queue_minfree", re.IGNORECASE)
_SCANNERS = re.compile(r"virus_scan|virus scanner|clamd", re.IGNORECASE)
_WRITE = re.compile(r"queue file write error")
_AMAVIS = re.compile(r":10024|Error in processing|amavis|\bproxy\b", re.IGNORECASE)
_MAILBOX = re.compile(r"maildrop|Maildir|mailbox|Command output", re.IGNORECASE)
_BUSY = re.compile(r"too many connections|too much load|connection limit", re.IGNORECASE)
_UNKNOWN = re.compile(r"user unknown|unknown user", re.IGNORECASE)


class Advice(NamedTuple):
    """Of one machine: whether it has systemd, how its mail is filtered, and who gets the postmaster's mail."""

    systemd: bool
    filter: Filter
    user: str

    def start(self, name: str) -> str:
        """The command that starts a service."""
        return f"systemctl restart {name}" if self.systemd else f"service {name} restart"

    def log(self, name: str) -> str:
        """The command that shows what a service said last."""
        return f"journalctl -u {name} -n 20" if self.systemd else f"grep {name} {LOG} | tail -n 20"

    def about(self, name: str) -> str:
        """Start it, and look."""
        return f"{self.start(name)}; see what it says: {self.log(name)}"

    @property
    def mail_log(self) -> str:
        """The command that shows what became of mail."""
        return "journalctl -t postfix/local -t amavis -n 40" if self.systemd else f"tail -n 40 {LOG}"

    def on(self, said: str) -> str:
        """What to do where mail was refused or waits with this reason."""
        amavis = self.about("amavis")
        write = "df -h /var/spool/postfix; postfix check" if self.filter == "post-queue" else amavis
        rules = (
            (_FULL, "free space: df -h /var/spool/postfix /var/lib/amavis /home, and df -i for inodes"),
            (_BUSY, "run it again when fewer clients are connected: ss -tn sport = :25"),
            (_SCANNERS, self.about("clamav-daemon")),
            (_WRITE, write),
            (_AMAVIS, amavis),
            (_UNKNOWN, f"postmaster must lead to {self.user}: postalias -q postmaster hash:/etc/aliases"),
            (_MAILBOX, f"ls -la ~{self.user}/Maildir; df -h ~{self.user}; see /etc/maildroprc"),
        )
        return next(
            (hint for pattern, hint in rules if pattern.search(said)), f"see why with: {self.mail_log}"
        )
