"""`mailtui --apply` on real machines: from nothing, again, changed here, in conflict, brought back, confirmed or not."""

import json
import time
from collections.abc import Iterator

import pytest

from backends.apply.confirm import SERVICE
from tests.lab.apply import SITE, TEST, drift, machine_with, mailtui, ok, pids, tree
from tests.lab.image import bare
from tests.lab.machine import Machine
from tests.lab.process import wait_until

STATE = "/var/lib/mailtui"
CONFIG = ("/etc",)


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A bare machine; each test goes on where the one before it has ended."""
    with machine_with(release, bare(release)) as machine:
        yield machine


@pytest.fixture(scope="module")
def packaged(server: Machine) -> dict[str, object]:
    """How the configuration is with the packages installed and nothing applied; filled by the test that installs."""
    return {}


def active(machine: Machine) -> dict[str, str]:
    units = (
        "mariadb",
        "gld",
        "clamav-daemon",
        "amavis",
        "dovecot",
        "postfix",
        "mailtui-cleanup.timer",
        "mailtui-health.timer",
    )
    return {unit: machine.run(["systemctl", "is-active", unit], check=False).stdout.strip() for unit in units}


def test_looking_at_a_bare_machine_writes_nothing(server: Machine) -> None:
    before = tree(server, "/etc", "/var/lib")
    done = mailtui(server, "--apply", "--check", "--diff", *SITE)
    assert done.returncode == 4, done.stderr
    assert "mariadb-server" in done.stdout
    assert '+domain = "example.test"' in done.stdout
    assert mailtui(server, "--apply", "--check").returncode == 2  # no site yet
    site = 'domain = "example.test"\nhostname = "mail.example.test"\npostmaster = "alice"\n'
    server.path("/root/mine.toml").write_text(site)
    given = mailtui(server, "--apply", "--check", "--diff", "--site", "/root/mine.toml")
    assert given.returncode == 4
    assert '+postmaster = "alice"' in given.stdout
    assert mailtui(server, "--apply", "--check", "--site", "/root/not-there").returncode == 3
    assert tree(server, "/etc", "/var/lib") == before
    assert not server.path(STATE).exists()
    assert not server.path("/etc/postfix").exists()


def test_without_signatures_it_stops_and_says_what_that_means(
    server: Machine, packaged: dict[str, object]
) -> None:
    done = mailtui(server, "--apply", *SITE)
    assert done.returncode == 3, (done.stdout, done.stderr)
    assert "There are no virus signatures" in done.stderr
    assert "all mail would be deferred" in done.stderr
    assert "--test-signature" in done.stderr
    assert not server.path("/etc/mailtui/site.toml").exists()
    assert not server.path("/usr/sbin/policy-rc.d").exists()
    assert "SQLPASSWD=gld\n" in server.path("/etc/gld.conf").read_text()
    packaged["tree"] = tree(server, *CONFIG)
    packaged["history"] = mailtui(server, "history").stdout
    assert packaged["history"] == ""


def test_applied_and_verified_by_real_mail(server: Machine) -> None:
    told = ok(server, "--apply", *TEST)
    assert "replacing" in told
    assert "✖" not in told
    assert "Traceback" not in told
    for check in ("a clean message arrives", "spam is delivered and tagged", "a virus is refused"):
        assert f"● {check}: " in told, told
    assert set(active(server).values()) == {"active"}
    assert server.run(["stat", "-c", "%a %U %G", "/etc/gld.conf"]).stdout == "640 root postfix-gld\n"
    assert server.run(["stat", "-c", "%a %U", "/etc/mailtui/greylist.password"]).stdout == "600 root\n"


def test_the_password_is_told_to_nobody(server: Machine) -> None:
    password = server.path("/etc/mailtui/greylist.password").read_text().strip()
    assert len(password) > 20
    told = ok(server, "rollback", "--diff") + ok(server, "--apply", "--check", "--diff")
    assert password not in told
    assert password not in server.run(["journalctl", "--no-pager"]).stdout
    others = server.run(
        ["find", "/etc", "/var/lib", "/var/log", "-xdev", "-type", "f", "-perm", "/o+r", "-print0"]
    ).stdout
    for name in filter(None, others.split("\0")):
        assert password.encode() not in server.path(name).read_bytes(), name


def test_a_second_run_changes_and_restarts_nothing(server: Machine) -> None:
    dump = ["mariadb-dump", "--skip-dump-date", "gld"]
    before = tree(server, "/etc", STATE), pids(server), server.run(dump).stdout
    assert "nothing was changed, nothing was restarted" in ok(server, "--apply", *TEST)
    check = ok(server, "--apply", "--check")
    assert "nothing would change" in check
    assert "▲ clamd knows the EICAR test file alone" in check
    found = drift(server)
    assert (found["code"], found["in_sync"]) == (0, True)
    assert (tree(server, "/etc", STATE), pids(server), server.run(dump).stdout) == before


def test_what_was_changed_here_stays(server: Machine) -> None:
    server.run(["postconf", "-e", "message_size_limit=12345678", "smtpd_helo_required=no"])
    user = server.path("/etc/amavis/conf.d/50-user")
    user.write_text(user.read_text().replace("use strict;\n", "use strict;\n# ours\n", 1))
    found = drift(server)
    assert (found["code"], found["in_sync"]) == (0, True)
    files = {one["path"]: one for part in found["drift"]["components"] for one in part["files"]}
    assert files["/etc/postfix/main.cf"]["kept"] == ["smtpd_helo_required"]
    assert files["/etc/amavis/conf.d/50-user"]["state"] == "changed here"
    ok(server, "--apply", "--yes")
    kept = server.run(["postconf", "-h", "message_size_limit", "smtpd_helo_required"]).stdout
    assert kept == "12345678\nno\n"
    assert "# ours" in user.read_text()


def test_what_the_site_decides_wins_and_is_shown(server: Machine) -> None:
    site = server.path("/etc/mailtui/site.toml")
    site.write_text(site.read_text() + '\n[postfix.main]\nsmtpd_helo_required = "yes"\nmaxproc = "x"\n')
    bad = mailtui(server, "--apply", "--yes")
    assert bad.returncode == 1
    assert "unused parameter: maxproc" in bad.stderr
    site.write_text(site.read_text().replace('maxproc = "x"\n', 'recipient_delimiter = "-"\n'))
    assert "site.toml decides" in mailtui(server, "--apply", "--check").stdout
    ok(server, "--apply", "--yes")
    assert server.run(["postconf", "-h", "smtpd_helo_required"]).stdout == "yes\n"
    assert server.run(["postconf", "-h", "recipient_delimiter"]).stdout == "-\n"
    site.write_text(site.read_text().partition("\n[postfix.main]")[0] + "\n")
    ok(server, "--apply", "--yes")
    assert server.run(["postconf", "-h", "recipient_delimiter"]).stdout == "+\n"


def test_a_conflict_is_shown_and_refused_until_somebody_decides(server: Machine) -> None:
    server.run(["postconf", "-e", "proxy_interfaces=203.0.113.1"])
    moved = ("--public-ip", "203.0.113.178")
    before = tree(server, *CONFIG)
    check = mailtui(server, "--apply", "--check", "--diff", *moved)
    assert check.returncode == 5
    assert "CONFLICT  /etc/postfix/main.cf" in check.stdout
    assert "-proxy_interfaces = 203.0.113.1" in check.stdout
    assert "+proxy_interfaces = 203.0.113.178" in check.stdout
    refused = mailtui(server, "--apply", "--yes", *moved)
    assert refused.returncode == 5
    assert "--take mine or --take reference" in refused.stderr
    assert tree(server, *CONFIG) == before
    ok(server, "--apply", "--yes", "--take", "mine", *moved)
    assert server.run(["postconf", "-h", "proxy_interfaces"]).stdout == "203.0.113.1\n"
    assert "203\\.0\\.113\\.178" in server.path("/etc/postfix/helo_regexp").read_text()
    ok(server, "--apply", "--yes", "--take", "reference", "--public-ip", "203.0.113.177")
    assert server.run(["postconf", "-h", "proxy_interfaces"]).stdout == "203.0.113.177\n"


def test_a_rollback_can_be_taken_back(server: Machine) -> None:
    before = tree(server, *CONFIG)
    ok(server, "--apply", "--yes", "--filter", "post-queue")
    after = tree(server, *CONFIG)
    assert after != before
    latest = json.loads(ok(server, "history", "--json").splitlines()[0])
    assert "/etc/postfix/master.cf" in latest["files"]
    assert "content_filter" in ok(server, "rollback", "--diff")
    assert "at checkpoint" in ok(server, "rollback", "--yes")
    assert tree(server, *CONFIG) == before
    ok(server, "rollback", "--yes")
    assert tree(server, *CONFIG) == after
    ok(server, "rollback", "--yes")
    assert set(active(server).values()) == {"active"}


def test_without_a_terminal_nothing_is_done_without_yes(server: Machine) -> None:
    before = tree(server, *CONFIG)
    for words in (("--apply", "--filter", "post-queue"), ("rollback", "1")):
        done = mailtui(server, *words)
        assert done.returncode == 5
        assert "no terminal to ask at" in done.stderr
    assert mailtui(server, "rollback", "999", "--yes").returncode == 3
    assert tree(server, *CONFIG) == before


def test_it_is_taken_back_unless_confirmed(server: Machine) -> None:
    before = tree(server, *CONFIG)
    told = ok(server, "--apply", "--yes", "--filter", "post-queue", "--confirm-within", "10s")
    assert "mailtui confirm" in told
    assert tree(server, *CONFIG) != before
    assert "unless `mailtui confirm` is given" in mailtui(server, "--apply", "--check").stdout
    refused = mailtui(server, "--apply", "--yes", "--public-ip", "203.0.113.178")
    assert refused.returncode == 5
    assert "mailtui confirm keeps it" in refused.stderr
    waiting = server.path(f"{STATE}/apply/unconfirmed.json")
    wait_until("it to be taken back", lambda: not waiting.exists(), timeout=60, every=0.5)
    units = server.path("/etc/systemd/system")
    wait_until("its timer to go", lambda: not list(units.glob("mailtui-revert-*")), timeout=20, every=0.5)
    assert tree(server, *CONFIG) == before
    assert "not confirmed: rollback to" in ok(server, "history")
    wait_until("the lock", lambda: mailtui(server, "confirm").returncode == 0, timeout=20, every=0.5)
    ok(server, "--apply", "--yes", "--filter", "post-queue", "--confirm-within", "6s")
    assert "Kept" in ok(server, "confirm")
    after = tree(server, *CONFIG)
    assert after != before
    time.sleep(8)
    assert tree(server, *CONFIG) == after
    ok(server, "rollback", "--yes")


def test_where_the_machine_was_down_meanwhile_it_is_taken_back_as_it_comes_up(server: Machine) -> None:
    before = tree(server, *CONFIG)
    ok(server, "--apply", "--yes", "--filter", "post-queue", "--confirm-within", "8s")
    timer = server.run(
        ["systemctl", "list-unit-files", "--no-legend", "mailtui-revert-*.timer"]
    ).stdout.split()
    assert timer[1] == "enabled"
    server.run(["systemctl", "stop", timer[0]])
    time.sleep(9)
    assert tree(server, *CONFIG) != before
    server.run(["systemctl", "start", timer[0]])
    units = server.path("/etc/systemd/system")
    wait_until("it to be taken back", lambda: not list(units.glob("mailtui-revert-*")), timeout=60, every=0.5)
    assert tree(server, *CONFIG) == before


def test_what_is_confirmed_just_as_its_time_comes_leaves_no_failed_unit(server: Machine) -> None:
    name = "mailtui-revert-99.service"
    unit = server.path(f"/etc/systemd/system/{name}")
    script = f"systemctl start --no-block {name}; rm /etc/systemd/system/{name}; systemctl daemon-reload"
    states = set()
    for _ in range(10):
        unit.write_text(SERVICE.format(command="/usr/bin/sleep 60"))
        server.run(["systemctl", "daemon-reload"])
        server.run(["sh", "-c", f"systemctl daemon-reload & {script}; wait"])
        states.add(
            server.run(["systemctl", "show", "--property=ActiveState", "--value", name]).stdout.strip()
        )
        server.run(["systemctl", "stop", name], check=False)
    assert "activating" not in states


def test_where_its_time_passed_unseen_the_next_run_takes_it_back(server: Machine) -> None:
    before = tree(server, *CONFIG)
    told = ok(server, "--apply", "--yes", "--filter", "post-queue", "--confirm-within", "8s")
    assert "mailtui confirm" in told
    server.run(["systemctl", "stop", "mailtui-revert-*.timer"])
    time.sleep(9)
    assert tree(server, *CONFIG) != before
    assert mailtui(server, "--apply", "--check").returncode == 4
    assert "was not confirmed in time" in ok(server, "--apply", "--yes")
    assert tree(server, *CONFIG) == before
    assert "in sync" in ok(server, "--apply", "--check").lower()


def test_a_service_that_does_not_come_back_is_said(server: Machine) -> None:
    ok(server, "--apply", "--yes", "--filter", "post-queue")
    folder = server.path("/etc/systemd/system/amavis.service.d")
    folder.mkdir()
    (folder / "broken.conf").write_text("[Service]\nExecStartPre=/bin/false\n")
    server.run(["systemctl", "daemon-reload"])
    done = mailtui(server, "rollback", "--yes")
    assert done.returncode == 1
    assert "▲ restart amavis failed" in done.stdout
    (folder / "broken.conf").unlink()
    folder.rmdir()
    server.run(["systemctl", "daemon-reload"])
    assert "start amavis" in ok(server, "--apply", "--yes")


def test_brought_back_to_how_the_packages_were(server: Machine, packaged: dict[str, object]) -> None:
    done = mailtui(server, "rollback", "1", "--yes")
    assert done.returncode == 1
    assert "▲ clamav-daemon does not answer" in done.stdout  # it has no signatures, as before
    before = packaged["tree"]
    assert isinstance(before, dict)
    now = tree(server, *CONFIG)
    ours = {"/etc/mailtui/greylist.password"}
    services = {path for path in now if "/systemd/system/" in path and ".wants/" in path}
    differing = {path for path in now.keys() | before.keys() if now.get(path) != before.get(path)}
    built = {"/etc/group", "/etc/gshadow", "/etc/group-", "/etc/gshadow-"}  # clamav is in amavis's group
    assert differing - ours - services - built == set()
    failed = server.run(["systemctl", "--failed", "--no-legend"]).stdout
    assert failed == "", server.run(["journalctl", "--no-pager", "--unit=mailtui-*"]).stdout
