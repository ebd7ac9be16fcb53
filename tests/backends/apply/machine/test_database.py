"""gld's database on a real MariaDB: made, made again, with a wrong password, beside other tables, without a server."""

from collections.abc import Iterator

import pytest

from backends.apply.machine.database import GreylistDatabase
from backends.errors import Failed, NotAnswering, Refused
from backends.reference.manifest import load
from backends.runner import LocalRunner
from backends.site.settings import GreylistSettings
from tests.support.mariadb import PrivateMariaDB, why_not

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not() or "runs")
PASSWORD = 'it\'s \\a "pass"; #word'
(SPEC,) = [base for one in load("bookworm") for base in one.databases]


@pytest.fixture(scope="module")
def server() -> Iterator[PrivateMariaDB]:
    with PrivateMariaDB() as server:
        yield server


@pytest.fixture
def runner() -> Iterator[LocalRunner]:
    runner = LocalRunner()
    yield runner
    runner.close()


@pytest.fixture(autouse=True)
def _nothing_there(server: PrivateMariaDB) -> None:
    server.client("DROP DATABASE IF EXISTS gld; DROP USER IF EXISTS gld@localhost")


def database(server: PrivateMariaDB, runner: LocalRunner, **settings: object) -> GreylistDatabase:
    wanted = GreylistSettings(**settings)  # type: ignore[arg-type]
    words = () if wanted.host != "localhost" else (f"--socket={server.socket}",)
    return GreylistDatabase(runner, wanted, SPEC, client=("mariadb", *words))


def test_made_once_and_needed_no_more(server: PrivateMariaDB, runner: LocalRunner) -> None:
    base = database(server, runner)
    need = base.need(PASSWORD)
    assert need.database == ("the table gld.greylist is missing", "the table gld.whitelist is missing")
    assert "does not let gld in" in need.login
    base.make(PASSWORD)
    assert base.need(PASSWORD) == ((), "")
    base.make(PASSWORD)
    assert base.need(PASSWORD) == ((), "")
    assert base.need("another").login
    created = server.client("SHOW CREATE TABLE gld.greylist").stdout
    assert "latin1" in created
    assert "InnoDB" in created
    granted = server.client("SHOW GRANTS FOR gld@localhost").stdout
    assert "GRANT SELECT, INSERT, UPDATE, DELETE ON `gld`.* TO" in granted
    assert "ALL PRIVILEGES" not in granted


def test_rows_stay_when_it_is_made_again(server: PrivateMariaDB, runner: LocalRunner) -> None:
    base = database(server, runner)
    base.make(PASSWORD)
    server.client("INSERT INTO gld.greylist VALUES ('192.0.2.1', 'a@example.org', 'b@example.test', 1, 2, 3)")
    base.make("changed")
    assert server.client("SELECT COUNT(*) FROM gld.greylist").stdout == "1\n"
    assert base.need("changed") == ((), "")


def test_tables_of_somebody_else_are_left_alone(server: PrivateMariaDB, runner: LocalRunner) -> None:
    server.client("CREATE DATABASE gld; CREATE TABLE gld.other (a int); CREATE TABLE gld.greylist (mine int)")
    base = database(server, runner)
    for act in (lambda: base.need(PASSWORD), lambda: base.make(PASSWORD)):
        with pytest.raises(Refused, match=r"gld\.greylist is not gld's.*mine") as raised:
            act()
        assert "another database" in raised.value.hint
    assert server.client("SHOW TABLES FROM gld").stdout.split() == ["greylist", "other"]
    server.client("DROP TABLE gld.greylist")
    base.make(PASSWORD)
    assert server.client("SHOW TABLES FROM gld").stdout.split() == ["greylist", "other", "whitelist"]


def test_another_machine_is_asked_over_tcp_and_never_changed(
    server: PrivateMariaDB, runner: LocalRunner
) -> None:
    there = database(server, runner, host="127.0.0.1", port=server.port)
    with pytest.raises(Failed, match="does not let gld in"):
        there.need(PASSWORD)
    with pytest.raises(Refused, match="not made from here"):
        there.make(PASSWORD)
    database(server, runner).make(PASSWORD)
    assert there.need(PASSWORD) == ((), "")


def test_no_server(server: PrivateMariaDB, runner: LocalRunner) -> None:
    missing = GreylistDatabase(
        runner, GreylistSettings(), SPEC, client=("mariadb", f"--socket={server.folder}/none")
    )
    with pytest.raises(NotAnswering, match="does not answer"):
        missing.need(PASSWORD)


def test_no_password_is_told_to_anybody(server: PrivateMariaDB, runner: LocalRunner) -> None:
    base = database(server, runner)
    base.make("Tr0ub4dor")
    base.need("Tr0ub4dor")
    with pytest.raises(Refused, match="no name for a database"):
        GreylistDatabase(runner, GreylistSettings(database="a; DROP"), SPEC)
    entries = runner.journal.entries()
    assert len(entries) >= 3
    assert all("Tr0ub4dor" not in f"{entry.command} {entry.said}" for entry in entries)
