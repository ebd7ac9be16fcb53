"""The trash of the simulated queue directory."""

import pytest

from backends.errors import Missing
from backends.queue.plan import Target
from tests.mailtui.demo.machine import Machine


def targets(machine: Machine, *ids: str) -> list[Target]:
    found = machine.messages()
    return [Target(i, found[i].sender, found[i].arrival_time, found[i].message_size) for i in ids]


def test_a_deletion_comes_back_on_hold() -> None:
    machine = Machine()
    ids = machine.ids("deferred")[:3]
    wanted = targets(machine, *ids)
    number, left_out = machine.spool.keep([*wanted, Target("NOSUCH1", "a@b.example", 1)], "root")
    assert [entry.what for entry in left_out] == ["NOSUCH1"]
    machine.act("-d", *ids)
    [batch] = machine.spool.batches()
    assert (batch.number, batch.user, batch.messages) == (number, "root", tuple(wanted))
    machine.now += 600
    assert machine.spool.restore(number) == (ids, [])
    assert set(ids) <= set(machine.ids("hold"))
    assert targets(machine, *ids) == wanted
    assert machine.spool.batches() == []
    machine.act("-H", *ids)
    machine.now += 1
    assert not set(ids).intersection(machine.ids("hold"))


def test_a_message_that_is_there_is_not_restored() -> None:
    machine = Machine()
    one = machine.ids("deferred")[0]
    number, _ = machine.spool.keep(targets(machine, one), "root")
    restored, left_out = machine.spool.restore(number)
    assert restored == []
    assert [entry.what for entry in left_out] == [one]
    machine.act("-d", one)
    assert machine.spool.restore(number) == ([one], [])
    with pytest.raises(Missing):
        machine.spool.restore(number)


def test_drop_and_empty() -> None:
    machine = Machine()
    ids = machine.ids("deferred")[:4]
    first, _ = machine.spool.keep(targets(machine, *ids[:2]), "root")
    machine.act("-d", ids[1])
    assert machine.spool.drop(first, ids[:2]) == 1
    assert [target.queue_id for target in machine.spool.batches()[0].messages] == [ids[1]]
    assert machine.spool.restore(first) == ([ids[1]], [])
    assert machine.spool.batches() == []
    machine.spool.keep(targets(machine, *ids), "root")
    assert machine.spool.empty(60) == 0
    machine.now += 61
    assert machine.spool.empty(60) == 4
    assert machine.spool.batches() == []


def test_retry_times() -> None:
    machine = Machine()
    times = machine.spool.retry_times()
    assert set(times) == set(machine.ids("deferred"))
    assert all(machine.now < when <= machine.now + 4000 for when in times.values())
    one = next(iter(times))
    assert machine.spool.retry_time(one, "deferred") == times[one]
    assert machine.spool.retry_time(one, "hold") is None
    assert machine.spool.retry_time("NOSUCH1", "deferred") is None
    assert machine.spool.trouble() == ""
