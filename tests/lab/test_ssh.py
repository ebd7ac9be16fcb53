"""People who may look and nothing else, on each release: the packaged file for the real sshd, and what they try to get out."""

import json
import re
from collections.abc import Iterator, Sequence
from subprocess import CompletedProcess

import pytest

from tests.lab.image import POSTFIX, Flavour
from tests.lab.install import install
from tests.lab.machine import Machine
from tests.lab.mail import queue, send
from tests.lab.network import DEFERRING
from tests.lab.process import wait_until
from tests.support.terminal import Terminal, why_no_terminal

SSH = Flavour(
    name="ssh",
    packages=(*POSTFIX.packages, "openssh-server", "openssh-client", "amavisd-new"),
    debconf=POSTFIX.debconf,
    setup=POSTFIX.setup,
)
PYTHON = "/opt/mailtui/bin/python"
SPAM = "X-Quarantine-ID: <abc123DEF456>\nX-Envelope-To: <bob@example.test>\nSubject: spam\n\nBuy\n"
OPTIONS = ("-o", "BatchMode=yes", "-o", "StrictHostKeyChecking=no", "-o", "ConnectTimeout=10")
OUT = (
    "sh",
    "/bin/sh -c id",
    "queue list; id",
    "$(id)",
    "queue delete --all --yes",
    "--apply --yes",
    "av scan /etc/shadow",
)


@pytest.fixture(scope="module")
def watched(release: str) -> Iterator[Machine]:
    """A machine with the packaged file installed as it says, the user `watcher`, and mail in queue and quarantine."""
    with Machine(release, SSH) as machine:
        install(machine)
        where = "from backends.queue.acting.rights import SUDOERS; print(SUDOERS.with_name('mailwatch.conf'))"
        packaged = machine.run([PYTHON, "-c", where]).stdout.strip()
        rule = re.search(r"^#   (%mailwatch .*)$", machine.path(packaged).read_text(), re.MULTILINE)
        assert rule is not None
        sudoers = machine.path("/etc/sudoers.d/mailwatch")
        sudoers.write_text(f"{rule[1]}\n")
        sudoers.chmod(0o440)
        folder = machine.path("/var/lib/amavis/virusmails/a")
        folder.mkdir(exist_ok=True)
        (folder / "spam-abc123DEF456").write_text(SPAM)
        for argv in (
            ["visudo", "-c"],
            ["groupadd", "--system", "mailwatch"],
            [
                "useradd",
                "--create-home",
                "--shell",
                "/bin/bash",
                "--groups",
                "mailwatch,adm,amavis",
                "watcher",
            ],
            ["install", "-m", "0644", packaged, "/etc/ssh/sshd_config.d/mailwatch.conf"],
            ["sshd", "-t"],
            ["systemctl", "restart", "ssh"],
            [
                "sh",
                "-c",
                "umask 077; mkdir -p /root/.ssh; ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id_ed25519",
            ],
            ["install", "-d", "/home/watcher/.ssh"],
            ["install", "-m", "0644", "/root/.ssh/id_ed25519.pub", "/home/watcher/.ssh/authorized_keys"],
            ["chown", "-R", "watcher:", "/home/watcher/.ssh"],
            ["sh", "-c", "echo 'touch /tmp/rc-ran' > /home/watcher/.ssh/rc"],
            ["chown", "-R", "amavis:amavis", "/var/lib/amavis/virusmails"],
            ["sh", "-c", "chmod 640 /var/lib/amavis/virusmails/a/*; chmod 750 /var/lib/amavis/virusmails/a"],
        ):
            machine.run(argv)
        send(machine, "alice@example.test", f"user@{DEFERRING[0]}")
        wait_until("a deferred message", lambda: bool(queue(machine, "deferred")))
        yield machine


def _ssh(machine: Machine, *words: str, options: Sequence[str] = ()) -> CompletedProcess[str]:
    return machine.run(
        ["ssh", *OPTIONS, *options, "--", "watcher@127.0.0.1", *words], check=False, timeout=60
    )


def _json(machine: Machine, *words: str) -> list[dict[str, object]]:
    done = _ssh(machine, *words)
    assert done.returncode == 0, (done.stdout, done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_overview_the_queue_and_the_quarantine_are_read(watched: Machine) -> None:
    plain = _ssh(watched)
    assert plain.returncode == 0, plain.stderr
    assert "connect to *: Connection refused" in plain.stdout
    (row,) = _json(watched, "queue list --json")
    shown = _ssh(watched, f"mailtui queue show {row['queue_id']}")
    assert (shown.returncode, "alice@example.test" in shown.stdout) == (0, True), shown.stderr
    (kept,) = _json(watched, "quarantine list --json")
    assert "spam-abc123DEF456" in str(kept)
    assert "Buy" in _ssh(watched, "quarantine show abc123DEF456").stdout
    assert _ssh(watched, "maps --json").returncode == 0


@pytest.mark.parametrize("asked", OUT)
def test_nothing_else_is_to_be_had(watched: Machine, asked: str) -> None:
    done = _ssh(watched, asked)
    assert done.returncode in {2, 5}
    assert done.stdout == ""
    assert "uid=" not in done.stderr
    assert len(queue(watched, "deferred")) == 1


def test_what_else_ssh_can_do_it_cannot(watched: Machine) -> None:
    through = _ssh(watched, options=("-W", "127.0.0.1:25"))
    assert "220" not in through.stdout
    assert "prohibited" in through.stderr
    for argv in (
        ["scp", *OPTIONS, "watcher@127.0.0.1:/etc/passwd", "/tmp/got"],
        ["sftp", *OPTIONS, "watcher@127.0.0.1"],
    ):
        assert watched.run(argv, check=False, stdin="get /etc/passwd /tmp/got\n").returncode != 0
    assert not watched.path("/tmp/got").exists()
    for said in (
        "MAILTUI_DEBUG=1",
        "PYTHONPATH=/tmp",
        "MAILTUI_READ_ONLY=0",
        "LC_ALL=../../tmp/x",
        "PYTHONSTARTUP=/tmp/x",
    ):
        done = _ssh(watched, "queue delete --all --yes", options=("-o", f"SetEnv={said}"))
        assert done.returncode == 5, done.stderr
        assert "Traceback" not in done.stderr
    assert not watched.path("/tmp/rc-ran").exists()


@pytest.mark.skipif(why_no_terminal() is not None, reason="needs tmux")
def test_the_console_has_no_key_that_changes_anything_and_no_way_out(watched: Machine) -> None:
    argv = watched.argv(["ssh", "-tt", "-q", *OPTIONS, "watcher@127.0.0.1"])
    with Terminal(argv) as terminal:
        terminal.wait_for("READ-ONLY")
        terminal.keys("2")
        terminal.wait_for(DEFERRING[0])
        terminal.keys("x", "h", "E", "!", "C-z")
        terminal.keys("C-p")
        terminal.text("delete")
        terminal.wait_for("(?i)no match|nothing")
        terminal.keys("Escape")
        wait_until("the palette has gone", lambda: "delete" not in terminal.screen())
        terminal.keys("q")
        terminal.wait_for("LEFT-WITH 0")
    assert len(queue(watched, "deferred")) == 1


@pytest.mark.parametrize("term", ["../../../tmp/x", "x" * 4000, "dumb", "xterm\x1b[31m"])
def test_a_terminals_name_does_no_harm(watched: Machine, term: str) -> None:
    done = watched.run(
        ["env", f"TERM={term}", "ssh", "-tt", *OPTIONS, "--", "watcher@127.0.0.1", "--version"], check=False
    )
    assert "mailtui 0" in done.stdout
