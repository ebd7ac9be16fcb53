"""A machine: an image started by systemd-nspawn, and beside it the outside world it talks to."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Sequence
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from tests.lab import cgroup, network
from tests.lab.cache import RUNNING, cache_folder, locked
from tests.lab.image import POSTFIX, RELEASES, Flavour, image
from tests.lab.process import ENVIRONMENT, LabError, run, start, wait_until

TOOLS = ("debootstrap", "systemd-nspawn", "ip", "unshare", "nsenter", "setpriv")

# Both worlds hang on a shell or pause that is process 1 of a process namespace: with it, everything in it goes.
WORLD = (
    "unshare",
    "--mount",
    "--net",
    "--uts",
    "--pid",
    "--mount-proc",
    "--fork",
    "--kill-child",
    "sh",
    "-ec",
)

# The machine's root is the image with a layer of its own on top ("volatile": nobody waits for this disk), or a
# copy where the file system cannot do that. The line read from standard input says that the network is there.
BOOT = """\
mount -t overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work,volatile" lab "$2/root" 2> /dev/null ||
    cp -a --reflink=auto "$1/." "$2/root/"
root=$2/root
shift 2
for group; do
    echo 0 > "$group/cgroup.procs"
done
read go
export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1
systemd-nspawn --quiet --boot --directory="$root" --machine=mail --register=no --keep-unit --link-journal=no \
    --network-namespace-path=/proc/self/ns/net --resolv-conf=off --timezone=off < /dev/null
"""

# Without an init system the machine is a folder with a process 1 that does nothing; its log has a socket.
PLAIN = (
    BOOT.partition("export SYSTEMD_NSPAWN")[0]
    + """\
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/run"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
printf '#!/bin/sh\\nexit 101\\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
hostname mail
exec chroot "$root" sleep infinity < /dev/null
"""
)

# The outside world sees the image, read-only, with the few harmless devices that debootstrap made in it.
PAUSE = """\
mount --rbind "$1" "$1" && cd "$1" && mount -o remount,bind,ro "$1" "$1"
mount -t proc proc "$1/proc"
mount -t tmpfs tmpfs "$1/run"
mount -t tmpfs tmpfs "$1/tmp"
exec chroot "$1" sleep infinity
"""

_numbers = count(1)


def why_not() -> str | None:
    """Why no machine can be started here, or None if one can."""
    if os.geteuid() != 0:
        return "the lab needs root"
    missing = [tool for tool in TOOLS if shutil.which(tool, path=ENVIRONMENT["PATH"]) is None]
    if missing:
        return f"the lab needs {', '.join(missing)}"
    if run(["unshare", "--mount", "--net", "--pid", "--fork", "true"], check=False).returncode:
        return "the lab needs the right to make namespaces"
    return None


class Machine:
    """A Debian machine that runs while the `with` block does.

    Inside is `mail.example.test`; outside are the sites of `network.SITES`. Without `systemd` it is like an image in
    which nothing runs, and whose policy-rc.d denies packages to start anything.
    """

    def __init__(self, release: str, flavour: Flavour = POSTFIX, *, systemd: bool = True) -> None:
        self.release = RELEASES[release]
        self._flavour, self._systemd = flavour, systemd
        self._lock: IO[str] | None = None
        self._folder = Path()
        self._nspawn: subprocess.Popen[bytes] | None = None
        self._outside: subprocess.Popen[bytes] | None = None
        self._servers: list[subprocess.Popen[bytes]] = []
        self.leader = 0
        """Process 1 of the machine, as the host numbers it."""

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()

    @property
    def console(self) -> str:
        """What systemd printed on the machine's console."""
        return (self._folder / "console").read_text(errors="replace")

    @property
    def outside_pid(self) -> int:
        """Process 1 of the outside world, as the host numbers it."""
        assert self._outside is not None
        return _children(self._outside.pid)[0]

    def path(self, inside: str) -> Path:
        """Where the host finds the machine's file `inside`, links on the way not followed."""
        return Path(f"/proc/{self.leader}/root") / inside.lstrip("/")

    def argv(self, argv: Sequence[str], *, user: str | None = None) -> list[str]:
        """The host's command for running `argv` inside, as root or as `user`."""
        become = ["runuser", "-u", user, "--"] if user else []
        return ["nsenter", "--all", "--target", str(self.leader), "--root", "--wd", "--", *become, *argv]

    def run(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | str | None = None,
        check: bool = True,
        user: str | None = None,
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program inside to its end; for errors see `process.run`."""
        return run(self.argv(argv, user=user), stdin=stdin, check=check, timeout=timeout)

    def outside(
        self,
        argv: Sequence[str],
        *,
        stdin: bytes | str | None = None,
        check: bool = True,
        timeout: float = 60,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the outside world to its end; for errors see `process.run`."""
        return run(self._outside_argv(argv), stdin=stdin, check=check, timeout=timeout)

    def start_outside(self, argv: Sequence[str]) -> subprocess.Popen[bytes]:
        """Start a program of the outside world that runs until it or the machine ends."""
        process = start(self._outside_argv(argv))
        self._servers.append(process)
        return process

    def copy_in(self, source: Path, inside: str) -> None:
        """Copy a file or folder of the host to the new path `inside`; root owns it."""
        target = self.path(inside)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True)
        else:
            shutil.copy2(source, target)

    def _start(self) -> None:
        base = image(self.release, self._flavour)
        self._claim_folder()
        for name in ("upper", "work", "root"):
            (self._folder / name).mkdir()
        console = self._folder / "console"
        self._outside = start([*WORLD, PAUSE, "sh", str(base)], output=console)
        groups = [str(group) for group in cgroup.make(_group(self._folder))]
        script = BOOT if self._systemd else PLAIN
        self._nspawn = start([*WORLD, script, "sh", str(base), str(self._folder), *groups], output=console)
        nspawn, outside = self._nspawn, self._outside
        wait_until("the two worlds", lambda: bool(_children(nspawn.pid)) and _is_pausing(outside.pid))
        network.connect(machine=_children(nspawn.pid)[0], outside=self.outside_pid)
        self.outside(["tee", network.DNSMASQ_CONFIG], stdin=network.dns_config())
        self._servers = [start(self._outside_argv(argv)) for argv in network.servers()]
        assert nspawn.stdin is not None
        nspawn.stdin.write(b"go\n")
        nspawn.stdin.close()
        if not self._systemd:
            wait_until("process 1", self._find_sleeper)
            return
        wait_until("systemd as process 1", self._find_leader)
        wait_until(f"boot of {self.release.name}", self._is_up, timeout=120, every=0.05)

    def _claim_folder(self) -> None:
        """Take a new folder for this machine, and remove those whose owner died without doing so."""
        instances = cache_folder() / RUNNING
        instances.mkdir(parents=True, exist_ok=True)
        with locked(instances.with_name(f"{RUNNING}.lock")):
            for folder in instances.iterdir():
                _remove_if_abandoned(folder)
            self._folder = instances / f"{self.release.name}-{os.getpid()}-{next(_numbers)}"
            self._folder.mkdir()
            self._lock = (self._folder / "lock").open("w")
            fcntl.flock(self._lock, fcntl.LOCK_EX)

    def _find_leader(self) -> bool:
        assert self._nspawn is not None
        if self._nspawn.poll() is not None:
            raise LabError(f"systemd-nspawn ended:\n{self.console}")
        for shell in _children(self._nspawn.pid):
            for nspawn in _children(shell):
                for child in _children(nspawn):
                    if _namespace_pids(child)[2:] == [1]:
                        self.leader = child
        return self.leader != 0

    def _find_sleeper(self) -> bool:
        assert self._nspawn is not None
        for child in _children(self._nspawn.pid):
            if Path(f"/proc/{child}/comm").read_text() == "sleep\n":
                self.leader = child
        return self.leader != 0

    def _is_up(self) -> bool:
        try:
            state = self.run(["systemctl", "is-system-running"], check=False).stdout.strip()
        except subprocess.TimeoutExpired:
            return False
        return state in {"running", "degraded"}

    def _outside_argv(self, argv: Sequence[str]) -> list[str]:
        return ["nsenter", "--all", "--target", str(self.outside_pid), "--root", "--wd", "--", *argv]

    def _stop(self) -> None:
        leader = Path(f"/proc/{self.leader}") if self.leader else None
        for process in (self._nspawn, self._outside, *self._servers):
            if process is not None:
                process.kill()
                process.wait()
                if process.stdin is not None:
                    process.stdin.close()
        if leader is not None:
            wait_until("end of the machine", lambda: not leader.exists())
        if self._lock is not None:
            cgroup.remove(_group(self._folder))
            shutil.rmtree(self._folder)
            self._lock.close()
        self.leader, self._lock, self._nspawn, self._outside, self._servers = 0, None, None, None, []


def _remove_if_abandoned(folder: Path) -> None:
    with (folder / "lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return
        cgroup.remove(_group(folder))
        shutil.rmtree(folder)


def _group(folder: Path) -> str:
    return f"mailtui-lab-{folder.name}"


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _namespace_pids(pid: int) -> list[int]:
    """The process's numbers in its process namespaces, outermost first (`NSpid` of proc(5))."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return []
    return [
        int(number)
        for line in status.splitlines()
        if line.startswith("NSpid:")
        for number in line.split()[1:]
    ]


def _is_pausing(pid: int) -> bool:
    return any(Path(f"/proc/{child}/comm").read_text() == "sleep\n" for child in _children(pid))
