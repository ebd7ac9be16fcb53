"""Starting programs of the host so that none outlives this one."""

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LC_ALL": "C.UTF-8",
    "TERM": "dumb",
}


class LabError(Exception):
    """The lab itself failed; the text says what was tried and what came out."""


def run(
    argv: Sequence[str],
    *,
    stdin: bytes | str | None = None,
    check: bool = True,
    timeout: float = 60,
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end. Bytes that are no UTF-8 come back as surrogates; without `stdin` it reads nothing.

    :raises LabError: it failed and `check` is set.
    :raises subprocess.TimeoutExpired: it took more than `timeout` seconds and was killed.
    """
    done = subprocess.run(
        list(argv),
        input=stdin.decode(errors="surrogateescape") if isinstance(stdin, bytes) else stdin or "",
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        timeout=timeout,
        env=ENVIRONMENT,
        check=False,
    )
    if check and done.returncode:
        raise LabError(f"{' '.join(argv)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done


def start(argv: Sequence[str], *, output: Path | None = None) -> subprocess.Popen[bytes]:
    """Start a program that the kernel kills when the calling thread of this process ends, however it ends."""
    with (output or Path(os.devnull)).open("ab") as sink:
        return subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", *argv],
            stdin=subprocess.PIPE,
            stdout=sink,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=ENVIRONMENT,
        )


def wait_until(what: str, true: Callable[[], bool], *, timeout: float = 30, every: float = 0.02) -> None:
    """Ask `true` until it says so.

    :raises LabError: it did not within `timeout` seconds; `what` names what was waited for.
    """
    end = time.monotonic() + timeout
    while not true():
        if time.monotonic() > end:
            raise LabError(f"waited {timeout:g} s in vain: {what}")
        time.sleep(every)
