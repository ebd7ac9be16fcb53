"""Every action and its undo on a real Postfix."""

import os
import re
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from backends.errors import BackendError, BadRequest, Refused
from backends.journal import Journal
from backends.outcome import LeftOut, Outcome
from backends.queue.adapter import PostfixQueue
from backends.queue.plan import Target
from backends.queue.trash.trash import PostfixSpool
from backends.runner import Command, LocalRunner, Result
from tests.support.postfix import PrivatePostfix, mail_owner, wait_until

pytestmark = pytest.mark.real


class Meddling(LocalRunner):
    """A runner before whose postsuper something else happens."""

    def __init__(self, before: Callable[[], object]) -> None:
        super().__init__(Journal())
        self._before = before

    def run(self, command: Command) -> Result:
        if command.argv[0] == "postsuper":
            self._before()
        return super().run(command)


def targets(queue: PostfixQueue, *ids: str) -> list[Target]:
    found = {message.queue_id: message for message in queue.messages()}
    return [Target(i, found[i].sender, found[i].arrival_time, found[i].message_size) for i in ids]


def act(queue: PostfixQueue, action: str, *ids: str) -> Outcome:
    return queue.carry_out(queue.plan(action, targets(queue, *ids)))


def where(postfix: PrivatePostfix, queue_id: str) -> dict[str, Any] | None:
    return next((m for m in postfix.listing() if m["queue_id"] == queue_id), None)


def deliver(postfix: PrivatePostfix, queue: PostfixQueue, queue_id: str) -> None:
    """Release a message and wait until its delivery is in the log."""
    assert act(queue, "release", queue_id).done == 1
    queue.flush(queue_id)
    wait_until("delivery", lambda: re.search(rf"qmgr\[\d+\]: {queue_id}: removed", postfix.log) is not None)


def trash_files(postfix: PrivatePostfix) -> list[Path]:
    found = (postfix.queue_directory / "mailtui-trash").rglob("*")
    return [path for path in found if path.is_file() and path.name != "last"]


def test_read(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    deferred = postfix.deferred(2) + postfix.deferred(1, "full.example")
    held, active = postfix.held(2), postfix.active(1)
    found = {message.queue_id: message for message in queue.messages()}
    assert {i: m.queue_name for i, m in found.items()} == (
        dict.fromkeys(deferred, "deferred") | dict.fromkeys(held, "hold") | dict.fromkeys(active, "active")
    )
    assert found[deferred[2]].reason == "mailbox full"
    assert "Connection refused" in found[deferred[0]].reason
    assert len(queue.read().store) == 6


def test_hold_and_release(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    (queue_id,) = postfix.deferred(1)
    assert act(queue, "hold", queue_id) == Outcome("hold", 1, 1, (), ("Placed on hold: 1 message",))
    assert postfix.ids("hold") == [queue_id]
    again = act(queue, "hold", queue_id)
    assert again.done == 0
    assert again.left_out == (LeftOut(queue_id, "Postfix did nothing to it; it is in the queue hold"),)
    assert act(queue, "release", queue_id) == Outcome("release", 1, 1, (), ("Released from hold: 1 message",))
    assert postfix.ids("hold") == []


def test_requeue(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    (queue_id,) = postfix.held(1)
    assert act(queue, "requeue", queue_id) == Outcome("requeue", 1, 1, (), ("Requeued: 1 message",))
    wait_until("new queue ID", lambda: f"orig_id={queue_id}" in postfix.log, timeout=90)


def test_expire_returns_to_the_sender(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    (queue_id,) = postfix.deferred(1)
    assert act(queue, "expire", queue_id) == Outcome("expire", 1, 1, (), ("Force-expired: 1 message",))
    found = where(postfix, queue_id)
    assert found is not None
    assert found["forced_expire"]
    queue.flush(queue_id)
    wait_until(
        "the bounce", lambda: f"{queue_id}: from=<ann@example.org>, status=force-expired" in postfix.log
    )


def test_force_expire_releases_too(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    (held,) = postfix.held(1)
    (deferred,) = postfix.deferred(1)
    act(queue, "expire", held)
    outcome = act(queue, "force-expire", held, deferred)
    assert (outcome.done, outcome.left_out) == (2, ())
    assert outcome.printed == ("Force-expired: 1 message", "Released from hold: 1 message")
    assert postfix.ids("hold") == []


def test_delete_undo_release_deliver(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    (queue_id,) = postfix.held(1)
    plan = queue.plan("delete", targets(queue, queue_id))
    assert plan.irreversible == ""
    outcome = queue.carry_out(plan)
    assert (outcome.done, outcome.printed) == (1, ("Deleted: 1 message",))
    assert postfix.ids() == []
    (trashed,) = queue.trash()
    assert (trashed.number, trashed.messages) == (outcome.undo, plan.targets)
    assert queue.undo() == Outcome("undo", 1, 1)
    assert postfix.ids("hold") == [queue_id]
    assert queue.trash() == []
    deliver(postfix, queue, queue_id)
    assert re.search(rf"{queue_id}: to=<bob@held.example>.* status=sent", postfix.log)
    assert postfix.ids() == []


def test_a_deleted_deferred_message_comes_back_with_its_reason(
    postfix: PrivatePostfix, queue: PostfixQueue
) -> None:
    (queue_id,) = postfix.deferred(1)
    before = where(postfix, queue_id)
    assert before is not None
    act(queue, "delete", queue_id)
    assert list((postfix.queue_directory / "defer").rglob(queue_id)) == []
    queue.undo()
    assert where(postfix, queue_id) == before | {"queue_name": "hold"}


def test_an_active_message(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    (queue_id,) = postfix.active(1)
    assert act(queue, "delete", queue_id).done == 1
    assert postfix.ids() == []
    queue.undo()
    assert postfix.ids("hold") == [queue_id]


def test_the_older_of_two_deletions(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    first, second = postfix.held(2)
    number = act(queue, "delete", first).undo
    act(queue, "delete", second)
    assert queue.undo(number).done == 1
    assert postfix.ids() == [first]
    assert [trashed.messages[0].queue_id for trashed in queue.trash()] == [second]
    assert queue.empty_trash(3600) == 0
    assert queue.empty_trash(-1) == 1
    assert trash_files(postfix) == []


def test_postfix_has_nothing_against_the_trash(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    ids = postfix.deferred(2) + postfix.held(1)
    act(queue, "delete", *ids)
    kept = trash_files(postfix)
    assert len(kept) >= 4
    log = len(postfix.log)
    for argv in (("postfix", "check"), ("postsuper",), ("postsuper", "-s"), ("postsuper", "-p")):
        done = postfix.command(*argv)
        assert done.stdout + done.stderr == b""
    postfix.stop()
    postfix.start()
    assert "mailtui-trash" not in postfix.log[log:]
    assert "warning" not in postfix.log[log:]
    assert trash_files(postfix) == kept
    assert queue.undo().done == 3


def test_a_queue_id_is_not_given_out_again_while_the_message_is_in_the_trash(
    postfix: PrivatePostfix, queue: PostfixQueue
) -> None:
    (queue_id,) = postfix.held(1)
    inode = postfix.file(queue_id).stat().st_ino
    act(queue, "delete", queue_id)
    for new in postfix.held(20):
        assert postfix.file(new).stat().st_ino != inode


def test_a_message_that_is_another_one_now_is_left_out(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    same, sender, time = postfix.held(3)
    chosen = targets(queue, same, sender, time)
    chosen[1] = Target(sender, "somebody@example.org", chosen[1].arrival_time)
    chosen[2] = Target(time, chosen[2].sender, chosen[2].arrival_time - 1)
    for action, closing in (("expire", "Force-expired: 1 message"), ("delete", "Deleted: 1 message")):
        outcome = queue.carry_out(queue.plan(action, chosen))
        assert (outcome.done, outcome.printed) == (1, (closing,))
        assert {one.what for one in outcome.left_out} == {sender, time}
    assert set(postfix.ids()) == {sender, time}
    assert {file.name for file in trash_files(postfix)} == {f"hold.{same}", "deleted.json"}
    assert all(postfix.file(queue_id).stat().st_nlink == 1 for queue_id in (sender, time))


def test_delivered_between_link_and_delete(postfix: PrivatePostfix) -> None:
    """It comes back with undo, with nobody left to deliver it to."""
    kept, delivered = postfix.held(2)

    def deliver_now() -> None:
        assert (postfix.queue_directory / "mailtui-trash/000001" / f"hold.{delivered}").exists()
        postfix.command("postsuper", "-H", "-", stdin=f"{delivered}\n".encode())
        postfix.command("postqueue", "-f")
        wait_until("delivery", lambda: delivered not in postfix.ids())

    runner = Meddling(deliver_now)
    queue = PostfixQueue(runner, config_dir=postfix.config_dir)
    outcome = act(queue, "delete", kept, delivered)
    runner.close()
    assert (outcome.asked, outcome.done) == (2, 1)
    assert outcome.left_out == (LeftOut(delivered, "it was delivered or removed meanwhile"),)
    assert queue.undo(outcome.undo).done == 2
    assert sorted(postfix.ids("hold")) == sorted((kept, delivered))
    back = where(postfix, delivered)
    assert back is not None
    assert back["recipients"] == []


def test_a_delivery_that_ends_after_the_delete_is_not_repeated(postfix: PrivatePostfix) -> None:
    """The file is shared: what was delivered is marked in the trash as well."""
    (queue_id,) = postfix.held(1)
    trash = postfix.queue_directory / "mailtui-trash"
    trash.mkdir(mode=0o700)
    (trash / "000001").mkdir(mode=0o700)
    os.link(postfix.file(queue_id), trash / "000001" / f"hold.{queue_id}")
    postfix.command("postsuper", "-H", "-", stdin=f"{queue_id}\n".encode())
    postfix.command("postqueue", "-f")
    wait_until("delivery", lambda: queue_id not in postfix.ids())
    runner = LocalRunner()
    assert PostfixQueue(runner, config_dir=postfix.config_dir).undo().done == 1
    runner.close()
    back = where(postfix, queue_id)
    assert back is not None
    assert back["recipients"] == []


def test_an_interrupted_deletion_doubles_nothing(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    (queue_id,) = postfix.deferred(1)
    chosen = targets(queue, queue_id)
    spool = PostfixSpool(postfix.queue_directory, frozenset({"deferred", "defer"}), 1)
    number, _ = spool.keep(chosen, "ann")
    with pytest.raises(Refused, match="under way"):
        queue.undo(number)
    os.close(spool._held.pop(number))  # as when the process dies
    assert queue.trash() == []
    assert queue.undo(number).left_out == (LeftOut(queue_id, "it is still in the queue"),)
    assert postfix.ids("deferred") == [queue_id]
    assert postfix.file(queue_id).stat().st_nlink == 1


@pytest.mark.parametrize("queue_id", ["-", "ALL", "-d", "A B", "x;y", "$(id)", "../hold"])
def test_hostile_ids_never_reach_postsuper(
    postfix: PrivatePostfix, queue: PostfixQueue, queue_id: str
) -> None:
    (innocent,) = postfix.held(1)
    for action in ("delete", "hold", "release"):
        with pytest.raises(BadRequest):
            queue.plan(action, [Target(queue_id, "ann@example.org", 1)])
    with pytest.raises(BadRequest):
        queue.show(queue_id)
    assert postfix.ids() == [innocent]


def test_what_the_mail_user_plants_is_not_touched(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    """The user postfix owns the queue folders, and may have been taken over."""
    secret = postfix.folder / "secret"
    secret.write_text("root's own")
    secret.chmod(0o600)
    (real,) = postfix.deferred(1)
    chosen = targets(queue, real)
    script = f"""
        set -e
        cd {postfix.queue_directory}
        ln -s {secret} deferred/AAAAAA1
        mkdir -p deferred/A deferred/B/BBBBBB1
        ln -s {secret} deferred/A/AAAAAA1
        ln -s {postfix.folder} deferred/C
        mkfifo hold/DDDDDD1
    """
    user = str(mail_owner())
    subprocess.run(["setpriv", "--reuid", user, "--clear-groups", "sh", "-c", script], check=True)
    planted = [Target(f"{letter}{letter * 5}1", "ann@example.org", 1) for letter in "ABD"]
    planted.append(Target("Csecret", "ann@example.org", 1))
    try:
        outcome = queue.carry_out(queue.plan("delete", chosen + planted))
        assert outcome.done == 1
        assert {one.what for one in outcome.left_out} == {target.queue_id for target in planted}
        links = {file.name for file in trash_files(postfix)}
        assert links == {f"deferred.{real}", f"defer.{real}", "deleted.json"}
        assert (secret.read_text(), secret.stat().st_nlink, secret.stat().st_uid) == ("root's own", 1, 0)
        assert queue.undo().done == 1
    finally:
        cleanup = (
            "rm -f deferred/AAAAAA1 deferred/A/AAAAAA1 deferred/C hold/DDDDDD1; "
            "rmdir deferred/B/BBBBBB1; true"
        )
        subprocess.run(["sh", "-c", cleanup], cwd=postfix.queue_directory, check=True)


def test_two_consoles_at_once(postfix: PrivatePostfix) -> None:
    ids = postfix.held(40)
    runner = LocalRunner()
    numbers: list[int | None] = []

    def delete(mine: list[str]) -> None:
        own = PostfixQueue(runner, config_dir=postfix.config_dir)
        numbers.extend(act(own, "delete", queue_id).undo for queue_id in mine)

    threads = [threading.Thread(target=delete, args=(ids[start::4],)) for start in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert None not in numbers
    assert len(set(numbers)) == 40
    queue = PostfixQueue(runner, config_dir=postfix.config_dir)
    for number in numbers:
        assert queue.undo(number).done == 1
    runner.close()
    assert sorted(postfix.ids("hold")) == sorted(ids)


def test_ten_thousand_and_more(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    (first,) = postfix.held(1)
    ids = [first, *postfix.clone(first, 11_999)]
    chosen = targets(queue, *ids)
    released = queue.carry_out(queue.plan("release", chosen))
    assert (released.done, released.left_out) == (12_000, ())
    assert released.printed == ("Released from hold: 10000 messages", "Released from hold: 2000 messages")
    held = queue.carry_out(queue.plan("hold", chosen))
    assert (held.done, held.left_out) == (12_000, ())
    deleted = queue.carry_out(queue.plan("delete", chosen))
    assert (deleted.done, deleted.left_out) == (12_000, ())
    assert postfix.ids() == []
    assert queue.undo(deleted.undo).done == 12_000
    assert set(postfix.ids("hold")) == set(ids)


def test_next_retry_is_the_time_postfix_set(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    (queue_id,) = postfix.deferred(1)
    found = where(postfix, queue_id)
    retry = queue.next_retry(queue_id, "deferred")
    assert found is not None
    assert retry is not None
    assert 200 <= retry - found["arrival_time"] <= 600  # minimal_backoff_time is 300 s


def test_show(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    before = set(postfix.ids())
    message = (
        b"Subject: \x1b[31mred\x1b[0m [bold]x[/]\r\nFrom: ann@example.org\r\n\r\n"
        + b"y" * 990
        + b"\r\n" * 3000
    )
    postfix.send(message, ["bob@held.example"])
    wait_until("the message", lambda: bool(set(postfix.ids()) - before))
    (queue_id,) = set(postfix.ids()) - before
    view = queue.show(queue_id)
    assert ("Subject", "\x1b[31mred\x1b[0m [bold]x[/]") in view.headers
    assert ("recipient", "bob@held.example") in view.envelope
    assert view.body.startswith("y" * 990)
    assert not view.truncated
    cut = queue.show(queue_id, limit=1000)
    assert cut.truncated
    assert len(cut.body) < 1000


def test_flush_one_all_and_a_site(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    (queue_id,) = postfix.deferred(1)

    def tried() -> int:
        return postfix.log.count(f"{queue_id}: to=<bob@refused.example>")

    for what, site in ((queue_id, ""), ("", "refused.example"), ("", "")):
        before = tried()
        assert queue.flush(what, site=site).done == 1
        wait_until(f"another try after flush {what!r} {site!r}", lambda before=before: tried() > before)  # type: ignore[misc]


def test_a_message_itself_as_a_stream(postfix: PrivatePostfix, queue: PostfixQueue) -> None:
    body = b"*** MESSAGE CONTENTS x ***\n\xff\x00\nlast\n" + b"y" * 300_000
    postfix.send(b"Subject: raw\n\n" + body, ["bob@held.example"])
    wait_until("the message", lambda: len(postfix.ids("hold")) == 1)
    (queue_id,) = postfix.ids("hold")
    found = b"".join(queue.raw(queue_id))
    assert found.startswith(b"Received: from ")
    assert b"\nSubject: raw\n" in found
    assert b"*** MESSAGE CONTENTS x ***\n\xff" in found
    assert found.count(b"y") >= 300_000
    assert b"ENVELOPE RECORDS" not in found
    with pytest.raises(BadRequest):
        list(queue.raw("../../etc/passwd"))
    with pytest.raises(BackendError):
        list(queue.raw("ABCDEF1234"))
