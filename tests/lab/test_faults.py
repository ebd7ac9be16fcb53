"""What can go wrong with `mailtui --apply`, on real machines: refused with a sentence, or taken back, or gone on with."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.lab.apply import PYTHON, TEST, machine_with, mailtui, ok, tree
from tests.lab.image import bare, stack
from tests.lab.install import install
from tests.lab.machine import Machine
from tests.lab.process import ENVIRONMENT, wait_until

# Applies settings, and dies like a machine without power when it is told the step of that number.
KILLED = """
import json, os, signal, sys
from backends.apply.adapter import LocalConfig
from backends.apply.told import Take
from backends.runner import LocalRunner
left = int(sys.argv[2])
def step(_told):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)
class Unverified(LocalConfig):
    def _verifier(self, values):
        return None
Unverified(LocalRunner(), step=step).apply(Take.NEITHER, step, settings=json.loads(sys.argv[1]))
print("all steps:", int(sys.argv[2]) - left)
"""


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine brought to the reference."""
    with machine_with(release, stack(release)) as machine:
        ok(machine, "--apply", *TEST)
        yield machine


@pytest.fixture(scope="module")
def nothing(release: str) -> Iterator[Machine]:
    """A bare machine whose name has no domain."""
    with machine_with(release, bare(release)) as machine:
        machine.path("/etc/hosts").write_text("127.0.0.1 localhost\n")
        yield machine


def refused(machine: Machine, *words: str, code: int, says: str) -> None:
    """It leaves with this code and says that, and the configuration is as it was."""
    before = tree(machine, "/etc")
    done = mailtui(machine, "--apply", *words)
    assert done.returncode == code, (done.stdout, done.stderr)
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert tree(machine, "/etc") == before


def changed(machine: Machine, settings: dict[str, str], killed: int = 0) -> int:
    """Apply settings, unverified; killed behind a step, or to the end: gives the number of steps."""
    argv = [PYTHON, "-c", KILLED, json.dumps(settings), str(killed)]
    done = machine.run(argv, check=False, timeout=180)
    assert (done.returncode == 0) == (killed == 0), (killed, done.stdout, done.stderr)
    return 0 if killed else int(done.stdout.split()[-1])


@pytest.mark.parametrize(
    ("settings", "last"),
    [({"postmaster": "bob"}, 99), ({"filter": "post-queue"}, 5)],
    ids=["files", "services"],
)
def test_killed_behind_any_step_it_goes_on_and_back(
    server: Machine, settings: dict[str, str], last: int
) -> None:
    """Of a change for which services start again, the last steps."""
    if server.run(["id", "bob"], check=False).returncode:
        server.run(["useradd", "--create-home", "bob"])
    before = tree(server, "/etc")
    steps = changed(server, settings)
    after = tree(server, "/etc")
    ok(server, "rollback", "--yes")
    assert tree(server, "/etc") == before
    assert after != before
    assert steps > 10
    for number in range(max(1, steps - last), steps + 1):
        changed(server, settings, number)
        changed(server, settings)
        assert tree(server, "/etc") == after, number
        assert mailtui(server, "--apply", "--check").returncode == 0, number
        ok(server, "rollback", "--yes")
        assert tree(server, "/etc") == before, number
    assert "checks are fine" in ok(server, "--apply", "--verify-only")


def test_killed_before_it_could_be_confirmed_it_is_taken_back(server: Machine) -> None:
    before = tree(server, "/etc")
    argv = server.argv(["mailtui", "--apply", "--yes", "--filter", "post-queue", "--confirm-within", "20s"])
    with subprocess.Popen(argv, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if " s  restart amavis" in line:
                server.run(["pkill", "-KILL", "-f", "mailtui --apply --yes --filter"])
                break
        run.wait(60)
    assert tree(server, "/etc") != before
    waiting = server.path("/var/lib/mailtui/apply/unconfirmed.json")
    wait_until("it to be taken back", lambda: not waiting.exists(), timeout=120, every=0.5)
    units = server.path("/etc/systemd/system")
    wait_until("its timer to go", lambda: not list(units.glob("mailtui-revert-*")), timeout=20, every=0.5)
    assert tree(server, "/etc") == before
    wait_until("the lock", lambda: mailtui(server, "confirm").returncode == 0, timeout=20, every=0.5)
    assert mailtui(server, "--apply", "--check").returncode == 0


def test_interrupted_it_brings_all_back(server: Machine) -> None:
    before = tree(server, "/etc")
    argv = server.argv(["mailtui", "--apply", "--yes", "--filter", "post-queue"])
    with subprocess.Popen(argv, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for line in run.stdout:
            if " s  restart amavis" in line:
                server.run(["pkill", "-INT", "-f", "mailtui --apply --yes --filter"])
                break
        told = run.stdout.read()
        assert run.wait(120) == 130
    assert "interrupted; bringing all files back" in told
    assert tree(server, "/etc") == before
    assert mailtui(server, "--apply", "--check").returncode == 0


def test_a_session_that_dies_is_no_reason_to_stop(server: Machine) -> None:
    argv = server.argv(["mailtui", "--apply", "--yes", "--filter", "post-queue"])
    with subprocess.Popen(argv, env=ENVIRONMENT, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        assert any("checking what is staged" in line for line in run.stdout)
        run.stdout.close()
        server.run(["pkill", "-HUP", "-f", "mailtui --apply --yes --filter"])
        run.wait(120)
    assert server.run(["postconf", "-h", "content_filter"]).stdout == "scan:[127.0.0.1]:10024\n"
    assert mailtui(server, "--apply", "--check").returncode == 0
    ok(server, "rollback", "--yes")


def test_two_at_once(server: Machine) -> None:
    argv = server.argv(["mailtui", "--apply", "--yes", "--filter", "post-queue"])
    with subprocess.Popen(argv, env=ENVIRONMENT, stdout=subprocess.DEVNULL) as first:
        lock = server.path("/var/lib/mailtui/apply/lock")
        wait_until("the lock", lambda: _is_locked(lock))
        for words in (("--apply", "--yes", "--filter", "post-queue"), ("rollback", "1", "--yes")):
            second = mailtui(server, *words)
            assert second.returncode == 5, second.stderr
            assert "Another mailtui" in second.stderr
        assert first.wait(120) == 0
    ok(server, "rollback", "--yes")


def _is_locked(path: Path) -> bool:
    """Whether somebody holds a lock on the file; taking it to find out would keep others from it."""
    try:
        inode = path.stat().st_ino
    except FileNotFoundError:
        return False
    return f":{inode} " in Path("/proc/locks").read_text(encoding="ascii")


def test_a_full_disk_and_a_read_only_one(server: Machine) -> None:
    other = ("--yes", "--filter", "post-queue")
    server.run(["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", "/mnt"])
    server.run(["cp", "-a", "/etc/postfix/.", "/mnt/"])
    server.run(["dd", "if=/dev/zero", "of=/mnt/full", "bs=1k"], check=False)
    server.run(["mount", "--bind", "/mnt", "/etc/postfix"])
    refused(server, *other, code=1, says="No room left for /etc/postfix/")
    server.run(["umount", "--lazy", "/etc/postfix", "/mnt"])
    server.run(["mount", "--bind", "/etc", "/etc"])
    server.run(["mount", "-o", "remount,bind,ro", "/etc"])
    refused(server, *other, code=3, says="read-only")
    server.run(["umount", "--lazy", "/etc"])
    assert mailtui(server, "--apply", "--check").returncode == 0


def test_a_link_where_a_file_should_be(server: Machine) -> None:
    server.run(["mv", "/etc/maildroprc", "/etc/maildroprc.real"])
    server.run(["ln", "-s", "/etc/shadow", "/etc/maildroprc"])
    refused(server, "--yes", code=5, says="/etc/maildroprc is a symbolic link")
    server.run(["mv", "/etc/maildroprc.real", "/etc/maildroprc"])
    assert mailtui(server, "--apply", "--check").returncode == 0


def test_a_hand_broken_main_cf(server: Machine) -> None:
    path = server.path("/etc/postfix/main.cf")
    good = path.read_bytes()
    path.write_bytes(good + b"smtpd_hello_required = yes\n")
    refused(server, "--yes", "--filter", "post-queue", code=1, says="unused parameter: smtpd_hello_required")
    path.write_bytes(good)


def test_the_database_down_or_with_another_password(server: Machine) -> None:
    server.run(
        ["systemctl", "stop", "mariadb.socket", "mariadb"], check=False
    )  # Debian 13 has no such socket
    server.run(["systemctl", "stop", "mariadb"])
    assert mailtui(server, "--apply", "--check").returncode == 4
    assert "start mariadb" in ok(server, "--apply", "--yes")
    server.run(["mariadb"], stdin="ALTER USER gld@localhost IDENTIFIED BY 'another'")
    check = mailtui(server, "--apply", "--check")
    assert check.returncode == 4
    assert "does not let gld in" in check.stdout
    ok(server, "--apply", "--yes")
    assert "checks are fine" in ok(server, "--apply", "--verify-only")


def test_a_database_with_other_tables(server: Machine) -> None:
    site = server.path("/etc/mailtui/site.toml")
    good = site.read_bytes()
    server.run(["mariadb"], stdin="CREATE DATABASE shop; CREATE TABLE shop.greylist (price INT)")
    site.write_bytes(good + b'\n[greylist]\ndatabase = "shop"\n')
    refused(server, "--yes", code=5, says="The table shop.greylist is not gld's")
    site.write_bytes(good)
    assert server.run(["mariadb"], stdin="SHOW TABLES IN shop").stdout == "Tables_in_shop\ngreylist\n"


def test_a_port_that_another_program_has(server: Machine) -> None:
    before = tree(server, "/etc")
    server.run(["postfix", "stop"])
    wait_until("a free port", lambda: ":10025" not in server.run(["ss", "-ltn"]).stdout)
    script = (
        "import socket, time\n"
        "s = socket.create_server(('127.0.0.1', 10025))\n"
        "while True: s.accept()[0].sendall(b'220 mail.example.test Exim\\r\\n')"
    )
    server.run(["systemd-run", "--unit=blocker", "python3", "-c", script])
    wait_until("a blocked port", lambda: ":10025" in server.run(["ss", "-ltn"]).stdout)
    done = mailtui(server, "--apply", "--yes", "--filter", "post-queue")
    server.run(["systemctl", "stop", "blocker"])
    assert done.returncode == 1
    assert "postfix cannot have 127.0.0.1:10025: another program answers there: 220" in done.stderr
    assert "all files are as they were before" in done.stderr
    assert tree(server, "/etc") == before
    ok(server, "--apply", "--yes")
    assert "checks are fine" in ok(server, "--apply", "--verify-only")


def test_what_does_not_pass_verification_is_taken_back(server: Machine) -> None:
    before = tree(server, "/etc")
    site = server.path("/etc/mailtui/site.toml")
    good = site.read_text()
    site.write_text(good + '\n[postfix.main]\nmailbox_command = "/bin/false"\n')
    done = mailtui(server, "--apply", "--yes")
    assert done.returncode == 1, done.stdout
    assert "Verification failed" in done.stderr
    assert server.run(["postconf", "-h", "mailbox_command"]).stdout == "/usr/bin/maildrop -d ${USER}\n"
    site.write_text(good)
    assert tree(server, "/etc") == before


def test_another_mail_server_is_not_removed(nothing: Machine) -> None:
    nothing.run(["apt-get", "install", "-y", "-q", "--no-install-recommends", "exim4-daemon-light"])
    refused(nothing, *TEST, code=5, says="Installing would remove exim4")
    state = nothing.run(["dpkg-query", "-W", "-f", "${db:Status-Abbrev}", "postfix"], check=False).stdout
    assert not state.startswith("ii")
    nothing.run(["apt-get", "purge", "-y", "-q", "exim4-daemon-light", "exim4-base", "exim4-config"])


def test_another_system_is_left_alone(nothing: Machine) -> None:
    path = nothing.path("/usr/lib/os-release")
    good = path.read_bytes()
    path.write_bytes(good.replace(b"VERSION_CODENAME=", b"VERSION_CODENAME=x"))
    refused(nothing, *TEST, code=3, says="not Debian 12 (bookworm) or 13 (trixie); nothing was touched")
    path.write_bytes(good)


def test_a_postmaster_who_is_not_there(nothing: Machine) -> None:
    refused(nothing, *TEST, "--postmaster", "mallory", code=3, says="There is no user mallory")
    assert not nothing.path("/var/lib/postfix").exists()


def test_not_root(nothing: Machine) -> None:
    done = nothing.run(["mailtui", "--apply", *TEST], check=False, user="alice")
    assert (done.returncode, done.stdout) == (3, "")
    assert "sudo mailtui --apply" in done.stderr


def test_apt_failing_midway_and_then_going_on(nothing: Machine) -> None:
    """The host's name has no domain, too: amavis, started while it is installed, would make apt fail."""
    hook = nothing.path("/etc/apt/apt.conf.d/99broken")
    hook.write_text('DPkg::Post-Invoke {"/bin/false";};\n')
    done = mailtui(nothing, "--apply", *TEST)
    assert done.returncode == 1, done.stderr
    assert "apt failed" in done.stderr
    assert "dpkg --configure -a" in done.stderr
    assert not nothing.path("/usr/sbin/policy-rc.d").exists()
    assert not nothing.path("/etc/mailtui/site.toml").exists()
    hook.unlink()
    assert "✖" not in ok(nothing, "--apply", *TEST)
    assert "." not in nothing.run(["hostname", "-f"], check=False).stdout


def test_dpkg_killed_midway_and_then_going_on(release: str) -> None:
    with machine_with(release, bare(release)) as machine:
        argv = machine.argv(["mailtui", "--apply", *TEST])
        with subprocess.Popen(
            argv, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        ) as first:
            wait_until("Dovecot's files", machine.path("/etc/dovecot/dovecot.conf").exists, timeout=120)
            machine.run(["pkill", "-KILL", "-x", "dpkg"])
            assert first.stderr is not None
            said = first.stderr.read()
            assert first.wait(60) == 1
        assert "apt failed" in said
        assert "dpkg --configure -a" in said
        assert "✖" not in ok(machine, "--apply", *TEST)


def test_without_systemd_and_with_a_policy_that_denies(release: str) -> None:
    with Machine(release, bare(release), systemd=False) as machine:
        install(machine)
        machine.run(["useradd", "--create-home", "alice"])
        policy = machine.path("/usr/sbin/policy-rc.d").read_text()
        told = ok(machine, "--apply", *TEST)
        assert "✖" not in told, told
        assert machine.path("/usr/sbin/policy-rc.d").read_text() == policy
        assert "mailtui cleanup" in machine.path("/etc/cron.d/mailtui-cleanup").read_text()
        assert not machine.path("/etc/systemd/system/mailtui-cleanup.timer").exists()
        assert "mailtui health --record" in machine.path("/etc/cron.d/mailtui-health").read_text()
        assert not machine.path("/etc/systemd/system/mailtui-health.timer").exists()
        assert "✖" not in mailtui(machine, "health").stdout
        machine.run(["service", "clamav-daemon", "stop"], timeout=60)
        assert "✖ clamd does not run" in mailtui(machine, "health").stdout
        assert "✖" not in ok(machine, "--apply", "--yes")
        assert "nothing was changed" in ok(machine, "--apply", "--yes")
        before = tree(machine, "/etc")
        ok(machine, "--apply", "--yes", "--filter", "post-queue", "--confirm-within", "4s")
        assert tree(machine, "/etc") != before
        waiting = machine.path("/var/lib/mailtui/apply/unconfirmed.json")
        wait_until("it to be taken back", lambda: not waiting.exists(), timeout=90, every=0.5)
        assert tree(machine, "/etc") == before
        wait_until("the lock", lambda: mailtui(machine, "confirm").returncode == 0, timeout=20, every=0.5)
        assert "checks are fine" in ok(machine, "--apply", "--verify-only")
