"""What is staged looked at inside real machines: the reference passes, what is broken is named, nothing is touched."""

import json
import re
from collections.abc import Iterator

import pytest

from backends.reference.manifest import load
from tests.lab.image import stack
from tests.lab.install import install
from tests.lab.machine import Machine
from tests.lab.stack import put_on, values

PYTHON = "/opt/mailtui/bin/python"
RUN = """
import json, sys
from backends.apply.check.staged import check_staged
from backends.reference.manifest import load
from backends.runner import LocalRunner
release, changed = json.load(sys.stdin)
maps = [table for one in load(release) for table in one.maps]
staged = {
    name: {path: text.encode("latin-1") for path, text in files.items()} for name, files in changed.items()
}
print(json.dumps(check_staged(LocalRunner(), staged, maps, domain="example.test")))
"""
CHECKS = ("amavis", "clamav", "dovecot", "gld", "postfix", "spamassassin")
USER = "/etc/amavis/conf.d/50-user"
LOCAL = "/etc/dovecot/local.conf"
BROKEN = [
    (
        "amavis",
        USER,
        "$max_servers",
        "$max_server",
        rf'Global symbol "\$max_server" requires .* at {USER} line',
    ),
    ("amavis", USER, "D_PASS", "D_PAS", f'Bareword "D_PAS" not allowed .* at {USER} line'),
    ("amavis", USER, "\n1;", "\nundef;", f"{USER} does not return a true value"),
    ("amavis", USER, "\n1;", "\n0;", f"{USER} does not return a true value"),
    (
        "amavis",
        USER,
        "'mail.example.test'",
        "'mail'",
        "myhostname is 'mail', amavis needs a name with a domain",
    ),
    ("amavis", USER, "\n1;", "\nexit 0;", "amavis ends while it reads its configuration"),
    ("amavis", USER, "$max_servers = 2;", "$max_servers = ;", f"syntax error at {USER} line"),
    (
        "spamassassin",
        "/etc/spamassassin/mailtui.cf",
        "bayes_auto_expire 0",
        "bayes_auto_expire = 0;",
        "invalid 'bayes_auto_expire' value in /etc/spamassassin/mailtui.cf .line 3.",
    ),
    (
        "dovecot",
        LOCAL,
        "protocols",
        "protocls",
        f"Fatal: Error in configuration file {LOCAL} line .*protocls",
    ),
    (
        "dovecot",
        LOCAL,
        "maildir_copy_with_hardlinks = yes",
        "service imap {",
        f"Missing '}}' .section started at {LOCAL}",
    ),
    ("dovecot", LOCAL, "ssl-cert-snakeoil.pem", "nope.pem", f"{LOCAL} line .*nope.pem.* No such file"),
    (
        "clamav",
        "/etc/clamav/freshclam.conf",
        "Checks 24",
        "Cheks 24",
        "Parse error at /etc/clamav/freshclam.conf:[0-9]+: Unknown option Cheks",
    ),
    ("gld", "/etc/gld.conf", "PORT=2525", "PORT = 2525", "/etc/gld.conf, line [0-9]+: not KEY=value"),
    (
        "postfix",
        "/etc/postfix/main.cf",
        "smtpd_helo_required",
        "smtpd_hello",
        "unused parameter: smtpd_hello",
    ),
]
Staged = dict[str, dict[str, str]]


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine with the reference on it, running, and mailtui installed."""
    with Machine(release, stack(release)) as machine:
        put_on(machine, values(machine))
        install(machine)
        yield machine


def staged(machine: Machine) -> Staged:
    """The files that are there, by check: the reference on top of the packaged ones."""
    changed: Staged = {name: {} for name in CHECKS}
    managed = [file for one in load(machine.release.codename) for file in one.files if file.check]
    paths = [(one.check, one.path) for one in managed]
    for name, path in [*paths, ("clamav", "/etc/clamav/freshclam.conf")]:
        if machine.path(path).exists():
            changed[name][path] = machine.path(path).read_bytes().decode("latin-1")
    assert all(changed.values()), changed.keys()
    return changed


def complaints(machine: Machine, changed: Staged) -> list[str]:
    """What the checks, run inside the machine, say."""
    asked = json.dumps([machine.release.codename, changed])
    return list(json.loads(machine.run([PYTHON, "-c", RUN], stdin=asked).stdout))


def traces(machine: Machine) -> str:
    """Who runs, and every file that a check could have left or touched."""
    daemons = "amavisd-new,dovecot,clamd,freshclam,gld,master,mariadbd"
    running = machine.run(["ps", "-o", "pid=,lstart=,args=", "-C", daemons]).stdout
    files = ["find", "/etc", "/root", "/tmp", "/var/lib", "/var/spool/postfix/maildrop", "-mindepth", "1"]
    others = ["/var/lib/mysql/*", "/var/lib/mailtui", "/var/lib/mailtui/health.*"]  # the timer's, each minute
    left_out = [word for path in others for word in ("-not", "-path", path)]
    return running + machine.run([*files, *left_out, "-printf", "%p %s %m %u %T@\\n"]).stdout


def test_the_reference_passes_and_nothing_is_disturbed(server: Machine) -> None:
    changed = staged(server)
    broken = json.loads(json.dumps(changed))
    for name, path, old, new, _named in BROKEN:
        broken[name][path] = broken[name][path].replace(old, new, 1)
    before = traces(server)
    assert before.count("amavisd-new") >= 3
    assert complaints(server, changed) == []
    assert len(complaints(server, broken)) >= len(CHECKS)
    assert traces(server) == before


@pytest.mark.parametrize(("name", "path", "old", "new", "named"), BROKEN)
def test_what_is_broken_is_named(
    server: Machine, name: str, path: str, old: str, new: str, named: str
) -> None:
    files = staged(server)[name]
    assert old in files[path]
    found = complaints(server, {name: files | {path: files[path].replace(old, new, 1)}})
    assert any(re.search(named, one) for one in found), found
    assert not any("/tmp/" in one for one in found), found


def test_a_file_that_is_not_there_yet_is_checked_and_not_made(server: Machine) -> None:
    changed = staged(server)
    server.path(LOCAL).rename(server.path(f"{LOCAL}.away"))
    try:
        assert complaints(server, {"dovecot": changed["dovecot"]}) == []
        assert not server.path(LOCAL).exists()
    finally:
        server.path(f"{LOCAL}.away").rename(server.path(LOCAL))
