"""Scanning by the real clamd: what is clean, what has a virus, and what was not looked at whole."""

import base64
import os
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from backends.antivirus.conf import Where
from backends.antivirus.values import Scanned
from backends.errors import Failed, Refused
from tests.support.clamav import EICAR, PrivateClamd, why_not

pytestmark = [pytest.mark.real, pytest.mark.skipif(bool(why_not()), reason=why_not())]


def scanned(clamd: PrivateClamd, *chunks: bytes) -> Scanned:
    return clamd.antivirus().scan("it", chunks)


def test_the_test_virus_is_found_however_it_comes(clamd: PrivateClamd) -> None:
    assert (scanned(clamd, EICAR).verdict, scanned(clamd, EICAR).signature) == (
        "infected",
        "Eicar-Test-Signature.UNOFFICIAL",
    )
    byte_by_byte = (EICAR[at : at + 1] for at in range(len(EICAR)))
    assert clamd.antivirus().scan("it", byte_by_byte).verdict == "infected"
    assert scanned(clamd, b"", EICAR, b"").verdict == "infected"
    message = b"X-Envelope-From: <a@b>\nSubject: x\nContent-Transfer-Encoding: base64\n\n" + base64.b64encode(
        EICAR
    )
    assert scanned(clamd, message).verdict == "infected"


def test_clean_and_empty(clamd: PrivateClamd) -> None:
    clean = scanned(clamd, b"hello\n")
    assert (clean.verdict, clean.signature, clean.why, clean.size) == ("clean", "", "", 6)
    assert scanned(clamd).verdict == "clean"


def test_what_is_beyond_a_limit_is_never_called_clean(clamd: PrivateClamd) -> None:
    larger = scanned(clamd, *[bytes(1 << 20)] * 3)
    assert (larger.verdict, "StreamMaxLength, 2.0M" in larger.why) == ("unscanned", True)
    skipped = scanned(clamd, bytes((1 << 20) + 1), EICAR)
    assert (skipped.verdict, "MaxFileSize, 1.0M" in skipped.why) == ("unscanned", True)
    assert scanned(clamd, bytes((1 << 20) - 100), EICAR[:50]).verdict == "clean"


def test_a_limit_that_clamd_has_and_its_file_does_not_tell(clamd: PrivateClamd, tmp_path: Path) -> None:
    told = tmp_path / "clamd.conf"
    told.write_text(clamd.conf.read_text().replace("StreamMaxLength 2M", "StreamMaxLength 50M"))
    found = clamd.antivirus(clamd_conf=told).scan("it", [bytes(1 << 20)] * 6)
    assert (found.verdict, "StreamMaxLength" in found.why) == ("unscanned", True)


def test_what_is_read_in_part_is_not_clean_and_a_virus_in_it_is_found(clamd: PrivateClamd) -> None:
    def broken(*chunks: bytes) -> Iterator[bytes]:
        yield from chunks
        raise Failed("The message is damaged", hint="none")

    found = clamd.antivirus().scan("it", broken(b"hello"))
    assert (found.verdict, found.why) == ("unscanned", "The message is damaged")
    assert clamd.antivirus().scan("it", broken(EICAR)).verdict == "infected"


def test_files_are_read_here_and_only_plain_ones(clamd: PrivateClamd, tmp_path: Path) -> None:
    antivirus = clamd.antivirus()
    mine = tmp_path / "mine\x1b[2J"
    mine.write_bytes(EICAR)
    mine.chmod(0o600)
    assert antivirus.scan_file(mine).verdict == "infected"
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "socket").unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "socket"))
    for name, why in (
        ("pipe", "not a plain file"),
        ("socket", "cannot be read"),
        ("nothing", "No such file"),
        ("", "not a plain file"),
        ("a\0b", "cannot be read"),
    ):
        found = antivirus.scan_file(tmp_path / name)
        assert (found.verdict, why in found.why) == ("unscanned", True), found
    assert antivirus.scan_file(Path("/dev/zero")).verdict == "unscanned"


def test_selftest(clamd: PrivateClamd) -> None:
    told: list[str] = []
    found = clamd.antivirus().selftest(lambda finding: told.append(finding.name))
    assert [one.state for one in found] == ["good"] * 3
    assert told == [one.name for one in found]


def test_selftest_of_a_clamd_that_knows_nothing_or_too_much() -> None:
    with PrivateClamd() as clamd:
        (clamd.signatures / "eicar.ndb").write_text("Test.Other:0:*:deadbeefcafe0102\n")
        clamd.stop()
        clamd.start()
        assert [one.state for one in clamd.antivirus().selftest(lambda _: None)] == ["bad", "bad", "good"]
        (clamd.signatures / "eicar.ndb").write_text(f"Test.All:0:*:{b'nothing in here'.hex()}\n")
        clamd.stop()
        clamd.start()
        assert [one.state for one in clamd.antivirus().selftest(lambda _: None)] == ["bad"] * 3


def test_over_tcp() -> None:
    with PrivateClamd(tcp=True) as clamd:
        daemon = clamd.antivirus().status().daemon
        assert (daemon.answers, daemon.where) == (True, str(Where(host="127.0.0.1", port=clamd.port)))
        assert clamd.antivirus().scan("it", [EICAR]).verdict == "infected"


def test_a_scan_that_hangs_can_be_stopped(clamd: PrivateClamd) -> None:
    stop, began = threading.Event(), time.monotonic()
    with clamd.hung():
        threading.Timer(0.5, stop.set).start()
        with pytest.raises(Refused, match="Stopped"):
            clamd.antivirus().scan("it", [bytes(1 << 18)] * 4, stop)
        assert time.monotonic() - began < 2
        stop.clear()
        threading.Timer(0.3, stop.set).start()
        began = time.monotonic()
        assert not clamd.antivirus(patience=20).status(stop).daemon.answers
        assert time.monotonic() - began < 2
    assert scanned(clamd, EICAR).verdict == "infected"
