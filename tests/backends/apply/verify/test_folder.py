"""New files in another user's folder: what counts as one, and every way to lead us astray."""

import os
import socket
from pathlib import Path

import pytest

from backends.apply.verify.folder import LIMIT, Folder
from backends.errors import Refused

OURS = b"Message-ID: <ours@example.test>\n\nhello\n"


def is_ours(content: bytes) -> bool:
    return b"<ours@" in content


@pytest.fixture
def home(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "home/Maildir" / name).mkdir(parents=True)
    return tmp_path / "home"


@pytest.fixture
def mailbox(home: Path) -> Folder:
    folder = Folder(home, ("Maildir", "new"), ("Maildir", "cur"))
    folder.begin()
    return folder


def test_found_and_removed_and_others_untouched(home: Path, mailbox: Folder) -> None:
    (home / "Maildir/new/1.a").write_bytes(b"Message-ID: <other@example.test>\n\n")
    (home / "Maildir/new/2.b").write_bytes(OURS)
    found = mailbox.find(is_ours)
    assert found is not None
    assert str(found) == "Maildir/new/2.b"
    assert found.content == OURS
    assert mailbox.remove(found)
    assert not mailbox.remove(found)
    assert [path.name for path in (home / "Maildir/new").iterdir()] == ["1.a"]


def test_what_was_there_is_not_new_whatever_a_mail_reader_does_to_its_name(home: Path) -> None:
    (home / "Maildir/new/1.a").write_bytes(OURS)
    mailbox = Folder(home, ("Maildir", "new"), ("Maildir", "cur"))
    mailbox.begin()
    (home / "Maildir/new/1.a").rename(home / "Maildir/cur/1.a:2,S")
    assert mailbox.find(is_ours) is None


def test_what_a_mail_reader_has_moved_is_found_again(home: Path, mailbox: Folder) -> None:
    (home / "Maildir/new/2.b").write_bytes(OURS)
    found = mailbox.find(is_ours)
    assert found is not None
    (home / "Maildir/new/2.b").rename(home / "Maildir/cur/2.b:2,S")
    assert not mailbox.remove(found)
    again = mailbox.find(is_ours)
    assert again is not None
    assert again.name == "2.b:2,S"


def test_no_mailbox_yet(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "none"):
        folder = Folder(root, ("Maildir", "new"))
        if root.exists():
            folder.begin()
        assert root.exists() == (root == tmp_path)
    folder = Folder(tmp_path, ("Maildir", "new"))
    folder.begin()
    assert folder.find(is_ours) is None
    (tmp_path / "Maildir/new").mkdir(parents=True)
    (tmp_path / "Maildir/new/1").write_bytes(OURS)
    assert folder.find(is_ours) is not None


@pytest.mark.parametrize("step", ["Maildir", "Maildir/new"])
@pytest.mark.parametrize("what", ["link", "file"])
def test_a_step_that_is_no_folder(home: Path, tmp_path: Path, step: str, what: str) -> None:
    """Also when it becomes one between finding and removing."""
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / "new").mkdir(parents=True)
    victims = [elsewhere / "2.b", elsewhere / "new/2.b"]
    for victim in victims:
        victim.write_bytes(OURS)
    mailbox = Folder(home, ("Maildir", "new"))
    mailbox.begin()
    (home / "Maildir/new/2.b").write_bytes(OURS)
    found = mailbox.find(is_ours)
    assert found is not None
    (home / step).rename(tmp_path / "aside")
    if what == "link":
        (home / step).symlink_to(elsewhere)
    else:
        (home / step).write_bytes(b"")
    for action in (mailbox.begin, lambda: mailbox.find(is_ours), lambda: mailbox.remove(found)):
        with pytest.raises(Refused) as refused:
            action()
        assert "symbolic link" in str(refused.value)
        assert "ls -ld" in refused.value.hint
    assert all(victim.exists() for victim in victims)


def test_what_is_no_plain_file_is_not_even_opened(home: Path, mailbox: Folder, tmp_path: Path) -> None:
    new = home / "Maildir/new"
    victim = tmp_path / "victim"
    victim.write_bytes(OURS)
    (new / "1.symlink").symlink_to(victim)
    (new / "2.hardlink").hardlink_to(victim)
    os.mkfifo(new / "3.fifo")
    (new / "4.folder").mkdir()
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(new / "5.socket"))
    assert mailbox.find(is_ours) is None
    assert mailbox.find(lambda _content: True) is None
    assert victim.exists()


def test_another_file_under_the_name_of_ours_stays(home: Path, mailbox: Folder) -> None:
    new = home / "Maildir/new"
    (new / "1").write_bytes(OURS)
    found = mailbox.find(is_ours)
    assert found is not None
    (new / "2").write_bytes(b"dear")
    (new / "2").rename(new / "1")
    assert not mailbox.remove(found)
    (new / "1").unlink()
    (new / "1").symlink_to("/etc/hostname")
    assert not mailbox.remove(found)
    assert (new / "1").is_symlink()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_somebody_else_does_not_count(home: Path, mailbox: Folder) -> None:
    (home / "Maildir/new/1").write_bytes(OURS)
    os.chown(home / "Maildir/new/1", 12345, 12345)
    assert mailbox.find(is_ours) is None
    os.chown(home / "Maildir/new", 12345, 12345)
    assert mailbox.find(is_ours) is not None


def test_a_large_file_is_read_in_part(home: Path, mailbox: Folder) -> None:
    (home / "Maildir/new/1").write_bytes(OURS + b"x" * LIMIT)
    found = mailbox.find(is_ours)
    assert found is not None
    assert len(found.content) == LIMIT


def test_a_quarantine_has_folders_below_it(tmp_path: Path) -> None:
    kept = tmp_path / "virusmails"
    (kept / "C").mkdir(parents=True)
    (kept / "C/virus-old").write_bytes(OURS)
    (kept / "D").symlink_to(kept / "C")
    folder = Folder(tmp_path, ("virusmails",), prefix="virus-", deep=True)
    folder.begin()
    (kept / "C/spam-new").write_bytes(OURS)
    assert folder.find(is_ours) is None
    (kept / "C/virus-new").write_bytes(b"half of it")
    assert folder.find(is_ours) is None
    (kept / "C/virus-new").write_bytes(OURS)
    assert str(folder.find(is_ours)) == "virusmails/C/virus-new"


def test_names_that_could_command_a_terminal_are_spelt_out(home: Path, mailbox: Folder) -> None:
    (home / "Maildir/new/1.\x1b[31m").write_bytes(OURS)
    assert str(mailbox.find(is_ours)) == "Maildir/new/1.^[[31m"
