"""The trash, on a made-up queue directory: keeping, restoring, interruptions, and hostile owners of the queue."""

import errno
import fcntl
import os
import stat
import time
from pathlib import Path
from typing import NoReturn

import pytest

from backends.errors import Missing, NoSpace, NotPermitted, Refused
from backends.outcome import LeftOut
from backends.queue.plan import Target
from backends.queue.trash.trash import PostfixSpool

HASHED = frozenset({"deferred", "defer"})
ID, OTHER = "A601E166135", "B601E166135"
STRANGE = "is not a file of the mail system"


def _target(queue_id: str) -> Target:
    return Target(queue_id, "ann@example.org", 1795346805, 275)


@pytest.fixture
def spool(queue_directory: Path) -> PostfixSpool:
    return PostfixSpool(queue_directory, HASHED, 1)


@pytest.fixture
def message(queue_directory: Path) -> Path:
    """A deferred message with its log."""
    for queue, content in (("deferred", "the message"), ("defer", "the reason")):
        (queue_directory / queue / "A").mkdir()
        (queue_directory / queue / "A" / ID).write_text(content)
    return queue_directory / "deferred" / "A" / ID


def _trash(directory: Path) -> Path:
    return directory / "mailtui-trash"


def _batches(directory: Path) -> list[str]:
    """What is in the trash, but for the note of the last number."""
    return sorted(path.name for path in _trash(directory).iterdir() if path.name != "last")


def _delete(spool: PostfixSpool, *paths: Path) -> int:
    """Delete as carry_out does; postsuper removes the logs, too."""
    number, left_out = spool.keep([_target(path.name) for path in paths], "ann")
    assert left_out == []
    for path in paths:
        path.unlink()
        for log in ("bounce", "defer", "trace"):
            for file in (path.parents[2] / log).rglob(path.name):
                file.unlink()
    spool.drop(number, [])
    return number


def test_deleted_and_brought_back_on_hold(spool: PostfixSpool, message: Path, queue_directory: Path) -> None:
    inode = message.stat().st_ino
    number = _delete(spool, message)
    (trashed,) = spool.batches()
    assert (trashed.number, trashed.user, trashed.messages) == (number, "ann", (_target(ID),))
    assert abs(trashed.deleted - time.time()) < 60
    assert spool.restore(number) == ([ID], [])
    back = queue_directory / "hold" / ID
    assert (back.read_text(), back.stat().st_ino, back.stat().st_nlink) == ("the message", inode, 1)
    assert (queue_directory / "defer" / "A" / ID).read_text() == "the reason"
    assert spool.batches() == []
    assert _batches(queue_directory) == []


def test_the_trash_is_root_s_alone(spool: PostfixSpool, message: Path, queue_directory: Path) -> None:
    number = _delete(spool, message)
    batch = _trash(queue_directory) / f"{number:06}"
    for folder in (_trash(queue_directory), batch):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(path.name for path in batch.iterdir()) == [f"defer.{ID}", f"deferred.{ID}", "deleted.json"]


def test_each_deletion_has_a_number_of_its_own(spool: PostfixSpool, queue_directory: Path) -> None:
    for queue_id in (ID, OTHER):
        (queue_directory / "hold" / queue_id).touch()
    first = _delete(spool, queue_directory / "hold" / ID)
    another = PostfixSpool(queue_directory, HASHED, 1)
    second = _delete(another, queue_directory / "hold" / OTHER)
    assert (first, second) == (1, 2)
    assert [trashed.number for trashed in spool.batches()] == [2, 1]
    spool.restore(second)
    third = _delete(spool, queue_directory / "hold" / OTHER)
    assert third == 3, "whoever still means the second must not undo this one"


def test_two_at_once_do_not_take_the_same_number(
    spool: PostfixSpool, message: Path, queue_directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool.trouble()
    (_trash(queue_directory) / "000001").mkdir()
    monkeypatch.setattr(spool, "_numbers", list)  # as it was a moment ago
    number, _ = spool.keep([_target(ID)], "ann")
    assert number == 2


def test_who_looks_hides_nothing_from_others(
    spool: PostfixSpool, message: Path, queue_directory: Path
) -> None:
    number = _delete(spool, message)
    with PostfixSpool(queue_directory, HASHED, 1)._batch(number, lock=fcntl.LOCK_SH):
        assert [batch.number for batch in spool.batches()] == [number]
        assert spool.latest() == number


def test_while_the_latest_is_under_way_none_is_the_latest(
    spool: PostfixSpool, message: Path, queue_directory: Path
) -> None:
    first = _delete(spool, message)
    (queue_directory / "hold" / OTHER).touch()
    another = PostfixSpool(queue_directory, HASHED, 1)
    number, _ = another.keep([_target(OTHER)], "bob")
    with pytest.raises(Refused, match="under way"):
        spool.latest()
    assert [batch.number for batch in spool.batches()] == [first]
    assert another.drop(number, [OTHER]) == 0
    assert spool.latest() == first


def test_only_what_is_queued_as_the_very_file_is_dropped(
    spool: PostfixSpool, message: Path, queue_directory: Path
) -> None:
    for queue_id in (OTHER, "C601E166135"):
        (queue_directory / "hold" / queue_id).touch()
    gone = [ID, OTHER, "C601E166135"]
    number, _ = spool.keep([_target(queue_id) for queue_id in gone], "ann")
    message.unlink()
    (queue_directory / "hold" / OTHER).unlink()
    (queue_directory / "hold" / OTHER).write_text("another message")
    assert spool.drop(number, gone) == 2
    (trashed,) = spool.batches()
    assert [target.queue_id for target in trashed.messages] == [ID, OTHER]


@pytest.mark.parametrize("number", [errno.EMLINK, errno.EPERM])
def test_one_that_cannot_be_linked_is_left_out_alone(
    spool: PostfixSpool, message: Path, queue_directory: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    (queue_directory / "hold" / OTHER).touch()
    link = os.link

    def failing(source: str, *arguments: object, **keywords: object) -> None:
        if source == OTHER:
            raise OSError(number, os.strerror(number))
        link(source, *arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", failing)
    batch, (left_out,) = spool.keep([_target(ID), _target(OTHER)], "ann")
    assert left_out == LeftOut(OTHER, f"its file in hold cannot be linked: {os.strerror(number)}")
    message.unlink()
    assert spool.drop(batch, []) == 1


def test_what_is_not_there_is_left_out(spool: PostfixSpool, message: Path, queue_directory: Path) -> None:
    (queue_directory / "maildrop" / OTHER).touch()
    _, left_out = spool.keep([_target(ID), _target("C601E166135"), _target(OTHER)], "ann")
    assert left_out == [
        LeftOut("C601E166135", "it is not in the queue any more"),
        LeftOut(OTHER, "Postfix is about to take it in; it is in maildrop"),
    ]


def test_dropping_the_last_message_ends_a_batch(
    spool: PostfixSpool, message: Path, queue_directory: Path
) -> None:
    number, _ = spool.keep([_target(ID)], "ann")
    spool.drop(number, [ID])
    assert _batches(queue_directory) == []
    assert message.stat().st_nlink == 1


def test_restoring_overwrites_nothing(spool: PostfixSpool, message: Path, queue_directory: Path) -> None:
    number = _delete(spool, message)
    (queue_directory / "hold" / ID).write_text("another")
    restored, (left_out,) = spool.restore(number)
    assert restored == []
    assert left_out.why == "another message in hold has its queue ID now"
    assert (queue_directory / "hold" / ID).read_text() == "another"
    assert [trashed.messages for trashed in spool.batches()] == [(_target(ID),)]


def test_an_id_that_is_in_another_queue_is_not_restored(
    spool: PostfixSpool, message: Path, queue_directory: Path
) -> None:
    number = _delete(spool, message)
    (queue_directory / "active" / ID).write_text("another")
    assert spool.restore(number)[0] == []
    assert not (queue_directory / "hold" / ID).exists()


def test_an_interrupted_deletion_does_not_double_what_is_still_queued(
    spool: PostfixSpool, message: Path, queue_directory: Path
) -> None:
    (queue_directory / "active" / OTHER).write_text("other")
    number, _ = spool.keep([_target(ID), _target(OTHER)], "ann")
    message.unlink()
    crashed, spool = spool, PostfixSpool(queue_directory, HASHED, 1)
    assert spool.batches() == [], "it is still under way"
    with pytest.raises(Refused, match="under way"):
        spool.restore(number)
    crashed._held.clear()
    _close_handles_below(_trash(queue_directory))
    (trashed,) = spool.batches()
    assert trashed.messages == (_target(ID),)
    assert spool.restore(number) == ([ID], [LeftOut(OTHER, "it is still in the queue")])
    assert not (queue_directory / "hold" / OTHER).exists()
    assert (queue_directory / "active" / OTHER).stat().st_nlink == 1
    assert (queue_directory / "hold" / ID).stat().st_nlink == 1
    assert spool.batches() == []


def test_interrupted_while_restoring(spool: PostfixSpool, message: Path, queue_directory: Path) -> None:
    number = _delete(spool, message)
    os.link(_trash(queue_directory) / f"{number:06}" / f"deferred.{ID}", queue_directory / "hold" / ID)
    assert spool.restore(number) == ([], [LeftOut(ID, "it is still in the queue")])
    assert (queue_directory / "hold" / ID).stat().st_nlink == 1


def test_a_batch_without_a_readable_manifest_can_be_restored(
    spool: PostfixSpool, message: Path, queue_directory: Path
) -> None:
    number = _delete(spool, message)
    (_trash(queue_directory) / f"{number:06}" / "deleted.json").write_bytes(b"\xff{")
    assert [target.queue_id for target in spool.batches()[0].messages] == [ID]
    assert spool.restore(number)[0] == [ID]


def test_no_such_batch(spool: PostfixSpool) -> None:
    with pytest.raises(Missing, match="no deletion 7"):
        spool.restore(7)
    assert spool.batches() == []
    assert spool.empty(0) == 0


def test_emptying_by_age(spool: PostfixSpool, queue_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, queue_id in enumerate((ID, OTHER)):
        (queue_directory / "hold" / queue_id).touch()
        monkeypatch.setattr(time, "time", lambda number=number: 1000.0 + 100 * number)
        _delete(spool, queue_directory / "hold" / queue_id)
    monkeypatch.setattr(time, "time", lambda: 1200.0)
    assert spool.empty(150) == 1
    assert [trashed.messages[0].queue_id for trashed in spool.batches()] == [OTHER]
    assert spool.empty(50) == 1
    assert _batches(queue_directory) == []


def test_emptying_leaves_a_deletion_under_way_alone(
    spool: PostfixSpool, message: Path, queue_directory: Path
) -> None:
    spool.keep([_target(ID)], "ann")
    assert PostfixSpool(queue_directory, HASHED, 1).empty(-1000) == 0
    assert message.stat().st_nlink == 2


def test_hashed_hold_gets_its_folders(queue_directory: Path, message: Path) -> None:
    spool = PostfixSpool(queue_directory, HASHED | {"hold"}, 2)
    (queue_directory / "deferred" / "A" / "6").mkdir()
    message = message.rename(queue_directory / "deferred" / "A" / "6" / ID)
    number, _ = spool.keep([_target(ID)], "ann")
    message.unlink()
    spool.drop(number, [])
    assert spool.restore(number) == ([ID], [])
    assert (queue_directory / "hold" / "A" / "6" / ID).read_text() == "the message"
    assert stat.S_IMODE((queue_directory / "hold" / "A" / "6").stat().st_mode) == 0o700
    assert _batches(queue_directory) == []


@pytest.mark.parametrize("kind", ["symlink", "fifo", "folder", "hash folder"])
def test_what_is_not_a_queue_file_is_not_linked(
    spool: PostfixSpool, message: Path, queue_directory: Path, tmp_path: Path, kind: str
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / ID).write_text("not mail")
    message.unlink()
    if kind == "symlink":
        message.symlink_to(outside / ID)
    elif kind == "fifo":
        os.mkfifo(message)
    elif kind == "folder":
        message.mkdir()
    else:
        message.parent.rmdir()
        message.parent.symlink_to(outside)
    (queue_directory / "hold" / OTHER).touch()
    number, (left_out,) = spool.keep([_target(ID), _target(OTHER)], "ann")
    assert left_out.what == ID
    assert STRANGE in left_out.why
    spool.drop(number, [ID])
    assert [path.name for path in (_trash(queue_directory) / f"{number:06}").glob(f"*.{ID}")] == []
    assert (outside / ID).stat().st_nlink == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_a_file_of_somebody_else_is_not_linked(
    spool: PostfixSpool, message: Path, queue_directory: Path
) -> None:
    os.chown(queue_directory / "deferred", 4242, 4242)
    _, (left_out,) = spool.keep([_target(ID)], "ann")
    assert STRANGE in left_out.why
    assert message.stat().st_nlink == 1


def test_a_file_that_is_swapped_before_it_is_linked_is_dropped(
    spool: PostfixSpool, message: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look before the link saw a file; what was linked is a symbolic link."""
    target = tmp_path / "target"
    target.write_text("not mail")
    link = os.link

    def swapped(*arguments: object, **keywords: object) -> None:
        message.unlink()
        message.symlink_to(target)
        link(*arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", swapped)
    _, (left_out,) = spool.keep([_target(ID)], "ann")
    assert STRANGE in left_out.why
    assert target.stat().st_nlink == 1


def test_a_hold_folder_that_leads_elsewhere_gets_nothing(
    spool: PostfixSpool, message: Path, queue_directory: Path, tmp_path: Path
) -> None:
    number = _delete(spool, message)
    outside = tmp_path / "outside"
    outside.mkdir()
    (queue_directory / "hold").rmdir()
    (queue_directory / "hold").symlink_to(outside)
    restored, left_out = spool.restore(number)
    assert restored == []
    assert [one.what for one in left_out] == [ID]
    assert list(outside.iterdir()) == []


def test_no_trouble(spool: PostfixSpool, queue_directory: Path) -> None:
    assert spool.trouble() == ""
    assert list((queue_directory / "hold").iterdir()) == []
    assert _batches(queue_directory) == []


def test_a_trash_that_others_can_use_is_trouble(
    spool: PostfixSpool, message: Path, queue_directory: Path
) -> None:
    _trash(queue_directory).mkdir()
    _trash(queue_directory).chmod(0o755)
    assert "not a folder of this user alone" in spool.trouble()
    with pytest.raises(Refused):
        spool.keep([_target(ID)], "ann")


def test_a_trash_that_leads_elsewhere_is_trouble(
    spool: PostfixSpool, message: Path, queue_directory: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o700)
    _trash(queue_directory).symlink_to(outside)
    assert "not a folder of this user alone" in spool.trouble()
    with pytest.raises(Refused):
        spool.keep([_target(ID)], "ann")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("number", [errno.EXDEV, errno.EPERM, errno.EROFS, errno.EMLINK])
def test_where_links_are_impossible_it_is_told_before(
    spool: PostfixSpool, message: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def link(*_: object, **__: object) -> NoReturn:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "link", link)
    assert os.strerror(number) in spool.trouble()


def test_without_the_folders_it_is_told(spool: PostfixSpool, queue_directory: Path) -> None:
    (queue_directory / "deferred").rmdir()
    assert "No such file" in spool.trouble()


@pytest.mark.parametrize(
    ("number", "kind"),
    [(errno.ENOSPC, NoSpace), (errno.EDQUOT, NoSpace), (errno.EROFS, Refused), (errno.EACCES, NotPermitted)],
)
def test_when_linking_fails_midway_nothing_is_kept(
    spool: PostfixSpool,
    message: Path,
    queue_directory: Path,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    kind: type[Exception],
) -> None:
    (queue_directory / "hold" / OTHER).touch()
    link = os.link

    def failing(source: str, *arguments: object, **keywords: object) -> None:
        if source == OTHER:
            raise OSError(number, os.strerror(number))
        link(source, *arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "link", failing)
    with pytest.raises(kind):
        spool.keep([_target(ID), _target(OTHER)], "ann")
    assert _batches(queue_directory) == []
    assert message.stat().st_nlink == 1


def test_retry_times(spool: PostfixSpool, message: Path, queue_directory: Path) -> None:
    os.utime(message, (5, 5))
    (queue_directory / "hold" / OTHER).touch()
    assert spool.retry_time(ID, "deferred") == 5
    assert spool.retry_time(ID, "hold") is None
    assert spool.retry_times() == {ID: 5}


def test_retry_times_where_nothing_can_be_read(queue_directory: Path) -> None:
    spool = PostfixSpool(queue_directory / "no such folder", HASHED, 1)
    assert spool.retry_time(ID, "deferred") is None
    assert spool.retry_times() == {}


def _close_handles_below(folder: Path) -> None:
    """What the kernel does for a process that dies."""
    for entry in Path("/proc/self/fd").iterdir():
        try:
            target = entry.readlink()
        except OSError:
            continue
        if target.is_relative_to(folder):
            os.close(int(entry.name))
