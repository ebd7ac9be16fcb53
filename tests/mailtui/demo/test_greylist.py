"""The demo host's greylist: the same each time, busy, and with the meanings of the real one."""

from threading import Event

import msgspec
import pytest

from backends.errors import BadRequest, Missing, Refused
from backends.greylist.plan import Allow, Delete, Disallow, Purge, Release
from backends.greylist.stats_values import ALL, Part, Pools, Totals
from backends.greylist.values import DAY, Filter, Key, Triplet
from mailtui.demo.greylist import CONF, DemoGreylist

NOW = 1_700_000_000


class Clock:
    def __init__(self) -> None:
        self.now = float(NOW)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def greylist(clock: Clock) -> DemoGreylist:
    return DemoGreylist(clock)


def everything(greylist: DemoGreylist) -> tuple[Triplet, ...]:
    return greylist.page(Filter(), limit=100_000).rows


def parts(greylist: DemoGreylist) -> list[Part]:
    found: list[Part] = []
    greylist.stats(found.append, ALL)
    return found


def test_the_same_seed_gives_the_same_and_looking_changes_nothing(
    clock: Clock, greylist: DemoGreylist
) -> None:
    other = DemoGreylist(clock)
    for _ in range(5):
        clock.now += 1000
        everything(other)
    assert everything(greylist) == everything(other)
    assert everything(greylist) != everything(DemoGreylist(clock, seed=2))


def test_it_has_all_that_the_real_one_has(greylist: DemoGreylist) -> None:
    found = parts(greylist)
    (totals,) = [part for part in found if isinstance(part, Totals)]
    assert totals.total == len(everything(greylist)) == greylist.about().rows > 3000
    assert totals.total == totals.waiting + totals.ready + totals.never + totals.passed
    assert min(totals.waiting, totals.ready, totals.never, totals.passed) > 0
    (pools,) = [part for part in found if isinstance(part, Pools)]
    assert (pools.pools[0].sender, pools.pools[0].suggest) == ("news@fabrika.example", "192.0.2")
    assert all(msgspec.json.decode(msgspec.json.encode(part), type=Part) == part for part in found)
    assert sum(row.shipped for row in greylist.whitelist()) == 169
    assert sum(row.problem.startswith("never") for row in greylist.whitelist()) == 2
    assert {finding.state for finding in greylist.doctor(lambda _: None)} == {"good", "note"}


def test_pages_follow_one_another(greylist: DemoGreylist) -> None:
    rows: list[Triplet] = []
    after = None
    while True:
        page = greylist.page(Filter(state="passed"), after, limit=500)
        rows += page.rows
        if not page.more:
            break
        after = page.rows[-1].key
    assert len(rows) == greylist.count(Filter(state="passed"))
    back = greylist.page(Filter(state="passed"), rows[10].key, limit=4, backwards=True)
    assert (back.rows, back.more) == (tuple(rows[6:10]), True)


def test_who_waits_comes_back_and_passes(clock: Clock, greylist: DemoGreylist) -> None:
    before = {row.key: row for row in everything(greylist)}
    clock.now += 2 * DAY
    after = {row.key: row for row in everything(greylist)}
    passed = [key for key, row in before.items() if not row.has_passed and after[key].has_passed]
    assert passed
    assert all(after[key].last - after[key].first > CONF.min_time for key in passed)
    assert len(after) > len(before)


def test_a_release_lets_in_now_and_can_be_undone(clock: Clock, greylist: DemoGreylist) -> None:
    (row,) = greylist.page(Filter(client="198.51.100.77", state="waiting")).rows
    request = (row.ip, row.sender.replace("'", " "), row.recipient)
    plan = greylist.plan(Release((row.key, Key("x", "y", "z"))))
    assert (plan.count, len(plan.left_out)) == (1, 1)
    outcome = greylist.carry_out(plan)
    assert (outcome.asked, outcome.done) == (2, 1)
    assert greylist.page(Filter(client="198.51.100.77", state="waiting")).rows == ()
    assert greylist.carry_out(plan).done == 0
    assert greylist.plan(Release((row.key,))).left_out[0].why == "it would be let in already"
    assert greylist.undo(outcome.undo).done == 1
    assert greylist.page(Filter(client="198.51.100.77", state="waiting")).rows == (row,)
    assert greylist.check(*request) is not None
    with pytest.raises(Missing):
        greylist.undo()


def test_deletions_and_purges_come_back_exactly(greylist: DemoGreylist) -> None:
    before = everything(greylist)
    deleted = greylist.carry_out(greylist.plan(Delete(tuple(row.key for row in before[:30]))))
    purged = greylist.carry_out(greylist.plan(Purge(NOW - 20 * DAY, one_hit=True)))
    assert (deleted.done, purged.done > 100) == (30, True)
    assert len(everything(greylist)) == len(before) - deleted.done - purged.done
    assert [act.action for act in greylist.trash()] == ["purge", "delete"]
    assert (greylist.undo().done, greylist.undo().done) == (purged.done, deleted.done)
    assert everything(greylist) == before


def test_the_whitelist_decides(greylist: DemoGreylist) -> None:
    asked = ("192.0.2.252", "ann@new.example", "bob@example.org")
    assert not greylist.check(*asked).passes
    added = greylist.carry_out(greylist.plan(Allow("@new.example", "why")))
    assert greylist.check(*asked).passes
    greylist.carry_out(greylist.plan(Disallow(("@new.example",))))
    assert not greylist.check(*asked).passes
    greylist.undo()
    assert greylist.check(*asked).passes
    greylist.undo(added.undo)
    assert greylist.ask(*asked) == CONF.refusal
    assert greylist.count(Filter(client="192.0.2.252")) == 1
    for wrong in ("new.example", "192.0.2.0/24"):
        with pytest.raises(BadRequest):
            greylist.plan(Allow(wrong))
    with pytest.raises(BadRequest):
        greylist.check("nowhere", "a@b.example", "c@d.example")


def test_a_stop_is_heard(greylist: DemoGreylist) -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Refused):
        greylist.stats(lambda _: None, stop=stop)
    with pytest.raises(Refused):
        greylist.count(Filter(sender="x"), stop=stop)
    plan = greylist.plan(Purge(NOW - DAY))
    assert greylist.carry_out(plan, stop=stop).done == 0
