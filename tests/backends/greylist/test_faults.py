"""What can go wrong with the database, on a real one: each is told with what to do, and never with the password."""

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from backends.errors import BackendError, Failed, Missing, NotAnswering, NotPermitted, Refused
from backends.greylist import connection
from backends.greylist.access import Access, Way, access_of
from backends.greylist.adapter import MariaGreylist
from backends.greylist.conf import GldConf
from backends.greylist.connection import Database
from backends.greylist.plan import Allow, Delete, Purge, Release
from backends.greylist.trash import Trash
from backends.greylist.values import Filter, Triplet
from backends.journal import Journal
from tests.backends.greylist.conftest import ROWS, Make
from tests.support.gld import PASSWORD, PrivateGld, make_database
from tests.support.mariadb import PrivateMariaDB

NOW = int(time.time())
WAITING = Triplet("192.0.2.9", "new@example.org", "bob@example.test", NOW, NOW, 1)


@pytest.fixture
def journal() -> Journal:
    return Journal()


def raised(adapter: MariaGreylist, kind: type[BackendError]) -> str:
    """What reading raises, text and hint."""
    with pytest.raises(kind) as error:
        adapter.page(Filter())
    said = f"{error.value} {error.value.hint} {error.value!r}"
    assert PASSWORD not in said
    assert error.value.hint
    return said


def test_a_wrong_password_and_no_settings(make: Make, tmp_path: Path) -> None:
    adapter = make(*ROWS)
    conf = tmp_path / "gld.conf"
    right = conf.read_text()
    conf.write_text(right.replace(PASSWORD, "wrong word"))
    assert "SQLPASSWD" in raised(adapter, NotPermitted)
    conf.write_text(right)
    assert len(adapter.page(Filter()).rows) == len(ROWS)
    conf.unlink()
    adapter.close()
    assert "not installed" in raised(adapter, Missing)


def test_no_password_is_shown_by_values(make: Make) -> None:
    access = access_of(GldConf(password=PASSWORD), Way())
    assert PASSWORD not in f"{access!r} {access} {GldConf(password=PASSWORD)!r} {GldConf(password=PASSWORD)}"


def test_rights_to_read_are_enough_for_reading_and_what_needs_more_is_told(
    make: Make, server: PrivateMariaDB
) -> None:
    adapter = make(WAITING, *ROWS, clock=lambda: NOW)
    server.client("REVOKE INSERT, UPDATE, DELETE ON gld.* FROM gld@localhost")
    assert len(adapter.page(Filter()).rows) == len(ROWS) + 1
    assert len(adapter.page(Filter(), ROWS[0].key).rows) == len(ROWS)
    assert adapter.count(Filter(sender="ann")) == 3
    assert adapter.check("192.0.2.1", "x@example.org", "bob@example.test").passes is False
    for act in (Release((WAITING.key,)), Delete((ROWS[0].key,)), Purge(1600), Allow("@example.org")):
        plan = adapter.plan(act)
        assert plan.count
        with pytest.raises(NotPermitted) as error:
            adapter.carry_out(plan)
        assert "GRANT" in error.value.hint
    assert adapter.trash() == []
    server.client("REVOKE SELECT ON gld.* FROM gld@localhost")
    adapter.close()  # a connection keeps the rights that it began with
    assert "gld's own account" in raised(adapter, NotPermitted)


def test_missing_and_foreign_tables(make: Make, server: PrivateMariaDB) -> None:
    adapter = make()
    server.client("DROP TABLE gld.whitelist")
    with pytest.raises(Missing, match="whitelist"):
        adapter.whitelist()
    server.client("ALTER TABLE gld.greylist ADD COLUMN mine int")
    with pytest.raises(Refused, match="not gld's"):
        adapter.about()
    server.client("DROP TABLE gld.greylist")
    assert "doctor" in raised(adapter, Missing)
    server.client("DROP DATABASE gld")
    adapter.close()
    assert "Unknown database" in raised(adapter, Missing)


def restart(server: PrivateMariaDB) -> None:
    """The same server with the same data, started anew."""
    argv = server.process.args
    server.process.terminate()
    server.process.wait(30)
    server.process = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while server.client("SELECT 1", check=False).returncode != 0 and time.monotonic() < deadline:
        time.sleep(0.1)


def test_a_server_that_is_stopped_started_and_hangs(tmp_path: Path) -> None:
    with PrivateMariaDB() as server:
        make_database(server)
        conf = tmp_path / "gld.conf"
        conf.write_text(f"SQLUSER=gld\nSQLPASSWD={PASSWORD}\nSQLDB=gld\n")
        adapter = MariaGreylist(
            Journal(), conf=conf, unix_socket=str(server.socket), trash=Trash(tmp_path / "trash")
        )
        assert adapter.page(Filter()).rows == ()
        restart(server)
        time.sleep(connection.FRESH)
        assert adapter.page(Filter()).rows == ()
        server.process.send_signal(signal.SIGSTOP)
        try:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(connection, "CONNECT_TIMEOUT", 1)
                time.sleep(connection.FRESH)
                began = time.monotonic()
                assert "mariadb" in raised(adapter, NotAnswering)
                assert time.monotonic() - began < 5  # what statements may take is much longer
        finally:
            server.process.send_signal(signal.SIGCONT)
        server.process.terminate()
        server.process.wait(30)
        adapter.close()
        with PrivateGld(server, "ERRACCEPT=0") as running:
            conf.write_text(f"{conf.read_text()}PORT={running.port}\n")
            with pytest.raises(NotAnswering, match="gld cannot answer: There is no answer from the database"):
                adapter.ask("192.0.2.1", "a@b.example", "c@d.example")
        assert "systemctl status mariadb" in raised(adapter, NotAnswering)
        assert adapter.check("192.0.2.1", "a@b.example", "c@d.example").steps[-1].name == "database"


def test_a_table_that_is_locked(make: Make, server: PrivateMariaDB, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "SET_UP", connection.SET_UP.replace("_timeout = 5", "_timeout = 1"))
    adapter = make(WAITING, engine="MyISAM", clock=lambda: NOW)
    plan = adapter.plan(Release((WAITING.key,)))
    adapter.close()
    with locked(server, "LOCK TABLES greylist WRITE"):
        assert "PROCESSLIST" in raised(adapter, NotAnswering)
    with locked(server, "LOCK TABLES greylist READ"):
        assert adapter.page(Filter()).rows == (WAITING,)
        with pytest.raises(NotAnswering):
            adapter.carry_out(plan)
    assert adapter.carry_out(plan).done == 1


class locked:  # noqa: N801 - reads as a statement
    """Another connection that holds a lock."""

    def __init__(self, server: PrivateMariaDB, statement: str) -> None:
        self._server, self._statement = server, statement

    def __enter__(self) -> None:
        self._database = Database(lambda: Access("localhost", "root", "", "gld", str(self._server.socket)))
        self._context = self._database.session()
        self._context.__enter__().change(self._statement)

    def __exit__(self, *args: object) -> None:
        self._context.__exit__(None, None, None)
        self._database.close()


def test_a_table_that_is_damaged(make: Make, server: PrivateMariaDB) -> None:
    adapter = make(*ROWS, engine="MyISAM")
    server.client("FLUSH TABLES gld.greylist")
    index = server.folder / "data" / "gld" / "greylist.MYI"
    index.write_bytes(b"x" * 600)
    assert "REPAIR TABLE gld.greylist" in raised(adapter, Failed)
    findings = {one.name: one for one in adapter.doctor(lambda _: None)}
    assert findings["table greylist"].state == "bad"
    server.client("REPAIR TABLE gld.greylist USE_FRM")
    assert len(adapter.page(Filter()).rows) == len(ROWS)


def test_a_server_that_takes_no_changes(make: Make, server: PrivateMariaDB) -> None:
    adapter = make(WAITING, clock=lambda: NOW)
    plan = adapter.plan(Release((WAITING.key,)))
    server.client("SET GLOBAL read_only = 1")
    try:
        with pytest.raises(Refused) as error:
            adapter.carry_out(plan)
        assert "read_only" in error.value.hint
    finally:
        server.client("SET GLOBAL read_only = 0")


@pytest.fixture
def cutting(server: PrivateMariaDB) -> Iterator[int]:
    """A port that passes on to the server, and cuts each connection after 3,000 bytes of answers."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            upstream = socket.create_connection(("127.0.0.1", server.port))
            threading.Thread(target=_passed, args=(client, upstream, 1 << 30), daemon=True).start()
            threading.Thread(target=_passed, args=(upstream, client, 3000), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield int(listener.getsockname()[1])
    listener.close()


def _passed(source: socket.socket, sink: socket.socket, most: int) -> None:
    try:
        while most > 0 and (data := source.recv(min(most, 4096))):
            sink.sendall(data)
            most -= len(data)
    except OSError:
        pass
    finally:
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


def test_a_connection_cut_while_it_is_read(make: Make, server: PrivateMariaDB, cutting: int) -> None:
    make(*(Triplet(f"192.0.2.{n}", "ann@example.org", "bob@example.test", 1, 1, 1) for n in range(200)))
    server.client(
        f"CREATE OR REPLACE USER far@'%' IDENTIFIED BY '{PASSWORD.replace(chr(39), chr(39) * 2)}'; GRANT SELECT ON gld.* TO far@'%'"
    )
    access = Access("127.0.0.1", "far", PASSWORD, "gld", port=cutting)
    database = Database(lambda: access)
    with pytest.raises(NotAnswering) as error, database.session() as session:
        session.rows("SELECT * FROM greylist")
    assert PASSWORD not in str(error.value)
    whole = Database(lambda: Access("127.0.0.1", "far", PASSWORD, "gld", port=server.port))
    with whole.session() as session:
        assert len(session.rows("SELECT * FROM greylist")) == 200
    whole.close()


def test_tls_is_asked_for_and_its_certificate_is_looked_at(server: PrivateMariaDB) -> None:
    database = Database(lambda: Access("127.0.0.1", "far", PASSWORD, "gld", port=server.port, tls=True))
    with pytest.raises(BackendError) as error, database.session():
        raise AssertionError("a server without TLS was talked to")
    assert "TLS" in f"{error.value} {error.value.hint}" or "SSL" in str(error.value)


def test_a_long_statement_is_killed_when_it_is_stopped(make: Make, server: PrivateMariaDB) -> None:
    make()
    database = Database(lambda: Access("localhost", "root", "", "gld", str(server.socket)))
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    told: list[Any] = []
    began = time.monotonic()
    with pytest.raises(Refused, match="Stopped"):
        database.rows_of_long("SELECT SLEEP(30)", (), meanwhile=lambda: told.append(1), stop=stop)
    assert time.monotonic() - began < 5
    assert told
    assert (
        "SLEEP"
        not in server.client(
            "SELECT info FROM information_schema.processlist WHERE id <> CONNECTION_ID()"
        ).stdout
    )
    database.close()
