"""Rules of delivered mail out of Maildirs, which their users can fill with anything."""

import os
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.scores import mailboxes
from backends.scores.mailboxes import Box, delivered, find, ruled

HEAD = b"""\
Return-Path: <bob@example.org>
Delivered-To: alice@example.test
Received: from localhost (localhost [127.0.0.1])
\tby mail.example.test (Postfix) with ESMTP id 4B5531661A1
\tfor <alice@example.test>; Sun, 22 Nov 2026 11:10:22 +0000 (UTC)
X-Spam-Flag: NO
X-Spam-Status: No, score=5.9 tagged_above=-999 required=6.31
\ttests=[ALL_TRUSTED=-1, HTML_MESSAGE=0.001,
\tMAILTUI_DOUBTFUL=6.9] autolearn=no autolearn_force=no
Received: from mail.example.test ([127.0.0.1])
 by localhost (mail.example.test [127.0.0.1]) (amavis, port 10024) with ESMTP
 id S7umGqOWg0-6 for <alice@example.test>; Sun, 22 Nov 2026 11:10:22 +0000 (UTC)
Received: from client.example.net (client.example.net [203.0.113.7])
\tby mail.example.test (Postfix) with ESMTP id 3F2A1166135
\tfor <alice@example.test>; Sun, 22 Nov 2026 11:10:21 +0000 (UTC)
Subject: nearly
 spam
"""
RULES = (("ALL_TRUSTED", -1.0), ("HTML_MESSAGE", 0.001), ("MAILTUI_DOUBTFUL", 6.9))


@pytest.fixture
def box(tmp_path: Path) -> Box:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "Maildir" / name).mkdir(parents=True)
    return Box(str(tmp_path), os.getuid())


def put(box: Box, name: str, content: bytes = HEAD + b"\nbody\n", mtime: float = 1000.0) -> Path:
    path = Path(box.home, "Maildir", name)
    path.write_bytes(content)
    os.utime(path, (mtime, mtime))
    return path


def test_a_header(box: Box) -> None:
    put(box, "cur/1:2,S")
    ((found,), closed) = delivered([box])
    assert closed == []
    assert (found.time, found.spam, found.score, found.rules) == (1000.0, False, 5.9, RULES)
    assert (found.mail_id, found.sender, found.recipients) == (
        "S7umGqOWg0-6",
        "bob@example.org",
        ("alice@example.test",),
    )
    assert (found.source, found.place) == ("mailbox", f"{box.home}/Maildir/cur/1:2,S")


def test_a_message_to_several_has_its_number_as_well(box: Box) -> None:
    """Amavis names the recipient only where there is one; the number is followed by the time then."""
    several = HEAD.replace(b" for <alice@example.test>;", b";")
    assert several != HEAD
    put(box, "new/1", several + b"\n")
    ((found,), _) = delivered([box])
    assert found.mail_id == "S7umGqOWg0-6"


AMAVIS = HEAD[HEAD.index(b"Received: from mail") : HEAD.index(b"Received: from client")]
"""What amavis writes of having had the mail."""
LMTP = b"""\
Received: from mail.example.test ([127.0.0.1])
\tby mail.example.test with LMTP
\tid 8AUxLl4nZ2k (envelope-from <bob@example.org>)
"""
FORGED = b"X-Quarantine-ID: <forged-id-00>\n" + AMAVIS.replace(b"S7umGqOWg0-6", b"forged-id-00")


@pytest.mark.parametrize("top", [b"", LMTP], ids=["maildrop", "LMTP"])
def test_only_what_stands_above_the_sender_s_own_counts(top: bytes) -> None:
    """With `$insert_received_line = 0` as well."""
    whole = top + HEAD
    found = ruled(whole + FORGED, 0.0)
    assert found is not None
    assert (found.mail_id, found.queue_id, found.score) == ("S7umGqOWg0-6", "4B5531661A1", 5.9)
    assert ruled(whole.replace(AMAVIS, b"") + FORGED, 0.0) == msgspec.structs.replace(found, mail_id="")
    kept = whole.replace(AMAVIS, b"").replace(b"X-Spam-Flag", b"X-Quarantine-ID: <S7umGqOWg0-6>\nX-Spam-Flag")
    assert ruled(kept + FORGED, 0.0) == found
    status = HEAD[HEAD.index(b"X-Spam-Status") : HEAD.index(b"Received: from mail")]
    assert ruled(whole.replace(status, b"") + status, 0.0) is None


def test_of_a_mail_that_only_came_in_no_number_is_believed() -> None:
    came = HEAD[HEAD.index(b"Received: from client") :]
    status = b"X-Spam-Status: No, score=1 tests=[A=1]\n"
    for forged in (FORGED, FORGED.replace(b"Received", b"X-Received")):
        found = ruled(status + came + forged, 0.0)
        assert found is not None
        assert (found.mail_id, found.queue_id) == ("", "3F2A1166135")


def test_spam_and_other_line_ends(box: Box) -> None:
    put(box, "new/1", (HEAD.replace(b"Status: No", b"Status: Yes") + b"\nbody\n").replace(b"\n", b"\r\n"))
    ((found,), _) = delivered([box])
    assert (found.spam, found.rules) == (True, RULES)


def test_what_a_body_says_does_not_count(box: Box) -> None:
    put(box, "new/1", b"Subject: hello\n\n" + HEAD)
    put(box, "new/2", b"")
    put(box, "new/3", b"\xff\0" * 10_000)
    assert delivered([box]) == ([], [])


def test_the_latest_first(box: Box) -> None:
    for number in range(5):
        put(box, f"new/{number}", mtime=1000.0 + number)
    found, _ = delivered([box])
    assert [one.time for one in found] == [1004.0, 1003.0, 1002.0, 1001.0, 1000.0]


def test_links_pipes_and_folders_are_left_alone(box: Box, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_bytes(HEAD + b"\n")
    Path(box.home, "Maildir/new/link").symlink_to(secret)
    os.mkfifo(Path(box.home, "Maildir/new/pipe"))
    Path(box.home, "Maildir/new/folder").mkdir()
    assert delivered([box]) == ([], [])


def test_a_mailbox_that_is_a_link(tmp_path: Path, box: Box) -> None:
    put(box, "new/1")
    other = tmp_path / "other"
    other.mkdir()
    (other / "Maildir").symlink_to(Path(box.home, "Maildir"))
    assert delivered([Box(str(other), os.getuid()), Box(str(tmp_path / "gone"), os.getuid())]) == ([], [])


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to give files away")
def test_anothers_files(box: Box) -> None:
    os.chown(put(box, "new/1"), 65534, 65534)
    assert delivered([box]) == ([], [])
    assert delivered([Box(box.home, 65534)]) == ([], [])


def test_found_again(box: Box) -> None:
    put(box, "cur/1:2,S", mtime=1000.0)
    put(box, "cur/2:2,S", HEAD.replace(b"S7umGqOWg0-6", b"other-mail-id") + b"\n", mtime=1001.0)
    found = find("S7umGqOWg0-6", 1002.0, [box])
    assert found is not None
    assert (found[0].place, found[1]) == (f"{box.home}/Maildir/cur/1:2,S", "nearly spam")
    assert find("S7umGqOWg0-6", 1000.0 + 2 * mailboxes.NEAR, [box]) is None
    assert find("", 1000.0, [box]) is None


@given(st.binary(max_size=300))
def test_any_header(content: bytes) -> None:
    ruled(content, 0.0)
    found = ruled(b"X-Spam-Status: No, score=1 tests=[A=1]\n" + content, 0.0)
    assert found is not None
