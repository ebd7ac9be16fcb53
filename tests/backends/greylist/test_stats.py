"""Statistics of the real database, beside the same computed in memory."""

import random

import pytest

from backends.greylist import regions, scanning, stats
from backends.greylist.stats_values import ALL, Course, Delays, Part, Pools, Top, Totals
from backends.greylist.values import DAY, Rules, Triplet
from mailtui.demo.greylist_stats import statistics
from tests.backends.greylist.conftest import Make
from tests.support.mariadb import PrivateMariaDB

NOW = 1_700_000_000


def some(count: int) -> list[Triplet]:
    rng = random.Random(4)
    rows = {}
    for _ in range(count):
        first = NOW - rng.randrange(120 * DAY)
        n = rng.choice((1, 1, 2, 5))
        last = first if n == 1 else min(NOW, first + rng.randrange(61, 3 * DAY))
        ip = rng.choice(
            (f"192.0.2.{rng.randrange(40)}", f"198.51.{rng.randrange(9)}.1", f"2001:db8::{rng.randrange(9)}")
        )
        row = Triplet(
            ip, f"u{rng.randrange(50)}@d{rng.randrange(9)}.example", "bob@example.test", first, last, n
        )
        rows[row.key] = row
    pool = [
        Triplet(f"203.0.113.{n}", "pool@p.example", "bob@example.test", NOW - 500, NOW - 500, 1)
        for n in range(5)
    ]
    wide = [
        Triplet(f"10.{n}.0.1", "wide@w.example", "bob@example.test", NOW - 5000, NOW - 5000, 1)
        for n in range(4)
    ]
    return [
        *rows.values(),
        *pool,
        *wide,
        Triplet("203.0.113.99", "new@p.example", "eve@example.test", NOW, NOW, 1),
    ]


def load(server: PrivateMariaDB, rows: list[Triplet]) -> None:
    values = ",".join(f"('{r.ip}','{r.sender}','{r.recipient}',{r.first},{r.last},{r.n})" for r in rows)
    server.client(f"INSERT INTO gld.greylist VALUES {values}; ANALYZE TABLE gld.greylist")


@pytest.mark.parametrize("engine", ["InnoDB", "MyISAM"])
def test_they_are_what_they_are_in_memory(
    make: Make, server: PrivateMariaDB, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "READING", 40)
    rows = some(600)
    adapter = make(engine=engine, clock=lambda: NOW)
    load(server, rows)
    told: list[Part] = []
    adapter.stats(told.append, ALL, top=100)
    last = {(type(part), getattr(part, "by", "")): part for part in told}
    expected = [part for name in ALL for part in statistics(name, rows, Rules(), now=NOW, top=100)]
    assert len(last) == len(expected) == 9
    for part in expected:
        found = last[type(part), getattr(part, "by", "")]
        assert found.done == 1.0
        match part, found:
            case (Top(), Top()):
                assert {(one.name.lower(), one.count) for one in found.rows} == {
                    (o.name, o.count) for o in part.rows
                }
                assert found.exact
            case (Pools(), Pools()):
                named = {(pool.sender, pool.count, pool.suggest) for pool in found.pools}
                assert {("pool@p.example", 5, "203.0.113"), ("wide@w.example", 4, "@w.example")} <= named
            case (Course() | Delays() | Totals(), _):
                assert found == part
    assert len(told) > 2 * len(last)
    first = told[0]
    assert isinstance(first, Totals)
    assert not first.exact


@pytest.mark.parametrize("engine", ["InnoDB", "MyISAM"])
def test_an_empty_table_has_all_parts(make: Make, engine: str) -> None:
    told: list[Part] = []
    make(engine=engine).stats(told.append, ALL)
    assert {type(part) for part in told} == {Totals, Top, Pools, Delays, Course}
    last = {(type(part), getattr(part, "by", "")): part for part in told}
    assert len(last) == 9
    assert all(part.done == 1.0 for part in last.values())


def test_too_many_groups_are_told_to_be_lower_bounds(
    make: Make, server: PrivateMariaDB, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stats, "GROUPS", 3)
    adapter = make(clock=lambda: NOW)
    load(server, some(300))
    told: list[Part] = []
    adapter.stats(told.append, ["never"])
    assert any(isinstance(part, Top) and not part.exact for part in told)
    assert regions.READING > 1000
