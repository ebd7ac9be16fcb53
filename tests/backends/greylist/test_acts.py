"""Releasing, deleting, purging and the whitelist on the real database, and all of it undone."""

from collections.abc import Sequence
from pathlib import Path
from threading import Event

import pytest
from msgspec.structs import replace

from backends.errors import BadRequest, Missing, NotPermitted
from backends.greylist import acting
from backends.greylist.plan import Allow, Delete, Disallow, Purge, Release
from backends.greylist.trash import KEPT_FOR, Batch, Row
from backends.greylist.values import Filter, Key, Triplet
from backends.outcome import LeftOut, Outcome
from tests.backends.greylist.conftest import ROWS, Make, insert, stored
from tests.backends.greylist.test_reading import HOSTILE
from tests.support.mariadb import PrivateMariaDB

NOW = 100_000
ENGINES = ["InnoDB", "MyISAM", "Aria"]
WAITING = Triplet("192.0.2.9", "new@example.org", "bob@example.test", NOW - 10, NOW - 10, 1)
GONE = Key("192.0.2.99", "x", "y")


@pytest.mark.parametrize("engine", ENGINES)
def test_what_was_deleted_comes_back_byte_for_byte(make: Make, server: PrivateMariaDB, engine: str) -> None:
    hostile = [Triplet("192.0.2.1", sender, "bob@example.test", 5, 6, 1) for sender in HOSTILE]
    adapter = make(*ROWS, *hostile, engine=engine)
    before = stored(server)
    plan = adapter.plan(Delete((*(row.key for row in hostile), ROWS[0].key, GONE)))
    assert (plan.count, plan.oldest, plan.newest) == (len(hostile) + 1, hostile[0], ROWS[0])
    assert plan.left_out == (LeftOut(str(GONE), acting.GONE),)
    assert stored(server) == before
    outcome = adapter.carry_out(plan)
    assert (outcome.asked, outcome.done, outcome.undo) == (plan.count + 1, plan.count, 1)
    assert set(adapter.page(Filter()).rows) == {*ROWS[1:]}
    (kept,) = adapter.trash()
    assert (kept.number, kept.action, kept.count) == (1, "delete", plan.count)
    undone = adapter.undo()
    assert (undone.done, undone.left_out) == (plan.count, ())
    assert sorted(stored(server).splitlines()) == sorted(before.splitlines())
    assert adapter.trash() == []


@pytest.mark.parametrize("engine", ENGINES)
def test_a_release_lets_in_and_its_undo_shuts_again(make: Make, server: PrivateMariaDB, engine: str) -> None:
    zero = Triplet("192.0.2.8", "zero@example.org", "bob@example.test", 0, 0, 1)
    adapter = make(WAITING, zero, *ROWS, engine=engine, settings=("MINTIME=300",), clock=lambda: NOW)
    before = stored(server)
    plan = adapter.plan(Release((WAITING.key, zero.key, ROWS[0].key)))
    assert set(plan.rows) == {WAITING, zero}
    assert plan.left_out == (LeftOut(str(ROWS[0].key), acting.OPEN),)
    assert "UNIX_TIMESTAMP() - 301" in plan.statement
    outcome = adapter.carry_out(plan)
    assert (outcome.asked, outcome.done) == (3, 2)
    assert server.client("SELECT first FROM gld.greylist WHERE ip IN ('192.0.2.8', '192.0.2.9')").stdout == (
        f"{NOW - 301}\n{NOW - 301}\n"
    )
    again = adapter.plan(Release((WAITING.key,)))
    assert (again.count, again.left_out[0].why) == (0, acting.OPEN)
    server.client("UPDATE gld.greylist SET n = 2, last = 7 WHERE ip = '192.0.2.8'")
    undone = adapter.undo(outcome.undo)
    assert (undone.asked, undone.done) == (2, 1)
    assert [one.what for one in undone.left_out] == [str(zero.key)]
    server.client("UPDATE gld.greylist SET first = 0, n = 1, last = 0 WHERE ip = '192.0.2.8'")
    assert stored(server) == before


@pytest.mark.parametrize("engine", ENGINES)
def test_two_operators_at_the_same_row(make: Make, server: PrivateMariaDB, engine: str) -> None:
    adapter = make(WAITING, ROWS[1], engine=engine, clock=lambda: NOW)
    first, second = (adapter.plan(Release((WAITING.key,))) for _ in range(2))
    delete = adapter.plan(Delete((WAITING.key, ROWS[1].key)))
    assert adapter.carry_out(first).done == 1
    late = adapter.carry_out(second)
    assert (late.done, late.left_out, late.undo) == (0, (LeftOut(str(WAITING.key), acting.CHANGED),), None)
    deleted = adapter.carry_out(delete)
    assert (deleted.done, deleted.left_out) == (1, (LeftOut(str(WAITING.key), acting.CHANGED),))
    server.client("DELETE FROM gld.greylist")
    assert adapter.carry_out(first).left_out == (LeftOut(str(WAITING.key), acting.GONE),)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("one_hit", [False, True])
def test_a_purge_takes_what_gld_would_and_can_be_undone(
    make: Make, server: PrivateMariaDB, engine: str, one_hit: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acting, "LOCKING", 4)
    monkeypatch.setattr(acting, "DELETED", range(2, 3))
    monkeypatch.setattr(acting, "NAMED_AT_ONCE", 3)
    rows = [
        Triplet(
            f"192.0.{place % 7}.{place % 3}",
            f"u{place}@example.org",
            "b@example.test",
            10,
            100 * place,
            1 + place % 2,
        )
        for place in range(60)
    ]
    adapter = make(*rows, engine=engine)
    before = stored(server)
    wanted = Purge(before=3000, one_hit=one_hit)
    taken = [row for row in rows if row.last < 3000 and (row.n == 1 or not one_hit)]
    plan = adapter.plan(wanted)
    assert (plan.count, plan.oldest, plan.newest) == (len(taken), taken[0], taken[-1])
    told: list[float] = []
    outcome = adapter.carry_out(plan, told.append)
    assert (outcome.done, outcome.asked) == (len(taken), len(taken))
    assert told[-1] > 0.9
    condition = "last < 3000 AND n = 1" if one_hit else "last < 3000"
    assert server.client(f"SELECT COUNT(*) FROM gld.greylist WHERE {condition}").stdout == "0\n"
    assert server.client("SELECT COUNT(*) FROM gld.greylist").stdout == f"{60 - len(taken)}\n"
    server.client(
        f"INSERT INTO gld.greylist VALUES ('{taken[0].ip}', '{taken[0].sender}', 'b@example.test', 7, 7, 7)"
    )
    undone = adapter.undo()
    assert (undone.asked, undone.done) == (len(taken), len(taken) - 1)
    assert [one.what for one in undone.left_out] == [str(taken[0].key)]
    server.client(
        f"UPDATE gld.greylist SET first = {taken[0].first}, last = {taken[0].last}, n = {taken[0].n} WHERE first = 7"
    )
    assert sorted(stored(server).splitlines()) == sorted(before.splitlines())


def test_a_purge_that_is_stopped_leaves_the_rest(make: Make, server: PrivateMariaDB) -> None:
    adapter = make(*ROWS)
    stop = Event()
    stop.set()
    outcome = adapter.carry_out(adapter.plan(Purge(before=10**6)), stop=stop)
    assert (outcome.done, outcome.asked, outcome.undo) == (0, 5, None)
    assert server.client("SELECT COUNT(*) FROM gld.greylist").stdout == "5\n"


def test_rows_of_the_whitelist_come_and_go(
    make: Make, server: PrivateMariaDB, outcomes: list[Outcome]
) -> None:
    adapter = make()
    comment = "it's; 100% \\ _\N{EURO SIGN}"
    assert adapter.carry_out(adapter.plan(Allow("@example.org", comment))).done == 1
    assert adapter.plan(Allow("@EXAMPLE.org")).left_out == (LeftOut("@EXAMPLE.org", "it is there already"),)
    (row,) = adapter.whitelist()
    assert (row.mail, row.comment, row.problem, row.shipped) == ("@example.org", comment, "", False)
    for wrong in ("example.org", "192.0.2.0/24", "", "x" * 243 + "@a", "it's@example.org"):
        with pytest.raises(BadRequest):
            adapter.plan(Allow(wrong))
    removed = adapter.carry_out(adapter.plan(Disallow(("@example.org", "@nobody.example"))))
    assert (removed.asked, removed.done, removed.undo) == (2, 1, 2)
    assert adapter.whitelist() == []
    assert adapter.undo().done == 1
    assert adapter.whitelist() == [row]
    assert adapter.undo(1).done == 1
    assert adapter.whitelist() == []
    assert [outcome.action for outcome in outcomes] == ["whitelist-add", "whitelist-remove", "undo", "undo"]
    with pytest.raises(Missing, match="nothing to undo"):
        adapter.undo()


def test_nothing_is_done_that_was_planned_to_be_undoable_and_is_not(
    make: Make, server: PrivateMariaDB, tmp_path: Path
) -> None:
    adapter = make(*ROWS)
    plan = adapter.plan(Delete((ROWS[0].key,)))
    assert plan.irreversible == ""
    (tmp_path / "trash").chmod(0o755)
    with pytest.raises(NotPermitted, match="this user alone"):
        adapter.carry_out(plan)
    assert server.client("SELECT COUNT(*) FROM gld.greylist").stdout == "5\n"
    open_eyed = adapter.plan(Delete((ROWS[0].key,)))
    assert "this user alone" in open_eyed.irreversible
    outcome = adapter.carry_out(open_eyed)
    assert (outcome.done, outcome.undo) == (1, None)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("act", [Purge(before=10**6), Delete(tuple(row.key for row in ROWS))])
def test_what_could_not_be_put_back_is_kept(
    make: Make, server: PrivateMariaDB, engine: str, act: Purge | Delete
) -> None:
    adapter = make(*ROWS, engine=engine)
    before = stored(server)
    adapter.carry_out(adapter.plan(act))
    insert(server, replace(ROWS[0], first=7, last=7, n=7))
    undone = adapter.undo()
    assert (undone.asked, undone.done) == (5, 4)
    assert [(one.count, one.sample) for one in adapter.trash()] == [(1, str(ROWS[0].key))]
    again = adapter.undo()
    assert (again.asked, again.done) == (1, 0)
    server.client("DELETE FROM gld.greylist WHERE first = 7")
    last = adapter.undo()
    assert (last.asked, last.done, adapter.trash()) == (1, 1, [])
    assert sorted(stored(server).splitlines()) == sorted(before.splitlines())


@pytest.mark.parametrize("engine", ENGINES)
def test_only_rows_of_the_whitelist_that_really_went_come_back(
    make: Make, server: PrivateMariaDB, engine: str
) -> None:
    adapter = make(engine=engine)
    for mail in ("@a.example", "@b.example", "@c.example"):
        adapter.carry_out(adapter.plan(Allow(mail, "ours")))
    plan = adapter.plan(Disallow(("@a.example", "@b.example", "@c.example")))
    server.client("DELETE FROM gld.whitelist WHERE mail = '@b.example'")
    removed = adapter.carry_out(plan)
    assert (removed.asked, removed.done) == (3, 2)
    assert adapter.trash()[0].count == 2
    undone = adapter.undo()
    assert (undone.asked, undone.done) == (2, 2)
    assert [row.mail for row in adapter.whitelist()] == ["@a.example", "@c.example"]
    plan = adapter.plan(Disallow(("@a.example",)))
    server.client("DELETE FROM gld.whitelist")
    assert adapter.carry_out(plan).undo is None
    assert all(one.action == "whitelist-add" for one in adapter.trash())


def test_a_purge_locks_no_row_that_stays(
    make: Make, server: PrivateMariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter, add = make(*ROWS), Batch.add
    new = "INSERT INTO gld.greylist VALUES ('192.0.2.1', 'between@example.org', 'bob@example.test', 9, 9, 9)"

    def meanwhile(batch: Batch, gone: Sequence[Row]) -> None:
        if gone:
            server.client(f"SET innodb_lock_wait_timeout = 2; {new}")
        add(batch, gone)

    monkeypatch.setattr(Batch, "add", meanwhile)
    outcome = adapter.carry_out(adapter.plan(Purge(before=10**6)))
    assert outcome.done == len(ROWS)
    assert [row.n for row in adapter.page(Filter()).rows] == [9]


def test_an_act_lets_go_of_what_was_kept_for_its_time(make: Make) -> None:
    now = [float(NOW)]
    adapter = make(*ROWS, clock=lambda: now[0])
    adapter.carry_out(adapter.plan(Delete((ROWS[0].key,))))
    now[0] += KEPT_FOR - 1
    adapter.carry_out(adapter.plan(Delete((ROWS[1].key,))))
    assert [one.number for one in adapter.trash()] == [2, 1]
    now[0] += 2
    adapter.carry_out(adapter.plan(Delete((ROWS[2].key,))))
    assert [one.number for one in adapter.trash()] == [3, 2]
