"""Who is acting: the person behind sudo, and the address that their SSH session comes from."""

import os
import pwd
from collections.abc import Iterator, Mapping
from ipaddress import ip_address
from pathlib import Path

PROC = Path("/proc")
SESSIONS = Path("/run/systemd/sessions")
NOBODY = 0xFFFFFFFF  # a login that the kernel knows nothing of
HOPS = 32  # processes between this one and the session
LARGEST = 1 << 20  # bytes of another process's environment
_SSH = ("SSH_CONNECTION", "SSH_CLIENT")


def user(proc: Path = PROC) -> str:
    """The user behind sudo or su, or the one running this.

    Only of root the environment is believed; the user who logged in is known to the kernel.
    """
    own = os.geteuid()
    if own == 0 and (behind := os.environ.get("SUDO_USER")):
        return behind
    login = _login(proc)
    return _name(own if login is None else login)


def address(proc: Path = PROC) -> str:
    """Where the SSH session comes from; empty: from nowhere.

    logind(8) knows it from sshd. Where it does not, it is as the environment says, which is the user's own: sudo takes it
    out of ours, and then it is in that of a process above, which root may read.
    """
    if found := _session(proc):
        return found
    if found := _address(os.environ):
        return found
    for process in _above(proc):
        try:
            with (process / "environ").open("rb") as file:
                content = file.read(LARGEST)
        except OSError:
            return ""
        pairs = (item.partition(b"=") for item in content.split(b"\0"))
        if found := _address({os.fsdecode(name): os.fsdecode(value) for name, _, value in pairs}):
            return found
    return ""


def _session(proc: Path) -> str:
    """The address that logind keeps for the session of the kernel's audit."""
    try:
        number = int((proc / "self" / "sessionid").read_bytes())
        lines = (SESSIONS / str(number)).read_text(errors="replace").splitlines()
    except (OSError, ValueError):
        return ""
    values = dict(line.partition("=")[::2] for line in lines)
    return _address({_SSH[0]: values.get("REMOTE_HOST", "")}) if values.get("REMOTE") == "1" else ""


def _address(environment: Mapping[str, str]) -> str:
    for name in _SSH:
        first = environment.get(name, "").partition(" ")[0]
        try:
            return str(ip_address(first.partition("%")[0]))
        except ValueError:
            continue
    return ""


def _above(proc: Path) -> Iterator[Path]:
    """The processes above this one, the nearest first."""
    process = os.getppid()
    for _ in range(HOPS):
        if process <= 1:
            return
        yield proc / str(process)
        try:
            process = int((proc / str(process) / "stat").read_bytes().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return


def _login(proc: Path) -> int | None:
    """The user who logged in, as the kernel keeps it (pam_loginuid(8)); None: nobody did."""
    try:
        login = int((proc / "self" / "loginuid").read_bytes())
    except (OSError, ValueError):
        return None
    return None if login == NOBODY else login


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)
