"""The demo host behind the interface of every host: the adapter above the simulation is the real one."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from backends.errors import BackendError
from backends.outcome import Outcome
from backends.queue.message import Message
from backends.queue.plan import ACTIONS, Target
from mailtui.demo import DemoHost
from tests.mailtui.demo.machine import START


class Clock:
    def __init__(self) -> None:
        self.now = START + 0.5

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def no_syslog(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("syslog.syslog", lambda *_: pytest.fail("the demo host wrote to the mail log"))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def host(clock: Clock) -> Iterator[DemoHost]:
    host = DemoHost(clock=clock)
    yield host
    host.close()


def listed(host: DemoHost, queue: str = "") -> list[Message]:
    return [message for message in host.queue.messages() if queue in {"", message.queue_name}]


def act(host: DemoHost, action: str, messages: list[Message]) -> Outcome:
    targets = [Target(m.queue_id, m.sender, m.arrival_time, m.message_size) for m in messages]
    return host.queue.carry_out(host.queue.plan(action, targets))


def test_it_says_that_it_is_a_demo(host: DemoHost) -> None:
    assert (host.name, host.demo, host.now()) == ("mx1.example.org", True, START + 0.5)
    assert {s.name: s.state for s in host.services()}["clamd"] == "stopped"
    assert [s.name for s in host.services()] == ["postfix", "gld", "amavis", "clamd", "dovecot", "mariadb"]


def test_the_snapshot_holds_all_messages(host: DemoHost) -> None:
    snapshot = host.queue.read()
    assert len(snapshot.store) == len(listed(host)) == 412
    assert not snapshot.broken
    assert snapshot.complete
    assert snapshot.taken == host.now()


def test_the_user_is_root_whoever_runs_the_demo(host: DemoHost, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    rights = host.queue.rights()
    assert rights.actions == dict.fromkeys(ACTIONS, ())
    assert rights.show == ()
    assert rights.queue_files


@pytest.mark.parametrize("action", ["hold", "requeue", "expire", "force-expire", "delete"])
def test_an_act_on_deferred_mail(host: DemoHost, action: str) -> None:
    outcome = act(host, action, listed(host, "deferred")[:40])
    assert (outcome.asked, outcome.done, outcome.left_out) == (40, 40, ())
    assert any("40 messages" in line for line in outcome.printed)


def test_hold_and_release(host: DemoHost, clock: Clock) -> None:
    messages = listed(host, "deferred")[:3]
    act(host, "hold", messages)
    assert {m.queue_id for m in messages} <= {m.queue_id for m in listed(host, "hold")}
    assert act(host, "release", messages).done == 3
    clock.now += 1
    assert not {m.queue_id for m in messages} & {m.queue_id for m in listed(host, "hold")}


def test_a_deletion_is_undone(host: DemoHost) -> None:
    messages = listed(host, "deferred")[:30]
    ids = {message.queue_id for message in messages}
    outcome = act(host, "delete", messages)
    assert outcome.undo is not None
    assert not ids & {message.queue_id for message in listed(host)}
    assert [len(batch.messages) for batch in host.queue.trash()] == [30]
    assert host.queue.undo().done == 30
    assert ids <= {message.queue_id for message in listed(host, "hold")}
    assert host.queue.trash() == []


def test_a_message_delivered_meanwhile_is_left_out(host: DemoHost, clock: Clock) -> None:
    messages = listed(host, "active")
    targets = [Target(m.queue_id, m.sender, m.arrival_time, m.message_size) for m in messages]
    plan = host.queue.plan("delete", targets)
    host.queue.flush()
    clock.now += 7200
    outcome = host.queue.carry_out(plan)
    assert outcome.done + len(outcome.left_out) == len(messages)
    assert outcome.left_out


def test_flush_and_retry_times(host: DemoHost, clock: Clock) -> None:
    before = host.queue.retry_times()
    one = next(iter(before))
    assert host.queue.next_retry(one, "deferred") == before[one] > clock.now
    host.queue.flush()
    clock.now += 4
    assert len(host.queue.retry_times()) < len(before)
    host.queue.flush(one)
    host.queue.flush(site="gmail.example")
    with pytest.raises(BackendError):
        host.queue.flush(site="elsewhere.example")


def test_every_kind_of_message_can_be_shown(host: DemoHost) -> None:
    views = [host.queue.show(message.queue_id) for message in listed(host)[-80:]]
    assert all(dict(view.envelope) and dict(view.headers) and view.body for view in views)


def test_the_hostile_message_and_its_attachment_can_be_shown(host: DemoHost) -> None:
    [hostile] = [message for message in listed(host) if "prize" in message.sender]
    view = host.queue.show(hostile.queue_id)
    assert "[@click=app.quit]" in dict(view.headers)["Subject"]
    assert len(view.attachments) == 1


def test_what_was_run_is_in_the_journal(host: DemoHost) -> None:
    act(host, "hold", listed(host, "deferred")[:1])
    assert any("postsuper -h -" in entry.command and entry.code == 0 for entry in host.journal.entries())


def test_importing_it_is_cheap() -> None:
    code = "import mailtui.demo, sys; print(sorted({'numpy', 'textual', 'rich', 'sh'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
