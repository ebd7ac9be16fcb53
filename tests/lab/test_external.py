"""gld's database on another machine: asked over the network, never made from here."""

from collections.abc import Iterator

import pytest

from tests.lab.apply import TEST, machine_with, mailtui, ok, tree
from tests.lab.image import stack
from tests.lab.machine import Machine
from tests.lab.network import CLIENT, MACHINE
from tests.lab.process import wait_until

PASSWORD = "ex ter#nal;1"
SETUP = """\
mkdir /tmp/db
mariadb-install-db --no-defaults --user=root --skip-test-db --datadir=/tmp/db > /dev/null
"""
SERVER = (
    *("mariadbd", "--no-defaults", "--user=root", "--datadir=/tmp/db", "--socket=/tmp/db/sock"),
    *(f"--bind-address={CLIENT}", "--skip-name-resolve", "--pid-file=/tmp/db/pid"),
)


@pytest.fixture(scope="module")
def server(release: str) -> Iterator[Machine]:
    """A machine as packaged; outside there is a MariaDB without anything of gld's."""
    with machine_with(release, stack(release)) as machine:
        machine.outside(["sh", "-c", SETUP], timeout=120)
        machine.start_outside(SERVER)
        wait_until("MariaDB", lambda: asked(machine, "SELECT 1", check=False) == "1\n", timeout=60)
        machine.path("/etc/mailtui").mkdir()
        machine.path("/etc/mailtui/site.toml").write_text(f'[greylist]\nhost = "{CLIENT}"\n')
        yield machine


def asked(machine: Machine, statements: str, *, check: bool = True) -> str:
    argv = ["mariadb", "--no-defaults", "--socket=/tmp/db/sock", "--batch", "--skip-column-names"]
    return machine.outside(argv, stdin=statements, check=check).stdout


def test_what_is_missing_there_is_said_and_nothing_is_changed(server: Machine) -> None:
    before = tree(server, "/etc")
    done = mailtui(server, "--apply", *TEST)
    assert done.returncode == 3
    assert "write it into /etc/mailtui/greylist.password" in done.stderr
    password = server.path("/etc/mailtui/greylist.password")
    password.write_text(f"{PASSWORD}\n")
    password.chmod(0o600)
    done = mailtui(server, "--apply", *TEST)
    assert done.returncode == 1
    assert "does not let gld in" in done.stderr
    assert PASSWORD not in done.stdout + done.stderr
    asked(
        server,
        f"CREATE DATABASE gld CHARACTER SET latin1; CREATE USER gld@'{MACHINE}' IDENTIFIED BY '{PASSWORD}';"
        f"GRANT SELECT, INSERT, UPDATE, DELETE ON gld.* TO gld@'{MACHINE}'",
    )
    done = mailtui(server, "--apply", *TEST)
    assert done.returncode == 5
    assert f"The database on {CLIENT} is not made from here" in done.stderr
    after = tree(server, "/etc")
    del after["/etc/mailtui/greylist.password"]
    assert after == before


def test_it_is_as_good_as_the_local_one(server: Machine) -> None:
    schema = server.run(
        ["sh", "-c", "cat /opt/mailtui/lib/python3*/site-packages/backends/reference/gld/tables.sql"]
    )
    asked(server, f"USE gld;\n{schema.stdout}")
    server.run(["systemctl", "disable", "--now", "mariadb"])
    told = ok(server, "--apply", *TEST)
    assert "● gld decides on a sender" in told
    assert "mariadb" not in told
    assert asked(server, "SELECT sender FROM gld.greylist") == "mailtui-verify@example.test\n"
    assert "nothing was changed" in ok(server, "--apply", "--yes")
