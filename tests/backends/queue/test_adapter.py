"""The adapter with a fake runner: which commands it runs, in which order, and what it makes of their answers."""

import json
import os
import subprocess
import sys
import syslog
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from backends.errors import BadRequest, Failed, Missing, NoSpace, NotAnswering, NotPermitted, ParseFailed
from backends.outcome import LeftOut, Outcome
from backends.queue.adapter import PostfixQueue
from backends.queue.plan import ACTIONS, Plan, Rights, Target, Trashed
from tests.support.fake_runner import Expected, FakeRunner

A, B, C = "A601E166135", "B601E166135", "C601E166135"
ROOT = Rights(dict.fromkeys(ACTIONS, ()), (), queue_files=True)
NOBODY = Rights({}, None, queue_files=False, why_not="you are not root")
LIST = ("postqueue", "-j")
DELETE = ("postsuper", "-d", "-")
VIEW = b"*** ENVELOPE RECORDS hold/A601E166135 ***\nsender: a@example.org\n*** MESSAGE CONTENTS hold/A601E166135 ***\n"


class MemorySpool:
    """A spool that notes what it is told; `queued` are the messages whose files are there."""

    def __init__(self, *queued: str, trouble: str = "") -> None:
        self.queued = set(queued)
        self.said = trouble
        self.calls: list[tuple[object, ...]] = []
        self.unlinkable: list[LeftOut] = []
        self.full = False
        self.kept: set[str] = set()
        self.emptied: list[float] = []

    def trouble(self) -> str:
        return self.said

    def retry_time(self, queue_id: str, queue_name: str) -> float | None:
        return 5.0 if queue_id in self.queued and queue_name == "deferred" else None

    def retry_times(self) -> dict[str, float]:
        return {}

    def keep(self, targets: Sequence[Target], user: str) -> tuple[int, list[LeftOut]]:
        if self.full:
            raise NoSpace("full", hint="free space")
        self.calls.append(("keep", *(target.queue_id for target in targets)))
        self.kept = {target.queue_id for target in targets}
        return 7, list(self.unlinkable)

    def drop(self, number: int, queue_ids: Iterable[str]) -> int:
        asked = list(queue_ids)
        self.calls.append(("drop", number, *asked))
        self.kept -= self.queued.intersection(asked)
        return len(self.kept)

    def batches(self) -> list[Trashed]:
        return [Trashed(9, 1.0, "ann", (_target(A),)), Trashed(8, 0.5, "ann", (_target(B),))]

    def latest(self) -> int | None:
        return 9

    def restore(self, number: int) -> tuple[list[str], list[LeftOut]]:
        self.calls.append(("restore", number))
        return [A], [LeftOut(B, "why")]

    def empty(self, older_than: float) -> int:
        self.emptied.append(older_than)
        return 3


@pytest.fixture(autouse=True)
def logged(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The lines that would go to the mail log."""
    lines: list[str] = []
    monkeypatch.setattr(syslog, "syslog", lambda _priority, line: lines.append(line))
    monkeypatch.setenv("SUDO_USER", "ann")
    return lines


def _target(queue_id: str, sender: str = "a@example.org") -> Target:
    return Target(queue_id, sender, 1, 2)


def _line(queue_id: str, sender: str = "a@example.org") -> bytes:
    value = {
        "queue_name": "hold",
        "queue_id": queue_id,
        "arrival_time": 1,
        "message_size": 2,
        "sender": sender,
        "recipients": [],
    }
    return json.dumps(value).encode() + b"\n"


def _removed(*ids: str) -> bytes:
    lines = b"".join(b"postsuper: %s: removed\n" % queue_id.encode() for queue_id in ids)
    return lines + b"postsuper: Deleted: %d messages\n" % len(ids)


def _queue(runner: FakeRunner, spool: MemorySpool | None = None, rights: Rights = ROOT) -> PostfixQueue:
    return PostfixQueue(runner, spool or MemorySpool(), rights=rights)


def _plan(queue: PostfixQueue, action: str, *ids: str) -> Plan:
    return queue.plan(action, [_target(queue_id) for queue_id in ids])


def test_planning_runs_nothing_and_shows_the_commands() -> None:
    with FakeRunner() as runner:
        plan = _plan(_queue(runner), "delete", A, B)
    (command,) = plan.commands
    assert (command.argv, command.stdin) == (DELETE, f"{A}\n{B}\n".encode())
    assert plan.irreversible == ""


def test_a_plan_says_what_cannot_be_undone_and_why() -> None:
    with FakeRunner() as runner:
        assert (
            _plan(_queue(runner, MemorySpool(trouble="No links.")), "delete", A).irreversible == "No links."
        )
        assert "returns expired messages" in _plan(_queue(runner), "expire", A).irreversible
        assert "returns expired messages" in _plan(_queue(runner), "force-expire", A).irreversible
        assert _plan(_queue(runner), "hold", A).irreversible == ""


def test_what_is_not_permitted_is_not_planned() -> None:
    with FakeRunner() as runner:
        for action in ACTIONS:
            with pytest.raises(NotPermitted, match="you are not root"):
                _plan(_queue(runner, rights=NOBODY), action, A)


def test_a_plan_made_elsewhere_is_checked_again() -> None:
    with FakeRunner() as runner:
        plan = _plan(_queue(runner), "delete", A)
        with pytest.raises(NotPermitted):
            _queue(runner, rights=NOBODY).carry_out(plan)
        hostile = Plan(plan.action, (_target("--help"),), plan.commands)
        with pytest.raises(BadRequest):
            _queue(runner).carry_out(hostile)


@pytest.mark.parametrize("action", ["hold", "release", "requeue"])
def test_harmless_actions_run_at_once(action: str) -> None:
    verb = ACTIONS[action]
    printed = f"postsuper: {A}: {verb.done}\npostsuper: Done: 1 message\n".encode()
    argv = ("postsuper", verb.option, "-")
    with FakeRunner(Expected(argv, stdin=f"{A}\n".encode(), stderr=printed)) as runner:
        queue = _queue(runner)
        outcome = queue.carry_out(queue.plan(action, [Target(A, "", 0)]))
    assert outcome == Outcome(action, 1, 1, (), ("Done: 1 message",))


def test_what_postfix_does_not_report_is_left_out() -> None:
    printed = f"postsuper: {A}: placed on hold\npostsuper: Placed on hold: 1 message\n".encode()
    with FakeRunner(Expected(("postsuper", "-h", "-"), stderr=printed)) as runner:
        queue = _queue(runner, MemorySpool(B))
        outcome = queue.carry_out(_plan(queue, "hold", A, B, C))
    assert (outcome.asked, outcome.done) == (3, 1)
    assert outcome.left_out == (
        LeftOut(B, "Postfix did nothing to it; it is in the queue deferred"),
        LeftOut(C, "it was delivered or removed meanwhile"),
    )


def test_deleting_links_then_looks_again_then_deletes_then_settles() -> None:
    spool = MemorySpool()
    steps: list[list[tuple[object, ...]]] = []
    note = lambda: steps.append(list(spool.calls))  # noqa: E731
    with FakeRunner(
        Expected(LIST, _line(A) + _line(B), then=note),
        Expected(DELETE, stdin=f"{A}\n{B}\n".encode(), stderr=_removed(A, B), then=note),
    ) as runner:
        queue = _queue(runner, spool)
        outcome = queue.carry_out(_plan(queue, "delete", A, B))
    kept = ("keep", A, B)
    assert steps == [[kept], [kept]]
    assert spool.calls == [kept, ("drop", 7)]
    assert spool.emptied == [86400]
    assert outcome == Outcome("delete", 2, 2, (), ("Deleted: 2 messages",), undo=7)


def test_for_how_long_deletions_are_kept_is_a_setting() -> None:
    spool = MemorySpool()
    with FakeRunner(Expected(LIST, _line(A)), Expected(DELETE, stderr=_removed(A))) as runner:
        queue = PostfixQueue(runner, spool, rights=ROOT, kept_for=lambda: 3600.0)
        plan = _plan(queue, "delete", A)
        queue.carry_out(plan)
    assert plan.kept_for == 3600
    assert spool.emptied == [3600]


def test_with_a_wrong_site_file_nothing_is_deleted() -> None:
    def wrong() -> float:
        raise BadRequest("site.toml cannot be used", hint="mend it")

    with FakeRunner() as runner, pytest.raises(BadRequest, match="cannot be used"):
        _plan(PostfixQueue(runner, MemorySpool(), rights=ROOT, kept_for=wrong), "delete", A)


def test_what_changed_is_neither_deleted_nor_kept() -> None:
    spool = MemorySpool()
    spool.unlinkable = [LeftOut("D601E166135", "it is not in the queue any more")]
    with FakeRunner(
        Expected(LIST, _line(A) + _line(B, sender="other@example.org")),
        Expected(DELETE, stdin=f"{A}\n".encode(), stderr=_removed(A)),
    ) as runner:
        queue = _queue(runner, spool)
        outcome = queue.carry_out(_plan(queue, "delete", A, B, C, "D601E166135"))
    assert {one.what: one.why for one in outcome.left_out} == {
        "D601E166135": "it is not in the queue any more",
        B: "its queue ID belongs to another message now",
        C: "it is not in the queue any more",
    }
    assert spool.calls[-1] == ("drop", 7, "D601E166135", B, C)
    assert (outcome.asked, outcome.done, outcome.undo) == (4, 1, 7)


def test_when_nothing_is_left_postsuper_is_not_run() -> None:
    spool = MemorySpool(A)
    with FakeRunner(Expected(LIST)) as runner:
        queue = _queue(runner, spool)
        outcome = queue.carry_out(_plan(queue, "delete", A))
    assert (outcome.done, outcome.undo) == (0, None)
    assert spool.calls[-1] == ("drop", 7, A)


@pytest.mark.parametrize("reported", [(A,), ()])
def test_what_is_gone_stays_in_the_trash_whether_reported_or_not(reported: tuple[str, ...]) -> None:
    spool = MemorySpool(C)
    listing = _line(A) + _line(B) + _line(C)
    with FakeRunner(Expected(LIST, listing), Expected(DELETE, stderr=_removed(*reported))) as runner:
        queue = _queue(runner, spool)
        outcome = queue.carry_out(_plan(queue, "delete", A, B, C))
    assert spool.kept == {A, B}
    assert (outcome.done, outcome.undo) == (len(reported), 7)
    assert outcome.left_out[-2:] == (
        LeftOut(B, "it was delivered or removed meanwhile"),
        LeftOut(C, "Postfix did nothing to it; it is in the queue deferred"),
    )


@pytest.mark.parametrize(
    "listing",
    [
        Expected(LIST, _line(A)[:40], code=-9),
        Expected(LIST, code=69, stderr=b"postqueue: fatal: Queue report unavailable - mail system is down\n"),
        Expected(LIST, error=NotAnswering("hung", hint="")),
    ],
)
def test_when_the_queue_cannot_be_read_again_nothing_is_deleted(listing: Expected) -> None:
    spool = MemorySpool(A, B)
    with FakeRunner(listing) as runner:
        queue = _queue(runner, spool)
        with pytest.raises((Failed, NotAnswering)) as raised:
            queue.carry_out(_plan(queue, "delete", A, B))
    assert "undo" not in raised.value.hint
    assert spool.calls == [("keep", A, B), ("drop", 7, A, B)]


def test_a_full_disk_is_told_before_anything_is_deleted() -> None:
    spool = MemorySpool()
    spool.full = True
    with FakeRunner() as runner:
        queue = _queue(runner, spool)
        with pytest.raises(NoSpace):
            queue.carry_out(_plan(queue, "delete", A))


def test_one_broken_line_does_not_keep_from_deleting() -> None:
    with FakeRunner(Expected(LIST, b"\xff{\n" + _line(A)), Expected(DELETE, stderr=_removed(A))) as runner:
        queue = _queue(runner)
        assert queue.carry_out(_plan(queue, "delete", A)).done == 1


def test_a_hung_postsuper_keeps_what_it_deleted_in_the_trash() -> None:
    spool = MemorySpool(B)
    hung = Expected(DELETE, error=NotAnswering("postsuper did not answer", hint="look"))
    with FakeRunner(Expected(LIST, _line(A) + _line(B)), hung) as runner:
        queue = _queue(runner, spool)
        with pytest.raises(NotAnswering) as raised:
            queue.carry_out(_plan(queue, "delete", A, B))
    assert spool.kept == {A}
    assert "mailtui queue undo 7" in raised.value.hint


def test_a_postsuper_that_breaks_off_tells_what_it_did() -> None:
    spool = MemorySpool(B)
    stderr = f"postsuper: {A}: removed\npostsuper: fatal: open logfile: Permission denied\n".encode()
    with FakeRunner(Expected(LIST, _line(A) + _line(B)), Expected(DELETE, stderr=stderr, code=1)) as runner:
        queue = _queue(runner, spool)
        outcome = queue.carry_out(_plan(queue, "delete", A, B))
    assert outcome.done == 1
    assert outcome.printed == ("postsuper broke off: postsuper: fatal: open logfile: Permission denied",)
    assert outcome.left_out == (LeftOut(B, "Postfix did nothing to it; it is in the queue deferred"),)
    assert spool.calls[-1] == ("drop", 7, B)


def test_a_postsuper_that_does_nothing_is_an_error() -> None:
    refused = Expected(("postsuper", "-h", "-"), stderr=b"sudo: a password is required\n", code=1)
    with FakeRunner(refused) as runner:
        queue = _queue(runner)
        with pytest.raises(NotPermitted):
            queue.carry_out(_plan(queue, "hold", A))


def test_irreversible_deleting_looks_again_but_links_nothing() -> None:
    spool = MemorySpool(trouble="No links.")
    with FakeRunner(
        Expected(LIST, _line(A)), Expected(DELETE, stdin=f"{A}\n".encode(), stderr=_removed(A))
    ) as runner:
        queue = _queue(runner, spool)
        outcome = queue.carry_out(_plan(queue, "delete", A, B))
    assert spool.calls == []
    assert (outcome.done, outcome.undo) == (1, None)


def test_a_deletion_planned_to_be_undoable_is_refused_when_it_is_not_any_more() -> None:
    spool = MemorySpool()
    with FakeRunner() as runner:
        queue = _queue(runner, spool)
        plan = _plan(queue, "delete", A)
        spool.full = True
        with pytest.raises(NoSpace):
            queue.carry_out(plan)


@pytest.mark.parametrize("action", ["expire", "force-expire"])
def test_expiring_looks_again_first(action: str) -> None:
    argv = ("postsuper", ACTIONS[action].option, "-")
    stderr = f"postsuper: {A}: expired\npostsuper: Force-expired: 1 message\n".encode()
    with FakeRunner(
        Expected(LIST, _line(A)), Expected(argv, stdin=f"{A}\n".encode(), stderr=stderr)
    ) as runner:
        queue = _queue(runner)
        outcome = queue.carry_out(_plan(queue, action, A, B))
    assert (outcome.asked, outcome.done) == (2, 1)


def test_what_was_done_is_in_the_mail_log(logged: list[str]) -> None:
    with FakeRunner(Expected(LIST, _line(A) + _line(B)), Expected(DELETE, stderr=_removed(A))) as runner:
        queue = _queue(runner)
        queue.carry_out(_plan(queue, "delete", A, B))
        queue.undo()
    assert logged == [
        f"user=ann action=delete done=1 asked=2, undo 7: {A}",
        f"user=ann action=undo done=1 asked=2: {A}",
    ]


def test_only_some_ids_are_named_in_the_mail_log(logged: list[str]) -> None:
    ids = [f"{number:011X}" for number in range(100)]
    stderr = "".join(f"postsuper: {queue_id}: placed on hold\n" for queue_id in ids).encode()
    with FakeRunner(Expected(("postsuper", "-h", "-"), stderr=stderr)) as runner:
        queue = _queue(runner)
        queue.carry_out(_plan(queue, "hold", *ids))
    assert logged == [f"user=ann action=hold done=100 asked=100: {' '.join(ids[:10])} ..."]


@pytest.mark.parametrize(
    ("queue_id", "site", "argv"),
    [
        ("", "", ("-f",)),
        (A, "", ("-i", A)),
        ("", "example.org", ("-s", "example.org")),
        ("", "localhost", ("-s", "localhost")),
        ("", "[192.0.2.1]", ("-s", "[192.0.2.1]")),
    ],
)
def test_flush(queue_id: str, site: str, argv: tuple[str, ...]) -> None:
    with FakeRunner(Expected(("postqueue", *argv))) as runner:
        assert _queue(runner, MemorySpool(A)).flush(queue_id, site=site) == Outcome("flush", 1, 1)
        assert runner.commands[0].mutates


@pytest.mark.parametrize(
    "what", ["-f", "--help", "a b", "a;b", "../x", "exämple.org", "-s.example.org", "\n"]
)
def test_flush_refuses_what_is_neither_id_nor_domain(what: str) -> None:
    with FakeRunner() as runner, pytest.raises(BadRequest):
        _queue(runner).flush(what)
    with FakeRunner() as runner, pytest.raises(BadRequest):
        _queue(runner).flush(site=what)


def test_flush_of_a_message_that_is_gone() -> None:
    with FakeRunner() as runner:
        assert _queue(runner).flush(A).left_out == (LeftOut(A, "it is not in the queue any more"),)


def test_flush_of_a_site_that_postfix_keeps_no_list_of() -> None:
    said = b'postqueue: fatal: Flush service is not configured for destination "example.org"\n'
    expected = Expected(("postqueue", "-s", "example.org"), stderr=said, code=69)
    with FakeRunner(expected) as runner, pytest.raises(Failed) as raised:
        _queue(runner).flush(site="example.org")
    assert "fast_flush_domains" in raised.value.hint


def test_undo_takes_the_latest_or_the_one_named() -> None:
    spool = MemorySpool()
    with FakeRunner() as runner:
        queue = _queue(runner, spool)
        assert queue.undo() == Outcome("undo", 2, 1, (LeftOut(B, "why"),))
        queue.undo(8)
        assert [batch.number for batch in queue.trash()] == [9, 8]
        assert queue.empty_trash(60) == 3
    assert spool.calls == [("restore", 9), ("restore", 8)]
    assert spool.emptied == [60]


def test_undo_with_an_empty_trash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MemorySpool, "latest", lambda _: None)
    with FakeRunner() as runner, pytest.raises(Missing):
        _queue(runner).undo()


def test_messages_are_streamed_and_broken_lines_told_at_the_end() -> None:
    with FakeRunner(Expected(LIST, _line(A) + b"broken\n" + _line(B))) as runner:
        messages = _queue(runner).messages()
        assert [next(messages).queue_id, next(messages).queue_id] == [A, B]
        with pytest.raises(ParseFailed, match="line 2"):
            next(messages)


def test_a_listing_that_breaks_off_tells_how_far_it_came() -> None:
    broken_off = Expected(LIST, _line(A) * 3, code=-15)
    with FakeRunner(broken_off, broken_off) as runner:
        queue = _queue(runner)
        for read in (lambda: list(queue.messages()), queue.read):
            with pytest.raises(Failed, match="signal 15 after 3 messages"):
                read()


def test_reading_a_snapshot() -> None:
    told: list[int] = []
    with FakeRunner(Expected(LIST, _line(A) + _line(B) + b"broken\n")) as runner:
        snapshot = _queue(runner).read(progress=told.append)
    assert len(snapshot.store) == 2
    assert [one.number for one in snapshot.broken] == [3]
    assert told[-1] == 2
    assert snapshot.taken > 0


@pytest.mark.parametrize("program", ["postqueue", "postcat"])
def test_without_postfix(program: str) -> None:
    gone = Missing(f"The program {program} is not there", hint="install the Debian package")
    with FakeRunner(Expected(LIST, error=gone), Expected(("postcat", "-q", A), error=gone)) as runner:
        queue = _queue(runner)
        for ask in (lambda: list(queue.messages()), lambda: queue.show(A)):
            with pytest.raises(Missing) as raised:
                ask()
            assert raised.value.hint == "apt install postfix"


def test_show_reads_no_further_than_its_limit() -> None:
    output = VIEW + b"Subject: x\n\n" + b"y" * 100_000
    with FakeRunner(Expected(("postcat", "-q", A), output)) as runner:
        view = _queue(runner).show(A, limit=5000)
    assert view.truncated
    assert view.headers == (("Subject", "x"),)
    assert 4000 < len(view.body) <= 5000


def test_show_through_sudo_names_the_program_in_full() -> None:
    rights = Rights({}, ("sudo", "-n"), queue_files=False)
    argv = ("sudo", "-n", "/usr/sbin/postcat", "-q", A)
    with FakeRunner(Expected(argv, VIEW + b"\n")) as runner:
        _queue(runner, rights=rights).show(A)


def test_show_what_is_gone_or_not_permitted_or_no_id() -> None:
    said = f"postcat: fatal: open queue file {A}: No such file or directory\n".encode()
    with FakeRunner(Expected(("postcat", "-q", A), stderr=said, code=1)) as runner:
        with pytest.raises(Missing):
            _queue(runner).show(A)
        with pytest.raises(NotPermitted):
            _queue(runner, rights=NOBODY).show(A)
        with pytest.raises(BadRequest):
            _queue(runner).show("-q")


def test_the_next_retry_is_known_of_deferred_messages() -> None:
    with FakeRunner() as runner:
        queue = _queue(runner, MemorySpool(A))
        assert queue.next_retry(A, "deferred") == 5.0
        assert queue.next_retry(A, "hold") is None
        assert queue.next_retry(B, "deferred") is None


def test_another_instance_is_named_to_every_command(
    queue_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.chdir(queue_directory)
    instance = ("-c", str(queue_directory / "etc"))
    settings = f"{queue_directory}\ndeferred, defer\n1\n".encode()
    names = ("queue_directory", "hash_queue_names", "hash_queue_depth")
    held = f"postsuper: {A}: placed on hold\n".encode()
    (queue_directory / "deferred" / "A").mkdir()
    (queue_directory / "deferred" / "A" / A).touch()
    with FakeRunner(
        Expected(("postqueue", *instance, "-j"), _line(A)),
        Expected(("postsuper", *instance, "-h", "-"), stderr=held),
        Expected(("postcat", *instance, "-q", A), VIEW),
        Expected(("postconf", *instance, "-h", *names), settings),
        Expected(("postqueue", *instance, "-i", A)),
    ) as runner:
        queue = PostfixQueue(runner, config_dir="etc")
        assert len(list(queue.messages())) == 1
        queue.carry_out(_plan(queue, "hold", A))
        queue.show(A)
        queue.flush(A)
        assert queue.next_retry(A, "deferred") is not None
        assert queue.rights().queue_files


@pytest.mark.parametrize("settings", [b"", b"/var/spool/postfix\n", b"/var/spool/postfix\nx\nmany\n"])
def test_postconf_that_answers_oddly(settings: bytes) -> None:
    with FakeRunner() as runner:
        runner._expected = [
            Expected(("postconf", "-h", "queue_directory", "hash_queue_names", "hash_queue_depth"), settings)
        ]
        with pytest.raises(ParseFailed):
            PostfixQueue(runner).trash()


def test_the_adapter_is_imported_without_what_it_seldom_needs() -> None:
    script = (
        "import sys, backends.queue.adapter; print({'numpy', 'sh', 'email', 'textual'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
