"""A private Postfix: its own configuration, queue and port under a temporary folder; the machine's is not touched."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import smtplib
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

MASTER_TEMPLATE = Path("/etc/postfix/master.cf.proto")
NAME = "mail.example.test"
SENDER = "ann@example.org"

REASONS = {
    "timeout.example": "4.4.1 connect to mx.timeout.example[198.51.100.7]:25: Connection timed out",
    "greylist.example": "4.2.0 host mx.greylist.example[203.0.113.9] said: 450 4.2.0 Greylisted, try again",
    "full.example": "4.2.2 mailbox full",
}
"""Recipient domains whose mail is deferred at once, with the text it is deferred with."""

MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/spool
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
myhostname = {name}
mydestination =
smtpd_reject_unlisted_recipient = no
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
syslog_name = {syslog}
smtpd_recipient_restrictions = check_recipient_access inline:{{ {{held.example=HOLD}} }}, permit_mynetworks, reject
fast_flush_domains = refused.example
transport_maps = inline:{{ {transports} }}
default_transport = discard:
in_flow_delay = 0
{extra}
"""


def why_not() -> str | None:
    """Why no private Postfix can be run here, or None if one can."""
    if os.geteuid() != 0:
        return "a private Postfix needs root"
    if shutil.which("postfix") is None or shutil.which("smtp-source") is None or not MASTER_TEMPLATE.exists():
        return "a private Postfix needs the package postfix"
    return None


class PrivatePostfix:
    """A Postfix that runs while the `with` block does.

    Mail to refused.example and to the domains of `REASONS` is deferred, to held.example put on hold, to
    slow.example stays active (with `sink=True`), to quick.example delivered to a sink (likewise); all other mail
    is discarded, which the log calls sent.
    """

    def __init__(self, *, extra: str = "", sink: bool = False, spool: Path | None = None) -> None:
        self._extra, self._sink, self._given_spool = extra, sink, spool
        self._started: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        self.folder = Path(tempfile.mkdtemp(prefix="mailtui-postfix-"))
        try:
            self._prepare()
            self.start()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leave()

    @property
    def config_dir(self) -> str:
        return str(self.folder / "etc")

    @property
    def queue_directory(self) -> Path:
        return self._given_spool or self.folder / "spool"

    @property
    def log(self) -> str:
        """The mail log so far."""
        return (self.folder / "log").read_text(errors="replace") if (self.folder / "log").exists() else ""

    def command(
        self, *argv: str, stdin: bytes = b"", check: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[bytes]:
        """Run one of Postfix's commands on this instance."""
        return subprocess.run(
            [argv[0], "-c", self.config_dir, *argv[1:]],
            input=stdin,
            capture_output=True,
            check=check,
            timeout=timeout,
        )

    def start(self) -> None:
        self.command("postfix", "start")

    def stop(self) -> None:
        """Stop it, and make sure that it is gone."""
        pid = self._master()
        if pid is None:
            return
        self.command("postfix", "stop", check=False)
        if self._master() is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)
        wait_until("end of Postfix", lambda: not _group(pid))

    def processes(self, name: str) -> list[int]:
        """The process IDs of one of its daemons, such as showq."""
        master = self._master()
        return [pid for pid in _group(master) if _name(pid) == name] if master else []

    @contextlib.contextmanager
    def hung(self, name: str) -> Iterator[None]:
        """Meanwhile those of its daemons that run, one at least, are stopped in their tracks."""
        wait_until(f"a {name}", lambda: bool(self.processes(name)))
        stopped = self.processes(name)
        for pid in stopped:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in stopped:
                os.kill(pid, signal.SIGCONT)

    def fill(
        self, recipient: str, count: int = 1, *, sender: str = SENDER, length: int = 400, recipients: int = 1
    ) -> None:
        """Send messages with smtp-source(1), and return when all are accepted."""
        many = ["-s", str(min(count, 20)), "-m", str(count), "-l", str(length), "-r", str(recipients)]
        subprocess.run(
            ["smtp-source", *many, "-f", sender, "-t", recipient, f"127.0.0.1:{self.port}"],
            check=True,
            capture_output=True,
            timeout=300,
        )

    def send(self, message: bytes, recipients: Sequence[str], *, sender: str = SENDER) -> None:
        """Send this very message; its lines end with CRLF or LF."""
        with smtplib.SMTP("127.0.0.1", self.port, timeout=60) as client:
            client.sendmail(sender, recipients, message)

    def listing(self) -> list[dict[str, Any]]:
        """What `postqueue -j` says now."""
        return [json.loads(line) for line in self.command("postqueue", "-j").stdout.splitlines()]

    def ids(self, queue: str | None = None) -> list[str]:
        """The IDs of all messages, or of those in one queue."""
        return [m["queue_id"] for m in self.listing() if queue in {None, m["queue_name"]}]

    def deferred(self, count: int = 1, domain: str = "refused.example", **more: Any) -> list[str]:
        """Send messages that end up deferred, and give their IDs."""
        return self._arrived("deferred", f"bob@{domain}", count, more)

    def held(self, count: int = 1, **more: Any) -> list[str]:
        """Send messages that are put on hold, and give their IDs."""
        return self._arrived("hold", "bob@held.example", count, more)

    def active(self, count: int = 1, **more: Any) -> list[str]:
        """Send messages whose delivery does not come to its end, and give their IDs."""
        return self._arrived("active", "bob@slow.example", count, more)

    def clone(self, queue_id: str, count: int) -> list[str]:
        """Copies of a message on hold, quicker than sending them; their IDs are such as Postfix makes."""
        hold = self.queue_directory / "hold"
        owner = (hold / queue_id).stat()
        content, found = (hold / queue_id).read_bytes(), []
        for number in range(count):
            with tempfile.NamedTemporaryFile(dir=hold, delete=False) as file:
                file.write(content)
                os.fchmod(file.fileno(), 0o700)
                os.fchown(file.fileno(), owner.st_uid, owner.st_gid)
                found.append(f"{number % 1_000_000:05X}{os.fstat(file.fileno()).st_ino:X}")
            Path(file.name).rename(hold / found[-1])
        return found

    def file(self, queue_id: str) -> Path:
        """Where a message's file is now."""
        return next(
            path
            for queue in ("hold", "incoming", "active", "deferred")
            for path in (self.queue_directory / queue).rglob(queue_id)
        )

    def empty(self) -> None:
        """Remove all mail, and mailtui's trash."""
        self.command("postsuper", "-d", "ALL")
        self.command("postsuper", "-d", "ALL", "maildrop")
        wait_until("an empty queue", lambda: not self.listing())
        shutil.rmtree(self.queue_directory / "mailtui-trash", ignore_errors=True)

    def _prepare(self) -> None:
        self.folder.chmod(0o755)
        for name in ("etc", "data") + (() if self._given_spool else ("spool",)):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        self.port, closed, self.slow_port, self.quick_port = _free_ports(4)
        transports = {domain: f"retry:{reason}" for domain, reason in REASONS.items()} | {
            "refused.example": f"smtp:[127.0.0.1]:{closed}",
            "slow.example": f"smtp:[127.0.0.1]:{self.slow_port}",
            "quick.example": f"smtp:[127.0.0.1]:{self.quick_port}",
        }
        main = MAIN.format(
            folder=self.folder,
            name=NAME,
            syslog=self.folder.name,
            transports=", ".join(f"{{{domain} = {to}}}" for domain, to in transports.items()),
            extra=self._extra,
        )
        if self._given_spool:
            main = main.replace(f"{self.folder}/spool", str(self._given_spool))
        (self.folder / "etc/main.cf").write_text(main)
        (self.folder / "etc/master.cf").write_text(_master_cf(self.port))
        (self.folder / "etc/dynamicmaps.cf").write_text("")
        if self._sink:
            self._start(
                ["smtp-sink", "-u", "postfix", "-w", "3600", f"127.0.0.1:{self.slow_port}", "100"],
                self.slow_port,
            )
            self._start(
                ["smtp-sink", "-u", "postfix", f"127.0.0.1:{self.quick_port}", "100"], self.quick_port
            )

    def _start(self, argv: Sequence[str], port: int) -> None:
        self._started.append(subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        wait_until(f"{argv[0]} to listen", lambda: _listens(port))

    def _leave(self) -> None:
        try:
            self.stop()
        finally:
            for process in self._started:
                process.kill()
                process.wait()
            shutil.rmtree(self.folder)

    def _master(self) -> int | None:
        """The process ID of this instance's master(8), if it runs."""
        if self.command("postfix", "status", check=False).returncode != 0:
            return None
        return int((self.queue_directory / "pid/master.pid").read_text())

    def _arrived(self, queue: str, recipient: str, count: int, more: dict[str, Any]) -> list[str]:
        before = set(self.ids())
        self.fill(recipient, count, **more)
        found: list[str] = []

        def there() -> bool:
            found[:] = [queue_id for queue_id in self.ids(queue) if queue_id not in before]
            return len(found) == count

        wait_until(f"{count} messages in {queue}", there, timeout=120)
        return found


def mail_owner() -> int:
    return pwd.getpwnam("postfix").pw_uid


def wait_until(what: str, true: Callable[[], bool], *, timeout: float = 30) -> None:
    deadline = time.monotonic() + timeout
    while not true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {timeout:g} s for {what}")
        time.sleep(0.05)


def _master_cf(port: int) -> str:
    """Debian's services without chroot, and one SMTP server on our port."""
    lines = []
    for line in MASTER_TEMPLATE.read_text().splitlines():
        fields = line.split()
        if line[:1] not in {"", "#", " ", "\t"}:
            fields[4] = "n"
            if fields[0] == "smtp" and fields[1] == "inet":
                fields[0] = f"127.0.0.1:{port}"
            if fields[0] == "pickup":
                fields[5] = "1"  # seconds until it looks for mail again
            line = " ".join(fields)  # noqa: PLW2901 - the line as this instance needs it
        lines.append(line)
    return "\n".join(lines) + "\n"


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _group(leader: int) -> list[int]:
    """Processes of a process group that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            fields = stat.read_text().rpartition(")")[2].split()
            if int(fields[2]) == leader and fields[0] != "Z":
                found.append(int(stat.parent.name))
    return found
