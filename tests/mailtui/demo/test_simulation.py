"""The simulated evening: it repeats, it moves with the clock, and it stays within names made for examples."""

import re
import time
from collections import Counter

import pytest

from backends.queue.listing.reason import Reasons
from backends.queue.message import NULL_SENDER
from mailtui.demo.arrival import HOSTILE_SENDER, MANY
from mailtui.demo.mail import LIFETIME, backoff, quoted, schedule
from tests.mailtui.demo.machine import START, Machine

RESERVED = re.compile(r"(?:.*\.)?(?:example|example\.(?:com|net|org))")
ADDRESS = re.compile(rb"\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b")
NETWORKS = (b"192.0.2.", b"198.51.100.", b"203.0.113.")
HOST_NAME = re.compile(
    rb"(?:@|https?://|name=|host |connect to |with |from |by )((?:[a-z0-9-]+\.)+[a-z]{2,})"
)


def test_the_same_seed_and_clock_give_the_same_bytes() -> None:
    one, two, other = Machine(), Machine(), Machine(seed=2)
    assert one.listing() == two.listing() != other.listing()
    one.now = two.now = START + 900.7
    assert one.listing() == two.listing()


def test_it_does_not_matter_how_often_it_is_looked_at() -> None:
    often, once = Machine(), Machine()
    for second in range(0, 1200, 7):
        often.now = START + second
        often.listing()
    often.now = once.now = START + 1200
    assert often.listing() == once.listing()


def test_acts_at_the_same_moments_give_the_same_bytes() -> None:
    machines = Machine(), Machine()
    for machine in machines:
        machine.now += 30
        machine.act("-r", *machine.ids("deferred")[:20])
        machine.now += 1
        machine.act("-d", *machine.ids("deferred")[:20])
        machine.run("postqueue", "-f")
        machine.now += 400
    assert machines[0].listing() == machines[1].listing()


def test_a_clock_set_back_changes_nothing() -> None:
    machine = Machine()
    machine.now += 60
    before = machine.listing()
    machine.now -= 3600
    assert machine.listing() == before


@pytest.mark.parametrize("size", [0, 1, 2, 7, 412, 3000])
def test_the_starting_queue_has_the_size_asked_for(size: int) -> None:
    assert len(Machine(size=size).messages()) == size


def test_the_evening_is_busy_and_varied() -> None:
    found = Machine().messages().values()
    queues = Counter(message.queue_name for message in found)
    assert queues["deferred"] > 350
    assert min(queues["active"], queues["hold"], queues["incoming"]) > 0
    reasons = Reasons()
    groups = Counter(reasons.numbers([message.reason for message in found]))
    assert len(groups) >= 10
    assert groups.most_common(1)[0][1] > 150
    ages = [START - message.arrival_time for message in found]
    assert min(ages) < 10
    assert max(ages) > 86400
    assert all(age >= 0 for age in ages)
    assert sum(message.sender == NULL_SENDER for message in found) > 3
    assert max(len(message.recipients) for message in found) == MANY


def test_a_hostile_message_is_there() -> None:
    machine = Machine()
    [hostile] = [message for message in machine.messages().values() if message.sender == HOSTILE_SENDER]
    assert "[@click=app.quit]" in hostile.reason
    assert "\\u001B[31m" in machine.listing().decode()
    text = machine.run("postcat", "-q", hostile.queue_id).stdout
    subject = next(line for line in text.split(b"\n") if line.startswith(b"Subject:"))
    assert b"\x1b[2J" in subject
    assert "\u202e".encode() in subject
    assert b"[bold red]" in subject


def test_only_names_and_addresses_made_for_examples() -> None:
    machine = Machine(size=2000)
    seen = [machine.listing()]
    machine.now += 5000
    seen.append(machine.listing())
    seen += [machine.run("postcat", "-q", queue_id).stdout[:8000] for queue_id in machine.messages()]
    text = b"\n".join(seen)
    assert all(address.startswith(NETWORKS) for address in set(ADDRESS.findall(text)))
    names = {name.decode() for name in HOST_NAME.findall(text)}
    assert len(names) > 50
    assert [name for name in names if not RESERVED.fullmatch(name)] == []
    for message in machine.messages().values():
        for address in (message.sender, *(recipient.address for recipient in message.recipients)):
            domain = address.rpartition("@")[2]
            assert address == NULL_SENDER or RESERVED.fullmatch(domain)


def test_deferred_mail_is_tried_again() -> None:
    machine = Machine()
    before = machine.spool.retry_times()
    first = min(before, key=lambda queue_id: before[queue_id])
    machine.now = before[first]
    assert machine.spool.retry_time(first, "deferred") is None
    assert first in machine.ids("active")
    machine.now += 130
    after = machine.spool.retry_time(first, "deferred")
    assert after is None or after > machine.now


def test_mail_arrives_and_is_delivered() -> None:
    machine = Machine(size=0)
    seen: set[str] = set()
    for _ in range(30):
        machine.now += 2
        seen.update(machine.messages())
    left = machine.messages()
    assert len(seen) > 15
    assert set(left) < seen


def test_back_off_follows_the_age_within_bounds() -> None:
    assert [backoff(age) for age in (0, 299, 800, 9999)] == [300, 300, 800, 4000]
    assert schedule(5) == (1, 297)
    assert schedule(302) == (2, 302)
    assert schedule(5000)[1] <= 4000
    assert all(0 < schedule(age)[1] <= 4000 for age in range(4, 20_000, 13))


def test_mail_older_than_five_days_is_returned() -> None:
    machine = Machine()
    stuck = [
        i
        for i, m in machine.messages().items()
        if "Host not found" in m.reason and m.queue_name == "deferred"
    ]
    for queue_id in stuck:
        mail = machine.simulation.find(queue_id)
        assert mail is not None
        mail.arrival = START - LIFETIME + 60
    machine.now += 59
    machine.run("postqueue", "-i", stuck[0])
    machine.run("postqueue", "-i", stuck[1])
    machine.now += 30
    left = machine.messages()
    assert stuck[0] not in left
    assert stuck[1] not in left
    assert set(stuck[2:]) & set(left)


def test_a_long_jump_is_made_in_pieces() -> None:
    machine = Machine()
    machine.simulation.advance(START + 86400)
    assert START < machine.simulation.time < START + 86400
    for _ in range(20):
        machine.simulation.advance(START + 86400)
    assert machine.simulation.time == START + 86400


def test_escapes_are_those_of_postqueue() -> None:
    assert quoted('a"\\\x1b\x7f\n\u202eß') == 'a\\"\\\\\\u001B\\u007F\\n\u202eß'


def test_a_hundred_thousand_messages() -> None:
    started = time.process_time()
    machine = Machine(size=100_000)
    built = time.process_time() - started
    assert machine.listing().count(b"\n") == 100_000
    started = time.process_time()
    machine.listing()
    again = time.process_time() - started
    assert built < 5
    assert again < built / 3
