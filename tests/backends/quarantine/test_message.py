"""What is read of a message: amavis's own words, never the sender's; hostile files in bounded time and room."""

import gzip
import os
import time
from pathlib import Path

import pytest

from backends.quarantine.folder import folder_at
from backends.quarantine.message import Found, Header, Target, pick
from backends.quarantine.opening import Opener, expanded, heads
from tests.backends.quarantine.making import Quarantine

SPAM = b"""\
Return-Path: <bob@example.org>
Delivered-To: spam-quarantine
X-Envelope-From: <bob@example.org>
X-Envelope-To: <alice@example.test>,
 <carol@example.test>
X-Quarantine-ID: <ATXQBcuaoJ-2>
X-Spam-Score: 999.5
X-Spam-Status: Yes, score=999.5 tag=x tag2=6.31 kill=6.31 tests=[ALL_TRUSTED=-1,
 GTUBE=1000, A_1=0.5] autolearn=no
Received: from mail.example.test ([127.0.0.1])
 by localhost
X-Amavis-Alert: INFECTED, message contains virus: Invented
X-Envelope-To: <nobody@example.test>
X-Spam-Score: -5
subject: =?utf-8?q?sp=C3=A4m?=
 and more

body
"""
VIRUS = (
    b"X-Envelope-From: <>\nX-Amavis-Alert: INFECTED, message contains virus:\n Win.Test-1, Other-2\n\nbody\n"
)


def target(quarantine: Quarantine, path: Path) -> Target:
    found = path.lstat()
    return Target(
        str(path.relative_to(quarantine.path)), "spam", found.st_ino, found.st_mtime_ns, found.st_size
    )


def read(quarantine: Quarantine, *paths: Path) -> list[Header]:
    with folder_at(quarantine.path) as folder:
        return heads(folder.handle, [target(quarantine, path) for path in paths])


def test_amavis_is_believed_and_the_sender_is_not() -> None:
    found = pick(SPAM)
    assert found.read() == Found(
        alert="",
        score=999.5,
        rules=(("ALL_TRUSTED", -1.0), ("GTUBE", 1000.0), ("A_1", 0.5)),
        sender="bob@example.org",
        recipients=("alice@example.test", "carol@example.test"),
        subject="späm and more",
    )
    assert found.virus == ""
    assert found.verdict == "GTUBE=1000 A_1=0.5 ALL_TRUSTED=-1"


def test_the_virus_is_named() -> None:
    found = pick(VIRUS)
    assert (found.virus, found.sender, found.score) == ("Win.Test-1", "", None)
    assert found.verdict == "INFECTED: Win.Test-1, Other-2"


@pytest.mark.parametrize(
    "content", [b"", b"\n", b"\0\xff", b"X-Spam-Score:", b"X-Spam-Score: nan\nSubject:\n x"]
)
def test_what_is_no_message_gives_nothing(content: bytes) -> None:
    found = pick(content)
    assert (found.alert, found.rules, found.recipients, found.trouble) == ("", (), (), "")


def test_compressed_ones_are_read_as_well(quarantine: Quarantine) -> None:
    plain = quarantine.add("A/spam-ATXQBcuaoJ-2", 1, SPAM)
    packed = quarantine.add("A/spam-ATXQBcuaoJ-3.gz", 1, gzip.compress(SPAM))
    one, other = read(quarantine, plain, packed)
    assert one == other == pick(SPAM)


def test_a_cut_off_gzip_gives_what_there_is(quarantine: Quarantine) -> None:
    content = gzip.compress(SPAM + os.urandom(20_000))
    cut = quarantine.add("A/spam-ATXQBcuaoJ-2.gz", 1, content[:10_000])
    assert read(quarantine, cut)[0].sender == "bob@example.org"
    broken = quarantine.add("A/spam-ATXQBcuaoJ-3.gz", 1, b"\x1f\x8b" + b"\xff" * 100)
    assert "no gzip file" in read(quarantine, broken)[0].trouble


def test_a_gzip_bomb_and_a_header_of_100_megabytes_take_no_time(quarantine: Quarantine) -> None:
    bomb = quarantine.add(
        "A/spam-ATXQBcuaoJ-2.gz", 1, gzip.compress(b"X-Spam-Score: 1\n" + b"A" * (200 << 20))
    )
    large = quarantine.add("A/spam-ATXQBcuaoJ-3", 1)
    with large.open("wb") as file:
        file.write(b"X-Spam-Score: 2\nX-Long:" + b" x" * 100_000)
        file.truncate(100 << 20)
    quarantine.age(large, 1)
    started = time.monotonic()
    assert [one.score for one in read(quarantine, bomb, large)] == [1.0, 2.0]
    with folder_at(quarantine.path) as folder, Opener(folder.handle) as opener:
        handle = opener.open(target(quarantine, bomb))
        content, more, trouble = expanded(handle, 1 << 20)
        os.close(handle)
    assert (len(content), more, trouble) == (1 << 20, True, "")
    assert time.monotonic() - started < 1


def test_only_plain_files_of_the_owner_are_opened(quarantine: Quarantine, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(SPAM)
    folder = quarantine.path / "A"
    quarantine.add("A/spam-ATXQBcuaoJ-0", 1, SPAM)
    link, fifo, hard = (folder / f"spam-ATXQBcuaoJ-{number}" for number in (1, 2, 3))
    link.symlink_to(secret)
    os.mkfifo(fifo)
    os.link(folder / "spam-ATXQBcuaoJ-0", hard)
    (quarantine.path / "B").symlink_to(tmp_path)
    found = read(quarantine, link, fifo, hard)
    assert all(one.trouble for one in found), found
    with folder_at(quarantine.path) as opened:
        for path in ("B/secret", "../secret", "A/../../secret", "/etc/passwd", "A//x", ""):
            one = heads(opened.handle, [Target(path, "spam")])[0]
            assert one.trouble, path
            assert not one.sender


def test_another_file_of_the_name_is_not_taken_for_it(quarantine: Quarantine) -> None:
    path = quarantine.add("A/spam-ATXQBcuaoJ-2", 1, SPAM)
    before = target(quarantine, path)
    path.rename(path.with_suffix(".old"))
    quarantine.add("A/spam-ATXQBcuaoJ-2", 1, VIRUS)
    with folder_at(quarantine.path) as folder:
        assert "another file" in heads(folder.handle, [before])[0].trouble


@pytest.mark.usefixtures("root_only")
def test_a_file_of_root_in_it_is_not_shown(quarantine: Quarantine) -> None:
    path = quarantine.add("A/spam-ATXQBcuaoJ-2", 1, SPAM)
    os.chown(path, 0, 0)
    assert "amavis's own" in read(quarantine, path)[0].trouble
