"""The greylist pane on a real MariaDB: what goes wrong is one sentence with what to do, and the pane finds back by itself."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from backends.greylist import acting, connection
from backends.greylist.access import Way
from backends.greylist.adapter import MariaGreylist
from backends.greylist.plan import Release
from backends.greylist.trash import Trash
from backends.greylist.values import Filter, Triplet
from backends.journal import Journal
from mailtui.app import MailtuiApp
from mailtui.demo import DemoHost
from mailtui.panes.greylist.pane import GreylistPane
from mailtui.screens.confirm import ConfirmScreen
from mailtui.screens.counting import CountingScreen
from tests.backends.greylist.conftest import ROWS, Make, insert, make, outcomes, server
from tests.backends.greylist.test_faults import cutting, locked, restart
from tests.mailtui.console.test_config import toasts
from tests.mailtui.console.test_console import shown
from tests.mailtui.console.test_console import until as soon
from tests.mailtui.console.test_greylist import SETTINGS, Console, settled
from tests.support.gld import ACCOUNT, PASSWORD
from tests.support.mariadb import PrivateMariaDB

until = partial(soon, seconds=30)
__all__ = ["cutting", "make", "outcomes", "server"]

NOW = int(time.time()) + 3600  # so that it still waits at the end of a long run
WAITING = Triplet("192.0.2.9", "new@example.org", "bob@example.test", NOW, NOW, 1)


@asynccontextmanager
async def console(adapter: MariaGreylist) -> AsyncIterator[Console]:
    """The console on a greylist, when it is in front."""
    host = DemoHost(messages=1, sleep=lambda _seconds: None)
    host._greylist = adapter  # type: ignore[assignment]
    app = MailtuiApp(host, SETTINGS)
    async with app.run_test(size=(140, 45)) as pilot:
        await pilot.press("3")
        await until(pilot, lambda: isinstance(app.pane, GreylistPane) and app.pane.settled)
        yield app, pilot, app.query_one(GreylistPane)


async def says(console: Console, *words: str) -> None:
    """Have the pane read, and wait until it says all of this, and never the password."""
    app, pilot, pane = console
    pane.feed.read()
    await until(pilot, lambda: all(word in " ".join(shown(app).split()) for word in words))
    assert PASSWORD not in shown(app) + toasts(app)


async def well_again(console: Console, rows: int) -> None:
    """The pane reads by itself, and shows the rows."""
    app, pilot, pane = console
    await until(pilot, lambda: not pane.feed.reading)

    def shows_them() -> bool:
        pane.feed._due = (
            0.0  # whatever came of the reading before, for a connection that lay idle may be a broken one
        )
        if pane._error is not None or pane.filter_error or pane.view is None:
            return False
        return len(pane.view.window.rows) == rows

    await until(pilot, shows_them)
    await settled(pilot, pane)
    assert "systemctl status" not in shown(app)


async def test_an_account_that_may_only_read_is_offered_no_acts(make: Make, server: PrivateMariaDB) -> None:
    adapter = make(*ROWS)
    server.client(f"REVOKE INSERT, UPDATE, DELETE ON gld.* FROM {ACCOUNT}@localhost")
    try:
        async with console(adapter) as (app, pilot, pane):
            await until(pilot, lambda: pane.rights is not None)
            await pilot.pause(0.2)
            assert not {"R", "x", "P", "z"} & set(app.screen.active_bindings)
            await pilot.press("question_mark")
            await until(pilot, lambda: "may not DELETE, INSERT, UPDATE" in shown(app))
    finally:
        server.client(f"GRANT INSERT, UPDATE, DELETE ON gld.* TO {ACCOUNT}@localhost")


async def test_a_wrong_password(make: Make, tmp_path: Path) -> None:
    adapter = make(*ROWS)
    conf = tmp_path / "gld.conf"
    right = conf.read_text()
    conf.write_text(right.replace(PASSWORD, "wrong word"))
    async with console(adapter) as here:
        await says(here, "the greylist cannot be read", "compare SQLUSER and SQLPASSWD")
        conf.write_text(right)
        await well_again(here, len(ROWS))


async def test_a_server_that_stops_and_comes_back(server: PrivateMariaDB, make: Make) -> None:
    adapter = make(*ROWS)
    async with console(adapter) as here:
        await well_again(here, len(ROWS))
        server.process.terminate()
        server.process.wait(30)
        adapter.close()
        await says(here, "There is no answer", "systemctl status mariadb", "ann@example.org")
        restart(server)
        await well_again(here, len(ROWS))


async def test_rights_that_were_revoked_and_a_server_that_only_reads(
    server: PrivateMariaDB, make: Make
) -> None:
    adapter = make(WAITING)
    async with console(adapter) as here:
        app, pilot, pane = here
        pane.table.focus()
        for statement, back, words in (
            ("REVOKE UPDATE ON gld.* FROM gld@localhost", "GRANT UPDATE ON gld.* TO gld@localhost", "GRANT"),
            ("SET GLOBAL read_only = 1", "SET GLOBAL read_only = 0", "read_only"),
        ):
            try:
                await pilot.press("R")
                await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
                server.client(f"{statement}; FLUSH PRIVILEGES")
                adapter.close()
                await pilot.press("y")
                await until(pilot, lambda words=words: words in toasts(app))  # type: ignore[misc]
                await settled(pilot, pane)
                assert adapter.page(Filter()).rows == (WAITING,)
            finally:
                server.client(f"{back}; FLUSH PRIVILEGES")
                adapter.close()
        server.client("REVOKE SELECT ON gld.* FROM gld@localhost; FLUSH PRIVILEGES")
        adapter.close()
        await says(here, "GRANT SELECT")
        server.client("GRANT SELECT ON gld.* TO gld@localhost; FLUSH PRIVILEGES")
        await well_again(here, 1)


async def test_a_table_that_is_locked_and_one_that_is_damaged(
    server: PrivateMariaDB, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "SET_UP", connection.SET_UP.replace("_timeout = 5", "_timeout = 1"))
    adapter = make(*ROWS, engine="MyISAM")
    async with console(adapter) as here:
        with locked(server, "LOCK TABLES greylist WRITE"):
            await says(here, "A lock or the load holds up", "SHOW FULL PROCESSLIST", "ann@example.org")
        await well_again(here, len(ROWS))
        server.client("FLUSH TABLES gld.greylist")
        (server.folder / "data" / "gld" / "greylist.MYI").write_bytes(b"x" * 600)
        await says(here, "A table is damaged", "REPAIR TABLE gld.greylist")
        server.client("REPAIR TABLE gld.greylist USE_FRM")
        await well_again(here, len(ROWS))


async def test_a_connection_that_is_cut_while_it_is_read(
    server: PrivateMariaDB, make: Make, cutting: int, tmp_path: Path
) -> None:
    make(*ROWS)
    insert(
        server, *(Triplet(f"192.0.3.{n}", "ann@example.org", "bob@example.test", 1, 1, 1) for n in range(90))
    )
    quoted = PASSWORD.replace("'", "''")
    server.client(
        f"CREATE OR REPLACE USER far@'127.0.0.1' IDENTIFIED BY '{quoted}'; GRANT SELECT ON gld.* TO far@'127.0.0.1'"
    )
    conf = tmp_path / "far.conf"
    conf.write_text(f"SQLUSER=far\nSQLPASSWD={PASSWORD}\nSQLDB=gld\nSQLHOST=127.0.0.1\n")
    ports = [cutting]
    adapter = MariaGreylist(Journal(), lambda: Way(ports[0]), conf=conf, trash=Trash(tmp_path / "trash"))
    async with console(adapter) as here:
        app, pilot, _ = here
        await until(pilot, lambda: "There is no answer" in shown(app))
        ports[0] = server.port
        await well_again(here, len(ROWS) + 90)
    adapter.close()


async def test_two_operators_let_the_same_triplet_in(
    make: Make, server: PrivateMariaDB, tmp_path: Path
) -> None:
    mine = make(WAITING)
    theirs = MariaGreylist(
        Journal(),
        conf=tmp_path / "gld.conf",
        unix_socket=str(server.socket),
        trash=Trash(tmp_path / "theirs"),
        record=lambda _outcome, _plan: None,
    )
    async with console(mine) as (app, pilot, pane):
        pane.table.focus()
        await pilot.press("R")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        assert theirs.carry_out(theirs.plan(Release((WAITING.key,)))).done == 1
        await pilot.press("y")
        await until(pilot, lambda: "release: 0 of 1 triplet" in toasts(app))
        assert "has changed meanwhile" in toasts(app)
    assert mine.check(WAITING.ip, WAITING.sender, WAITING.recipient).passes
    theirs.close()


async def test_acts_are_done_to_the_database_and_taken_back(make: Make) -> None:
    adapter = make(*ROWS, WAITING)
    async with console(adapter) as (app, pilot, pane):
        pane.table.focus()
        await pilot.press("asterisk")
        await until(pilot, lambda: len(pane.table.marks) == len(ROWS) + 1)
        before = adapter.page(Filter()).rows

        async def press(*keys: str, then: Callable[[], object]) -> None:
            await pilot.press(*keys)
            await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
            await pilot.press("y")
            await until(pilot, then)
            await settled(pilot, pane)

        await press("x", then=lambda: not adapter.page(Filter()).rows)
        assert "gld has greylisted nobody yet" in shown(app)
        await press("z", then=lambda: adapter.page(Filter()).rows == before)
        assert pane.view is not None
        assert pane.view.window.rows == before


async def test_a_purge_is_stopped_between_statements_and_taken_back(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = make(*ROWS)
    before = adapter.page(Filter()).rows
    began, go_on, delete = Event(), Event(), acting._deleted

    def slowly(*words: Any, **named: Any) -> Any:
        gone = delete(*words, **named)
        began.set()
        assert go_on.wait(30)
        return gone

    monkeypatch.setattr(acting, "DELETED", range(1, 3))
    monkeypatch.setattr(acting, "_deleted", slowly)
    async with console(adapter) as (app, pilot, pane):
        await pilot.press("P", "1")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(app.screen, CountingScreen) and began.is_set())
        await pilot.press("escape")
        go_on.set()
        await until(pilot, lambda: "purge: 2 of 5 triplets" in toasts(app))
        assert len(adapter.page(Filter()).rows) == 3
        await settled(pilot, pane)
        await pilot.press("z")
        await until(pilot, lambda: isinstance(app.screen, ConfirmScreen))
        await pilot.press("y")
        await until(pilot, lambda: adapter.page(Filter()).rows == before)
