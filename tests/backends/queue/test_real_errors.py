"""What can be wrong with a real Postfix: each its own error with a hint, none a traceback."""

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from backends.errors import BadRequest, Failed, Missing, NoSpace, NotAnswering, Refused
from backends.queue import programs
from backends.queue.adapter import PostfixQueue
from backends.queue.plan import Target
from backends.runner import LocalRunner
from tests.support.postfix import PrivatePostfix, why_not
from tests.support.unprivileged import as_user

pytestmark = pytest.mark.real

LOOK_AROUND = """
queue_id = sys.argv[3]
told("read", lambda: [message.queue_id for message in queue.messages()])
told("rights", lambda: [queue.rights().actions, queue.rights().show, queue.rights().queue_files])
told("why", lambda: queue.rights().why_not)
told("plan", lambda: queue.plan("delete", [Target(queue_id, "ann@example.org", 1)]) and "planned")
told("show", lambda: queue.show(queue_id).queue_id)
told("retry", lambda: queue.next_retry(queue_id, "deferred"))
told("trash", lambda: [batch.number for batch in queue.trash()])
told("flush", lambda: queue.flush().done)
"""


@contextmanager
def one_postfix(
    *, extra: str = "", spool: Path | None = None
) -> Iterator[tuple[PrivatePostfix, PostfixQueue]]:
    """An instance of the test's own."""
    if reason := why_not():
        pytest.skip(reason)
    runner = LocalRunner()
    with PrivatePostfix(extra=extra, spool=spool) as postfix:
        try:
            yield postfix, PostfixQueue(runner, config_dir=postfix.config_dir)
        finally:
            runner.close()


def target(postfix: PrivatePostfix, queue_id: str) -> Target:
    found = next(m for m in postfix.listing() if m["queue_id"] == queue_id)
    return Target(queue_id, found["sender"], found["arrival_time"])


def test_a_user_without_rights(postfix: PrivatePostfix) -> None:
    (queue_id,) = postfix.deferred(1)
    found = as_user(postfix, LOOK_AROUND, queue_id)
    assert found["read"] == [queue_id]
    assert found["rights"] == [{}, None, False]
    assert "sudo" in found["why"]
    for name in ("plan", "show"):
        kind, what, hint = found[name]
        assert kind == "NotPermitted"
        assert "you are not root" in what
        assert hint
    assert found["retry"] is None
    assert found["trash"] == []
    assert found["flush"] == 1


def test_a_user_who_may_not_even_look(postfix: PrivatePostfix) -> None:
    (queue_id,) = postfix.deferred(1)
    (postfix.queue_directory / "mailtui-trash").mkdir(mode=0o700)
    main = Path(postfix.config_dir) / "main.cf"
    before = main.read_text()
    closed = "authorized_mailq_users = root\nauthorized_flush_users = root\n"
    main.write_text(before + closed)
    try:
        found = as_user(postfix, LOOK_AROUND, queue_id)
    finally:
        main.write_text(before)
    for name, setting in (("read", "authorized_mailq_users"), ("flush", "authorized_flush_users")):
        kind, _, hint = found[name]
        assert kind == "NotPermitted"
        assert setting in hint
    kind, _, hint = found["trash"]
    assert (kind, hint) == ("NotPermitted", "run mailtui as root")


def test_a_stopped_postfix() -> None:
    with one_postfix() as (postfix, queue):
        (queue_id,) = postfix.held(1)
        postfix.stop()
        assert [message.queue_id for message in queue.messages()] == [queue_id], "root reads the files"
        with pytest.raises(NotAnswering) as raised:
            queue.flush()
        assert raised.value.hint == "start it: systemctl start postfix"
        kind, what, hint = as_user(postfix, LOOK_AROUND, queue_id)["read"]
        assert (kind, hint) == ("NotAnswering", "start it: systemctl start postfix")
        assert "Postfix does not run" in what


def test_deleting_while_postfix_is_stopped_tells_what_was_done() -> None:
    """postsuper ends with an error then (it cannot write its log), after it has deleted the first message."""
    with one_postfix() as (postfix, queue):
        ids = postfix.held(3)
        postfix.stop()
        outcome = queue.carry_out(queue.plan("delete", [target(postfix, queue_id) for queue_id in ids]))
        left = set(postfix.ids())
        assert outcome.done == 3 - len(left)
        assert {one.what for one in outcome.left_out} == left
        assert queue.undo(outcome.undo).done == outcome.done
        assert set(postfix.ids("hold")) == set(ids)


def test_no_configuration(tmp_path: Path) -> None:
    runner = LocalRunner()
    queue = PostfixQueue(runner, config_dir=str(tmp_path))
    for ask in (lambda: list(queue.messages()), queue.flush, queue.trash):
        with pytest.raises(Missing) as raised:
            ask()
        assert "dpkg-reconfigure postfix" in raised.value.hint
    runner.close()


def test_no_postfix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("backends.runner.SBIN", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    runner = LocalRunner()
    with pytest.raises(Missing) as raised:
        list(PostfixQueue(runner).messages())
    assert raised.value.hint == "apt install postfix"
    runner.close()


def test_postqueue_killed_midway(
    postfix: PrivatePostfix, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (queue_id,) = postfix.held(1)
    chosen = [target(postfix, queue_id)]
    program = tmp_path / "postqueue"
    program.write_text(
        f'#!/bin/sh\n{shutil.which("postqueue")} "$@"\nprintf "{{\\"queue_name"\nkill -KILL $$\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    runner = LocalRunner()
    queue = PostfixQueue(runner, config_dir=postfix.config_dir)
    found = queue.messages()
    assert next(found).queue_id == queue_id
    with pytest.raises(Failed, match="ended by signal 9 after 1 message"):
        next(found)
    with pytest.raises(Failed, match="ended by signal 9"):
        queue.carry_out(queue.plan("delete", chosen))
    runner.close()
    monkeypatch.undo()
    assert postfix.ids() == [queue_id]
    assert postfix.file(queue_id).stat().st_nlink == 1


def test_a_hung_showq(postfix: PrivatePostfix, queue: PostfixQueue, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "QUIET", 0.5)
    (queue_id,) = postfix.held(1)
    started = time.monotonic()
    with postfix.hung("showq"):
        with pytest.raises(NotAnswering, match="postqueue did not answer"):
            list(queue.messages())
        with pytest.raises(NotAnswering):
            queue.read()
    assert time.monotonic() - started < 10
    assert postfix.ids() == [queue_id]


def test_stopping_to_read(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    postfix.held(1)
    stop = threading.Event()
    stop.set()
    with pytest.raises(Refused):
        queue.read(stop=stop)


def test_what_cannot_be_flushed(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    with pytest.raises(Failed) as raised:
        queue.flush(site="example.org")
    assert "fast_flush_domains" in raised.value.hint
    assert queue.flush("0123456789A").done == 0
    with pytest.raises(BadRequest):
        queue.flush(site="[")


def test_a_message_that_is_gone(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    with pytest.raises(Missing, match="not in the queue any more"):
        queue.show("0123456789A")


def fill_up(folder: Path) -> None:
    """Leave no byte of its file system."""
    with (folder / "filler").open("wb", buffering=0) as filler, suppress(OSError):
        while True:
            filler.write(bytes(1 << 16))


def test_a_full_disk(tmp_path: Path) -> None:
    """Nothing is deleted when the trash cannot be written."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=32m,mode=755", "none", tmp_path], check=True)
    try:
        with one_postfix(spool=tmp_path) as (postfix, queue):
            ids = postfix.held(5)
            plan = queue.plan("delete", [target(postfix, queue_id) for queue_id in ids])
            fill_up(tmp_path)
            with pytest.raises(NoSpace) as raised:
                queue.carry_out(plan)
            assert "free space" in raised.value.hint
            assert postfix.ids("hold") == postfix.ids()
            assert sorted(postfix.ids()) == sorted(ids)
            assert all(postfix.file(queue_id).stat().st_nlink == 1 for queue_id in ids)
            (tmp_path / "filler").unlink()
            assert queue.carry_out(plan).done == 5
    finally:
        subprocess.run(["umount", tmp_path], check=True)


def test_queues_on_several_file_systems_are_told_before() -> None:
    with one_postfix() as (postfix, queue):
        (queue_id,) = postfix.held(1)
        postfix.stop()
        deferred = postfix.queue_directory / "deferred"
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=700,uid=postfix", "none", deferred], check=True)
        try:
            plan = queue.plan("delete", [target(postfix, queue_id)])
        finally:
            subprocess.run(["umount", deferred], check=True)
        assert "several file systems" in plan.irreversible


@pytest.mark.parametrize("depth", [1, 2])
def test_other_ids_and_other_hashing(depth: int) -> None:
    extra = (
        f"enable_long_queue_ids = yes\nhash_queue_names = deferred, defer, hold\nhash_queue_depth = {depth}"
    )
    with one_postfix(extra=extra) as (postfix, queue):
        ids = postfix.deferred(2) + postfix.held(2)
        plan = queue.plan("delete", [target(postfix, queue_id) for queue_id in ids])
        assert queue.carry_out(plan).done == 4
        for letter in (postfix.queue_directory / "hold").glob("*"):
            shutil.rmtree(letter)
        assert queue.next_retry(ids[0], "deferred") is None
        assert queue.undo().done == 4
        assert sorted(postfix.ids("hold")) == sorted(ids)
        owners = {path.stat().st_uid for path in (postfix.queue_directory / "hold").rglob("*")}
        assert owners == {(postfix.queue_directory / "hold").stat().st_uid}
        release = queue.carry_out(queue.plan("release", list(plan.targets)))
        assert release.done == 4
