"""Which services run: by program file and owner, whatever a process calls itself."""

import os
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from backends.services import PROGRAMS, Process, services, states

REAL = {
    "postfix": Process("master", "/usr/lib/postfix/sbin/master", "/usr/lib/postfix/sbin/master -w", 0),
    "gld": Process("gld", "/usr/sbin/gld", "/usr/sbin/gld", 65534),
    "amavis": Process("/usr/sbin/amavi", "/usr/bin/perl", "/usr/sbin/amavisd-new (master)", 112),
    "clamd": Process("clamd", "/usr/sbin/clamd", "/usr/sbin/clamd --foreground=true", 111),
    "dovecot": Process("dovecot", "/usr/sbin/dovecot", "/usr/sbin/dovecot -F", 0),
    "mariadb": Process("mariadbd", "/usr/sbin/mariadbd", "/usr/sbin/mariadbd", 113),
}
NAMES = [program.name for program in PROGRAMS]


def nothing(_: str) -> bool:
    return False


def state(
    name: str,
    *processes: Process,
    exists: Callable[[str], bool] = nothing,
    at_work: Callable[[str], bool] = nothing,
    hidden: bool = False,
) -> str:
    found = {one.name: one.state for one in states(processes, exists=exists, at_work=at_work, hidden=hidden)}
    assert list(found) == NAMES
    return found[name]


def test_the_order_is_that_of_the_stack() -> None:
    assert NAMES == ["postfix", "gld", "amavis", "clamd", "dovecot", "mariadb"]


@pytest.mark.parametrize("name", NAMES)
def test_a_service_runs(name: str) -> None:
    assert state(name, REAL[name]) == "running"
    others = [process for other, process in REAL.items() if other != name]
    assert state(name, *others) == "absent"


@pytest.mark.parametrize("name", NAMES)
def test_where_program_files_may_not_be_read_the_owner_counts(name: str) -> None:
    real = REAL[name]
    assert state(name, Process(real.name, None, real.command, real.uid)) == "running"
    assert state(name, Process(real.name, None, real.command, 1000)) == "absent"


@pytest.mark.parametrize("name", NAMES)
def test_a_user_that_calls_its_process_so_is_not_believed(name: str) -> None:
    real = REAL[name]
    assert state(name, Process(real.name, "/home/eve/clamd", real.command, 1000)) == "absent"
    assert state(name, Process(real.name, "/home/eve/clamd", real.command, 33)) == "absent"
    assert state(name, Process(real.name, real.exe, real.command, 1000)) == "absent"


@pytest.mark.parametrize("name", NAMES)
def test_a_service_whose_first_process_is_stopped_by_a_signal_is_halted(name: str) -> None:
    real = REAL[name]
    first, child = (
        Process(real.name, real.exe, real.command, real.uid, started, halted=halted)
        for started, halted in ((5.0, True), (9.0, False))
    )
    assert state(name, child, first) == "halted"
    assert state(name, child) == "running"


def test_any_perl_is_not_amavis() -> None:
    assert (
        state("amavis", Process("perl", "/usr/bin/perl", "/usr/bin/perl -T /usr/sbin/other", 0)) == "absent"
    )
    assert state("amavis", Process("perl", "/usr/bin/perl5.36.0", "amavisd (master)", 112)) == "running"
    assert state("amavis", Process("perl", "/tmp/perl", "/usr/sbin/amavisd-new (master)", 112)) == "absent"


def test_a_program_replaced_by_an_upgrade_still_runs() -> None:
    assert state("clamd", Process("clamd", "/usr/sbin/clamd (deleted)", "/usr/sbin/clamd", 111)) == "running"


@pytest.mark.parametrize("name", NAMES)
def test_installed_and_not_running_is_stopped(name: str) -> None:
    program = next(program for program in PROGRAMS if program.name == name)
    assert state(name, exists=program.files[0].__eq__) == "stopped"
    assert state(name, exists=f"/lib/systemd/system/{program.units[0]}.service".__eq__) == "stopped"
    assert state(name, exists=f"/etc/init.d/{program.units[-1]}".__eq__) == "stopped"


def test_hidden_processes_are_not_taken_for_stopped() -> None:
    def there(_: str) -> bool:
        return True

    assert state("clamd", exists=there, hidden=True) == "unknown"
    assert state("clamd", exists=there, hidden=True, at_work="clamav-daemon".__eq__) == "running"
    assert state("clamd", hidden=True) == "absent"


@pytest.fixture
def impostor(tmp_path: Path) -> Path:
    """A program called clamd that is none."""
    program = tmp_path / "clamd"
    shutil.copy(shutil.which("sleep") or "/bin/sleep", program)
    return program


def test_an_impostor_on_this_machine(impostor: Path) -> None:
    before = {one.name: one.state for one in services()}
    with subprocess.Popen(["/usr/sbin/clamd", "60"], executable=impostor) as process:
        try:
            deadline = time.monotonic() + 10
            while psutil.Process(process.pid).name() != "clamd" and time.monotonic() < deadline:
                time.sleep(0.01)
            assert psutil.Process(process.pid).name() == "clamd"
            assert {one.name: one.state for one in services()} == before
        finally:
            process.kill()


def test_processes_that_vanish_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    class Gone:
        pid = 2**22 + 1

        def name(self) -> str:
            return "clamd"

        def status(self) -> str:
            return "running"

        def uids(self) -> None:
            raise psutil.NoSuchProcess(self.pid)

    class Locked(Gone):
        def name(self) -> str:
            raise psutil.AccessDenied(self.pid)

    class Odd(Gone):
        def name(self) -> str:
            raise ValueError("not a number")

    monkeypatch.setattr(psutil, "process_iter", lambda: iter([Gone(), Locked(), Odd()]))
    assert [one.name for one in services()] == NAMES
    assert "running" not in {one.state for one in services()}


def test_a_zombie_does_not_run(impostor: Path) -> None:
    process = subprocess.Popen([impostor, "0"])
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    try:
        assert [one.name for one in services()] == NAMES
    finally:
        process.wait()
